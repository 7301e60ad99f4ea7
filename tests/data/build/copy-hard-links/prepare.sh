mkdir -p d/s; echo 1 >d/a; ln d/a d/b; ln d/a d/s/c; echo 2 >d/x; ln d/x d/y
