mkdir -p d/both d/one e/both e/two; chmod 0700 d/both; chmod 0711 e/both; echo 1 >d/both/f; echo 2 >e/both/f; echo 3 >d/both/g; touch -d @1400000000 e/both d/one
