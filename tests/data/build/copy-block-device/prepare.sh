mkdir d; mknod -m 660 d/disk b 8 1
