chmod 0700 d d/sub real/deep
