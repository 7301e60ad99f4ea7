chmod 0710 x; chmod 0700 x/y; chmod 0751 x/y/z; chmod 0640 x/y/b.txt; touch -d @1500000000 x/y/z x/y x
