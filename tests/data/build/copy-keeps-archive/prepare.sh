mkdir t; echo hi >t/f; tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C t -cf x.tar .; rm -r t
