mkdir d e; echo 1 >d/a; ln d/a e/b; ln d/a d/c
