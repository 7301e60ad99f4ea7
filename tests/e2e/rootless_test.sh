#!/bin/bash
# Ordinary users: build, run, exec and networks in a user namespace; and what is left without one, or without any right.
if [ "$(id -u)" = 0 ] && [ -z "${OWN_HOST:-}" ]; then exec env OWN_HOST=yes unshare --mount bash "$0"; fi
. "$(dirname "$0")/lib.sh"
needs_root
for program in newuidmap slirp4netns setpriv; do command -v "$program" >/dev/null || skip "$program is not installed"; done

# A user of this test's own, whom nobody else sees.
program=$STRATA
mkdir -p home
chmod 711 . && cp "$program" "$(busybox_tar)" home/
for file in passwd group subuid subgid; do touch "/etc/$file"; cp "/etc/$file" "$file"; done
echo "strata-test:x:54321:54321::$work/home:/bin/sh" >>passwd
echo "strata-test:x:54321:" >>group
for file in subuid subgid; do echo "strata-test:1000000000:65536" >>$file; done
for file in passwd group subuid subgid; do mount --bind "$file" "/etc/$file"; done
# On some hosts it is for root alone.
mknod -m 666 tun c 10 200
mount --bind tun /dev/net/tun
chown -R 54321:54321 home
cd home
as_user() { setpriv --reuid 54321 --regid 54321 --clear-groups env -i PATH="$PATH" HOME="$work/home" STRATA_ROOT="$work/home/store" "$@"; }
strata() { as_user "$work/home/strata" "$@"; }
at_end 'ids=$(strata ps -aq 2>/dev/null); [ -z "$ids" ] || strata rm -f $ids >/dev/null'
fact() { jq -r ".Facts[] | select(.Name == \"$1\") | .$2"; }
able() { jq -r ".Abilities[] | select(.Name == \"$1\") | .Able"; }

# With subordinate users: everything
strata doctor --format json >report
assert_equals "$(fact user Value <report)" "root of a user namespace of 65537 users"
for what in "build without RUN" "build with RUN" "run containers" "networks of containers"; do
  assert_equals "$(able "$what" <report)" true
done
assert_contains "$(strata doctor)" "slirp4netns"
strata import busybox.tar busybox >/dev/null
cat >Dockerfile <<'END'
FROM busybox AS made
COPY --chown=33:44 note /note
RUN cat /note && touch /mine && chown 55:66 /mine && mkdir /gone && test "$(id -u)" = 0
RUN rmdir /gone
FROM busybox
COPY --from=made /mine /note /
RUN [ "$(stat -c %u:%g /mine /note | paste -sd' ')" = "55:66 33:44" ]
USER 77:88
CMD ["id", "-u"]
END
echo text >note
strata build -t app . >built 2>&1 || fail "$(cat built)"
assert_equals "$(strata run --rm --network host app)" 77
for runtime in crun runc; do
  box() { strata run --rm --runtime "$runtime" "$@"; }
  assert_equals "$(box --network host app stat -c %u:%g /mine)" 55:66
  assert_equals "$(box --network none busybox sh -c 'ip -o link | wc -l')" 1
  assert_equals "$(box -u 1234 busybox id -u)" 1234
  assert_status 3 strata run --rm --runtime "$runtime" --network host busybox sh -c 'exit 3'
  # A container that goes on: found by every later command, whatever namespace that would have made for itself
  port=$(free_port)
  strata run -d --runtime "$runtime" --name web -p "$port:80" -v data:/data --health-cmd true --health-interval 300ms busybox \
    sh -c 'echo page >/data/index.html; exec httpd -f -p 80 -h /data' >/dev/null
  assert_equals "$(strata exec web id -u)" 0
  assert_equals "$(strata exec -u 99 web id -u)" 99
  for _ in $(seq 50); do page=$(curl -s "localhost:$port/" || true); [ -n "$page" ] && break; sleep 0.1; done
  assert_equals "$page" page
  assert_contains "$(strata ps)" "0.0.0.0:$port->80/tcp"
  assert_equals "$(strata port web 80)" "0.0.0.0:$port"
  assert_equals "$(strata inspect --format '{{.HostConfig.NetworkMode}}' web)" slirp4netns
  sleep 1
  assert_contains "$(strata ps)" "(healthy)"
  assert_contains "$(strata top web)" httpd
  assert_equals "$(strata stop -t 1 web)" web
  strata rm -v web >/dev/null
  assert_equals "$(box --network host -v data:/data busybox cat /data/index.html)" page
done
for _ in $(seq 30); do pgrep -u 54321 slirp4netns >/dev/null || break; sleep 0.1; done
! pgrep -u 54321 slirp4netns >/dev/null || fail "a slirp4netns is left"
assert_status 125 strata run --rm --memory 64m --network other busybox true
assert_contains "$output" "is a bridge of the host"
assert_status 1 strata run --rm --network host --memory 64m busybox sh -c 'exit 1'
assert_contains "$output" "Limitation discarded"
assert_status 0 strata system prune -af --volumes
strata volume rm data >/dev/null 2>&1 || true
rm -rf store

# An image with devices, of an archive that root has made: the user may make none, and needs none.
mkdir -p "$work/devices/dev" && mknod "$work/devices/dev/console" c 5 1 && mknod "$work/devices/disk" b 7 9
tar -C "$work/devices" --append -f "$work/home/busybox.tar" dev disk
strata import busybox.tar devices >/dev/null
printf 'FROM devices\nRUN [ ! -e /disk ] && echo made >/made\n' >Dockerfile
strata build -t app . >built 2>&1 || fail "$(cat built)"
assert_equals "$(strata run --rm --network none app sh -c 'cat /made; [ -c /dev/null ] && echo null')" $'made\nnull'
rm -rf store
cp "$(busybox_tar)" busybox.tar

# Users and groups of other numbers: by the user's number, in several ranges, and fewer groups than users. A range that is
# given twice counts once.
give() { printf '%s\n' "${@:2}" >"$work/$1"; }
printf 'FROM busybox\nCOPY --chown=3000:100 note /note\n' >Dockerfile
builds() {
  strata import busybox.tar busybox >/dev/null 2>said || fail "$(cat said)"
  strata build -t app . >built 2>&1 || fail "$(cat built)"
  assert_equals "$(strata run --rm --network host app stat -c %u:%g /note)" 3000:100
}
give subuid 54321:1000000000:2000 strata-test:1000002000:2000 strata-test:1000000000:2000
give subgid strata-test:1000000000:2000
builds
assert_equals "$(cat said)" ""
assert_equals "$(strata doctor --format json | fact user Value)" "root of a user namespace of 4001 users and 2001 groups"
sed -i s/3000:100/3000:3000/ Dockerfile
assert_status 1 strata build -t app .
assert_contains "$output" "set owner 3000:3000: this user namespace does not map it; give the user more ids in /etc/subuid and /etc/subgid"
rm -rf store

# Half a mapping: no groups, or the program of one kind does not do it. All works that needs no other owners, and it is said.
half() {
  assert_contains "$(strata doctor --format json 2>said | fact user Value)" "$1"
  assert_contains "$(cat said)" "WARNING: $2"
  assert_contains "$(cat said)" "files of other users and groups cannot be made; 'strata doctor' says what would help"
  assert_contains "$(strata doctor --format json 2>/dev/null | fact user Advice)" "usermod $3 USER"
  strata import busybox.tar busybox >/dev/null 2>&1
  printf 'FROM busybox\nCOPY note /note\nRUN cat /note && touch /x\n' >Dockerfile
  strata build -t app . >built 2>&1 || fail "$(cat built)"
  assert_equals "$(strata run --rm --network host app cat /note 2>/dev/null)" text
  rm -rf store
}
users="--add-subuids 100000-165535" groups="--add-subgids 100000-165535"
give subuid strata-test:1000000000:65536
give subgid other:1000000000:65536
half "1 user" "/etc/subuid gives this user users, and /etc/subgid no groups" "$users $groups"
give subuid other:1000000000:65536
give subgid 54321:1000000000:65536
half "1 user" "/etc/subgid gives this user groups, and /etc/subuid no users" "$users $groups"
give subuid strata-test:1000000000:65536
mkdir -p programs
cp "$(command -v newgidmap)" programs/newgidmap  # without the set-uid bit it may map nothing
chmod 755 programs programs/newgidmap
PATH=$PWD/programs:$PATH half "65537 users and 1 group" "newgidmap: " "$groups"
give subgid strata-test:1000000000:65536

# Without subordinate users: root is all there is.
umount /etc/subuid /etc/subgid
chmod 600 ../tun
assert_contains "$(strata doctor --format json | fact slirp4netns Advice)" "chmod 666 /dev/net/tun"
strata import busybox.tar busybox >/dev/null
printf 'FROM busybox\nCOPY note /note\nRUN cat /note && touch /x\n' >Dockerfile
strata build -t app . >built 2>&1 || fail "$(cat built)"
assert_equals "$(strata run --rm --network host app cat /note)" text
assert_contains "$(strata doctor)" "usermod --add-subuids"
rm -rf store

# Without the right to make user namespaces, or any other: everything but RUN, and the same image that root makes. The base
# has what only root can make: files of others, a device, a directory that gives its group on. A user namespace has its own
# limit of user namespaces.
mkdir -p base/srv/given base/etc base/dev
tar -xf busybox.tar -C base
mkdir -p base/etc
echo 'www:x:33:34::/srv:/bin/sh' >base/etc/passwd
echo old >base/srv/given/old
ln -s srv base/link
mknod base/dev/thing c 1 3
chown -R 33:34 base/srv
chmod 2751 base/srv/given
tar -C base -cf base.tar .
rm -rf base
cat >full.Dockerfile <<'END'
FROM base AS given
COPY note /srv/given/more
FROM base
WORKDIR /srv/made
COPY note /link/given/note
COPY --chown=www note /named
COPY --from=given /srv/given /copied
USER www
WORKDIR /srv/own
END
mkdir context && cp note context/
unshare --user sleep 100 &
confining=$!
at_end "kill $confining 2>/dev/null"
until [ "$(readlink "/proc/$confining/ns/user")" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.05; done
for map in uid_map gid_map; do echo "0 0 100000" >"/proc/$confining/$map"; done
nsenter --user -t "$confining" --setuid 0 --setgid 0 sh -c 'echo 0 >/proc/sys/user/max_user_namespaces'
strata() { nsenter --user -t "$confining" --setuid 0 --setgid 0 "$(command -v bash)" -c '"$@"' as "$(command -v setpriv)" --reuid 54321 --regid 54321 --clear-groups env -i PATH="$PATH" HOME="$work/home" STRATA_ROOT="$work/home/store" "$work/home/strata" "$@"; }
strata import busybox.tar busybox >/dev/null
assert_contains "$(strata doctor || true)" "may not be made"
printf 'FROM busybox\nENV A=b\nCOPY --link --chown=33:44 note /there/note\nCMD ["cat", "/there/note"]\n' >Dockerfile
strata build -t app . >built 2>&1 || fail "$(cat built)"
strata save app >app.tar
printf 'FROM busybox\nRUN true\n' >Dockerfile
assert_status 1 strata build .
assert_contains "$output" "nothing can run on them; 'strata doctor' says what would help"
strata import base.tar base >/dev/null
strata build -t full -f full.Dockerfile context >built 2>&1 || fail "$(cat built)"
mine=$(strata inspect --format '{{json .RootFS.Layers}}' full)
rm -rf store
# Elsewhere the images are as they should be.
STRATA_ROOT=$work/home/elsewhere "$program" import base.tar base >/dev/null
STRATA_ROOT=$work/home/elsewhere "$program" build -q -t full -f full.Dockerfile context >/dev/null
assert_equals "$mine" "$(STRATA_ROOT=$work/home/elsewhere "$program" inspect --format '{{json .RootFS.Layers}}' full)"
STRATA_ROOT=$work/home/elsewhere "$program" load -i app.tar >/dev/null
assert_equals "$(STRATA_ROOT=$work/home/elsewhere "$program" run --rm --network none app)" text
assert_equals "$(STRATA_ROOT=$work/home/elsewhere "$program" run --rm --network none app stat -c %u:%g /there/note /there | paste -sd' ')" "33:44 33:44"
rm -rf elsewhere
strata() { as_user "$work/home/strata" "$@"; }

# Root without any capability: the same.
chown -R 0:0 .
bare() { setpriv --bounding-set -all --inh-caps -all --no-new-privs env STRATA_ROOT="$work/home/bare" "$program" "$@"; }
bare import base.tar base >/dev/null
bare build -t full -f full.Dockerfile context >built 2>&1 || fail "$(cat built)"
assert_equals "$(bare inspect --format '{{json .RootFS.Layers}}' full)" "$mine"
rm -rf bare

# Root without CAP_SYS_ADMIN, as in a container: COPY works, RUN says what it lacks.
confined() { setpriv --bounding-set -sys_admin --inh-caps -sys_admin env STRATA_ROOT="$work/home/store" "$program" "$@"; }
chown -R 0:0 .
confined import busybox.tar busybox >/dev/null
printf 'FROM busybox\nCOPY --chown=33:44 note /note\nWORKDIR /there\n' >Dockerfile
confined build -t app . >built 2>&1 || fail "$(cat built)"
status=0
confined doctor --format json >report || status=$?
assert_equals "$status" 1
assert_equals "$(able "build without RUN" <report)" true
assert_equals "$(able "build with RUN" <report)" false
assert_contains "$(fact user Advice <report)" "--privileged"
echo 'RUN true' >>Dockerfile
assert_status 1 confined build -t app .
assert_contains "$output" "RUN needs the right to"
assert_status 125 confined run --rm app true
