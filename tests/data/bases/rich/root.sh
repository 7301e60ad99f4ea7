# The busybox base, and what copies run into: links, odd modes and owners, hard links, a special file.
. "$BASES/busybox/root.sh"
mkdir -p srv/app/sub d/sub real/deep data opt/bin
ln -s real link
ln -s /real/deep absolute
ln -s ../outside/new dangling-up
ln -s nowhere dangling
ln -s link chain
ln -s real/file file-link
ln -s loop loop
echo real >real/file
echo old >d/old
echo old >d/sub/old
chmod 0711 d
chmod 2750 d/sub
chown 7:8 d d/sub
ln -s sub d/to-sub
ln -s old d/to-old
echo linked >real/first
ln real/first real/second
mkfifo real/pipe
mkdir -p locked
chmod 0500 locked
