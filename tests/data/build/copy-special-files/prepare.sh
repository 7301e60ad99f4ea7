mkdir d; mkfifo -m 640 d/pipe; mknod -m 600 d/null c 1 3; ln -s pipe d/link
