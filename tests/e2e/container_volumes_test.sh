#!/bin/bash
# Volumes, bind mounts and tmpfs through each OCI runtime: made on first use, filled from the image, seen by the next
# container, refused to go while one has them, backed up and restored; and what a hostile image may not reach.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox

mkdir ctx
cat >ctx/Dockerfile <<'END'
FROM busybox
RUN mkdir -p /srv/data/sub && echo image > /srv/data/a && ln /srv/data/a /srv/data/sub/b && ln -s ../a /srv/data/sub/c && chown -R 7:8 /srv/data && chmod 2750 /srv/data
RUN mkdir /auto && echo auto > /auto/x
VOLUME /auto
END
strata build -q -t app ctx >/dev/null
data_of() { strata volume inspect --format '{{.Mountpoint}}' "$1"; }
volumes() { strata volume ls -q; }

for runtime in crun runc; do
  command -v "$runtime" >/dev/null || skip "$runtime is not installed"
  run() { strata run --rm --runtime "$runtime" "$@"; }
  create() { strata create --runtime "$runtime" "$@" >/dev/null; }

  # Named: made on first use, filled from the image with all that the files have, kept, seen by the next one.
  assert_equals "$(run -v web:/srv/data app cat /srv/data/sub/c)" image
  assert_equals "$(volumes)" web
  place=$(data_of web)
  assert_equals "$(stat -c '%a %u %g' "$place")" "2750 7 8"
  [ "$(stat -c %i "$place/a")" = "$(stat -c %i "$place/sub/b")" ] || fail "the hard link is two files"
  run -v web:/srv/data app sh -c 'echo changed > /srv/data/a; rm /srv/data/sub/c'
  assert_equals "$(run -v web:/elsewhere busybox cat /elsewhere/a)" changed
  assert_equals "$(run --mount source=web,target=/srv/data app ls /srv/data/sub)" b
  assert_status 1 run -v web:/v:ro busybox touch /v/new
  assert_contains "$output" "Read-only file system"
  strata volume rm web >/dev/null

  # Empty ones are filled at their first use; nocopy leaves them empty.
  strata volume create bare >/dev/null
  assert_equals "$(run -v bare:/srv/data:nocopy app ls /srv/data)" ""
  assert_equals "$(run --mount src=bare,dst=/srv/data,volume-nocopy app ls /srv/data)" ""
  assert_equals "$(run -v bare:/srv/data app cat /srv/data/a)" image
  strata volume rm bare >/dev/null

  # Anonymous: from VOLUME and -v PATH; gone with --rm and rm -v, kept by rm.
  assert_equals "$(run app cat /auto/x)" auto
  assert_equals "$(volumes)" ""
  create --name one -v /free app true
  assert_equals "$(volumes | grep -cE '^[0-9a-f]{64}$')" 2
  assert_equals "$(strata inspect -f '{{range .Mounts}}{{.Type}} {{.Destination}} {{.Driver}} {{.RW}};{{end}}' one)" 'volume /free local true;volume /auto local true;'
  strata rm -v one >/dev/null
  assert_equals "$(volumes)" ""
  create --name two -v kept:/auto app true
  assert_equals "$(volumes)" kept
  strata rm -v two >/dev/null
  assert_equals "$(volumes)" kept
  create --name three app true
  strata rm three >/dev/null
  strata volume rm kept >/dev/null
  assert_equals "$(volumes | wc -l)" 1
  assert_contains "$(strata volume prune -f)" "$(volumes)"
  assert_equals "$(volumes)" ""

  # In use: by stopped containers, too.
  create --name user -v mine:/m busybox true
  assert_status 1 strata volume rm mine
  assert_contains "$output" "remove mine: volume is in use - [$(strata inspect -f '{{.Id}}' user)]"
  assert_equals "$(strata volume ls -q --filter dangling=true)" ""
  strata volume create other >/dev/null
  assert_equals "$(strata volume ls -q --filter dangling=true)" other
  assert_equals "$(strata volume ls --format '{{.Driver}} {{.Name}}')" $'local mine\nlocal other'
  strata volume prune -f >/dev/null
  assert_equals "$(volumes)" $'mine\nother'
  assert_contains "$(strata volume prune -a -f)" other
  assert_equals "$(volumes)" mine
  assert_equals "$(strata ps -a --filter volume=mine --format '{{.Names}}')" user

  # Another container's mounts.
  create --name borrower --volumes-from user:ro busybox sh -c 'touch /m/x'
  assert_status 1 strata start -a borrower
  assert_contains "$output" "Read-only file system"
  strata rm -f user borrower >/dev/null
  strata volume rm mine >/dev/null

  # Binds: they hide what the image has, show edits at once, both ways; relative forms; missing sources.
  mkdir -p site && echo one >site/index
  strata run -d --runtime "$runtime" --name live -v "$PWD/site:/srv/data" app sleep 1000 >/dev/null
  assert_equals "$(strata exec live ls /srv/data)" index
  echo two >site/index
  assert_equals "$(strata exec live cat /srv/data/index)" two
  strata exec live sh -c 'echo three > /srv/data/index'
  assert_equals "$(cat site/index)" three
  strata rm -f -v live >/dev/null
  assert_equals "$(run -v "$(pwd)/site:/s" busybox cat /s/index)" three
  assert_equals "$(run -v ./site:/s:ro busybox cat /s/index)" three
  assert_equals "$(cd site && run -v .:/s busybox cat /s/index)" three
  assert_equals "$(run -v "$PWD/site/index:/etc/motd:ro,z" busybox cat /etc/motd)" three
  run -v "$PWD/made/here:/s" busybox touch /s/x
  assert_equals "$(stat -c '%u %g %a' made/here)" "0 0 755"
  assert_status 125 run --mount "type=bind,src=$PWD/absent,dst=/s" busybox true
  assert_contains "$output" "bind source path does not exist: $PWD/absent"
  [ ! -e absent ] || fail "--mount made its source"
  assert_status 125 run -v "$PWD/site:/s" --tmpfs /s busybox true
  assert_contains "$output" "Duplicate mount point: /s"
  assert_status 125 run -v 'no good:/s' busybox true
  assert_contains "$output" "includes invalid characters for a local volume name"
  assert_status 125 run -v "fresh:/etc/passwd" busybox true
  assert_contains "$output" "cannot mount volume over existing file"
  assert_equals "$(volumes)" ""
  rm -rf made site

  # A mount that the host makes later is seen by who follows.
  mkdir -p host/sub
  mount --bind host host && mount --make-shared host
  strata run -d --runtime "$runtime" --name follower --mount "type=bind,src=$PWD/host,dst=/h,bind-propagation=rslave" busybox sleep 1000 >/dev/null
  mount -t tmpfs none host/sub && touch host/sub/late
  seen=$(strata exec follower ls /h/sub)
  strata rm -f follower >/dev/null
  umount host/sub && umount host
  assert_equals "$seen" late

  # tmpfs: its size, its mode, nothing kept, nothing executable unless asked for.
  assert_equals "$(run --tmpfs /t:size=1m,mode=700 busybox sh -c 'stat -c "%a" /t; df -k /t | awk "END {print \$2}"')" $'700\n1024'
  assert_contains "$(run --tmpfs /t busybox grep ' /t ' /proc/mounts)" noexec
  assert_lacks "$(run --tmpfs /t:exec busybox grep ' /t ' /proc/mounts)" noexec
  assert_contains "$(run --mount type=tmpfs,dst=/t,tmpfs-size=2m busybox df -k /t)" 2048
  assert_status 1 run --read-only --tmpfs /t busybox sh -c 'touch /t/a && touch /b'
  assert_contains "$output" "/b: Read-only file system"

  # The local driver's options.
  mkdir -p outside
  strata volume create -d local -o type=none -o o=bind -o "device=$PWD/outside" linked >/dev/null
  run -v linked:/l busybox touch /l/seen
  [ -e outside/seen ] || fail "the device was not bound"
  strata volume create -o type=tmpfs -o device=tmpfs -o o=size=3m memory >/dev/null
  assert_contains "$(run -v memory:/l busybox df -k /l)" 3072
  strata volume rm linked memory >/dev/null
  [ -e outside/seen ] || fail "volume rm removed the device's files"
  rm -rf outside

  # Backup and restore.
  strata volume create precious >/dev/null
  run -v precious:/p busybox sh -c 'mkdir /p/d && echo gold > /p/d/f && chmod 600 /p/d/f'
  mkdir -p backup
  assert_contains "$(run -v precious:/source -v "$PWD/backup:/target" busybox tar czvf /target/backup.tar.gz -C /source .)" ./d/f
  strata volume rm precious >/dev/null
  run -v restored:/target -v "$PWD/backup:/source:ro" busybox tar xzf /source/backup.tar.gz -C /target
  assert_equals "$(run -v restored:/p busybox sh -c 'cat /p/d/f; stat -c %a /p/d/f')" $'gold\n600'
  strata volume rm restored >/dev/null
  rm -rf backup
done

# Commands: messages and formats.
assert_equals "$(strata volume create --label team=blue data)" data
assert_equals "$(strata volume create data)" data
assert_equals "$(strata volume inspect data | jq -r '.[0] | .Name, .Driver, .Scope, .Labels.team, .Options, .Mountpoint')" \
  $'data\nlocal\nlocal\nblue\nnull\n'"$STRATA_ROOT/volumes/data/_data"
assert_equals "$(strata volume ls)" $'DRIVER   VOLUME NAME\nlocal    data'
assert_equals "$(strata volume ls -q --filter label=team=red)" ""
assert_equals "$(strata inspect -f '{{.Name}}' data)" data
assert_equals "$(strata inspect --type volume -f '{{.Name}}' data)" data
assert_status 1 strata volume inspect nosuch
assert_contains "$output" "get nosuch: no such volume"
assert_status 1 strata volume rm nosuch
assert_contains "$output" "get nosuch: no such volume"
assert_status 0 strata volume rm -f nosuch
assert_status 1 strata volume create 'a b'
assert_contains "$output" 'only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed'
assert_status 1 strata volume create -d nfs x1
assert_contains "$output" 'plugin "nfs" not found'
assert_status 1 strata volume create -o type=nfs -o device=:/x -o o=addr=1.2.3.4 x1
assert_contains "$output" "mount it on the host"
nameless=$(strata volume create)
[[ $nameless =~ ^[0-9a-f]{64}$ ]] || fail "no name: $nameless"
head -c 300000 /dev/zero >"$(data_of data)/zeros"
assert_contains "$(strata system df --format '{{.Type}} {{.TotalCount}} {{.Active}} {{.Size}}')" "Local Volumes 2 0 3"
assert_contains "$(strata system prune -f --volumes)" "Deleted Volumes:"$'\n'"$nameless"
assert_equals "$(volumes)" data
strata volume rm data >/dev/null

# Hostile images: links at and above the place lead into the container, for the filling and for the runtimes.
mkdir -p trap && echo host >trap/secret
mkdir evil
cat >evil/Dockerfile <<END
FROM busybox
RUN ln -s $PWD/trap /data && ln -s ../../../../../../../../../..$PWD/trap /deep && ln -s /proc/self/root /selfroot
END
strata build -q -t evil evil >/dev/null
for runtime in crun runc; do
  for target in /data /deep /data/inner; do
    strata run --rm --runtime "$runtime" -v caught:"$target" evil sh -c "touch $target/mark" || true
    assert_equals "$(ls trap)" secret
    place=$(data_of caught)
    [ ! -e "$place/secret" ] || fail "$runtime: $target copied the host's files"
    strata volume rm caught >/dev/null
  done
  mkdir -p fine
  # runc makes the place inside of the root, crun refuses a link that leads nowhere there.
  strata run --rm --runtime "$runtime" -v "$PWD/fine:/data" evil touch /data/mark || true
  assert_equals "$(ls trap)" secret
  assert_equals "$(grep -c "$PWD/trap" /proc/self/mountinfo || true)" 0
  rm -rf fine
done

# Many at once: each filled whole, each name made once.
for i in 1 2 3 4 5 6; do
  strata run --rm -v "many$((i % 2)):/srv/data" app sh -c 'cat /srv/data/a; ls /srv/data/sub | wc -l' >"many.$i" &
done
wait
for i in 1 2 3 4 5 6; do assert_equals "$(cat many.$i)" $'image\n2'; done
assert_equals "$(volumes)" $'many0\nmany1'
strata volume prune -a -f >/dev/null
assert_equals "$(ls "$STRATA_ROOT/volumes")" ""
assert_equals "$(volumes)" ""
assert_equals "$(grep -c "$work" /proc/self/mountinfo || true)" 0

# A container that does not come to be takes no volume along that was there before.
strata create --name taken busybox true >/dev/null
strata run --name keeper -v /data busybox true
kept=$(strata inspect keeper --format '{{(index .Mounts 0).Name}}')
strata rm keeper >/dev/null
before=$(strata volume ls -q | wc -l)
assert_status 125 strata run --name taken -v "$kept:/data" -v /other busybox true
assert_contains "$output" "is already in use"
assert_status 125 strata run -v "$kept:/data" -v /other --volumes-from none busybox true
assert_equals "$(strata volume inspect --format '{{.Name}}' "$kept")" "$kept"
assert_equals "$(strata volume ls -q | wc -l)" "$before"
strata rm taken >/dev/null
