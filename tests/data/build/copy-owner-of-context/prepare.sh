mkdir d; echo 1 >d/f; chown -R 1234:5678 d
