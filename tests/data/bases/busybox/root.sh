# A busybox and the least of a user database.
mkdir bin dev etc proc sys root tmp var usr usr/bin home home/user
chmod 1777 tmp
chmod 0700 root
chown 1000:1000 home/user
cp "$(command -v busybox)" bin/busybox
bin/busybox --list | while read -r applet; do [ "$applet" = busybox ] || ln -s busybox "bin/$applet"; done
cat >etc/passwd <<'END'
root:x:0:0:root:/root:/bin/sh
user:x:1000:1000:A User:/home/user:/bin/sh
daemon:x:2:3:daemon:/usr/sbin:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
END
cat >etc/group <<'END'
root:x:0:
wheel:x:10:root,user
daemon:x:3:
staff:x:50:user
user:x:1000:
nogroup:x:65534:
END
