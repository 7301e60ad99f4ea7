chmod 0700 d; chmod 0770 d/sub; touch -d @1500000000 d d/sub
