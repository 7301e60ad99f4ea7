#!/bin/bash
# Files of containers: cp both ways, running and stopped, by docker's rules; diff, export and commit; and what a hostile
# container may not reach.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
at_end 'ids=$(strata ps -aq); [ -z "$ids" ] || strata rm -f -v $ids >/dev/null'

mkdir ctx
cat >ctx/Dockerfile <<'EOF'
FROM busybox
RUN mkdir -p /srv/www /opt/keep && echo old > /srv/www/index.html && echo gone > /srv/gone && ln -s /srv/www /www && chown 1000:1000 /opt/keep
WORKDIR /srv
ENV COLOR=blue
CMD ["sleep", "1000"]
EOF
strata build -q -t app ctx >/dev/null
run() { strata run --network host "$@"; }
start_web() { run -d --name web -v data:/data --tmpfs /scratch "$@" app >/dev/null; }

# --- cp: the course's way, while it runs ---
start_web
mkdir dummy && echo text >dummy/test.txt
strata cp dummy/. web:/test
assert_equals "$(strata exec web cat /test/test.txt)" text
rm dummy/test.txt
strata cp web:/test/test.txt dummy
assert_equals "$(cat dummy/test.txt)" text
echo new >index.html
strata cp index.html web:/srv/www/
assert_equals "$(strata exec web cat /www/index.html)" new

# --- cp: the same for a container that runs and one that does not ---
for state in running stopped; do
  [ "$state" = running ] || strata stop -t 0 web >/dev/null
  rm -rf out && mkdir out
  strata cp dummy web:/copy-$state
  strata cp dummy web:/copy-$state
  strata cp web:/copy-$state out
  assert_equals "$(cd out && find . | sort | tr '\n' ' ')" ". ./copy-$state ./copy-$state/dummy ./copy-$state/dummy/test.txt ./copy-$state/test.txt "
  # Through a link inside, into a volume, out of it.
  echo "$state" >page
  strata cp page web:/www/page
  strata cp web:/srv/www/page - | tar tf - | grep -qx page || fail "no tar of one file"
  strata cp page web:/data/
  assert_equals "$(cat "$(strata volume inspect -f '{{.Mountpoint}}' data)/page")" "$state"
  strata cp web:/data/page out/volume
  assert_equals "$(cat out/volume)" "$state"
  # Tars.
  tar c dummy | strata cp - web:/opt
  strata cp web:/opt/dummy - | tar x -C out
  assert_equals "$(cat out/dummy/test.txt)" text
  tar cz dummy | strata cp - web:/srv/www
  # Links: the link, or what it leads to.
  strata cp web:/www out/link
  assert_equals "$(readlink out/link)" /srv/www
  strata cp -L web:/www out/followed
  assert_equals "$(cat out/followed/page)" "$state"
  # Owners.
  echo mine >owned && chown 1234:1234 owned
  strata cp owned web:/opt/root
  strata cp -a owned web:/opt/theirs
  strata cp web:/opt/theirs out/ours
  strata cp -a web:/opt/theirs out/theirs
  assert_equals "$(stat -c %u:%g out/ours out/theirs | tr '\n' ' ')" "0:0 1234:1234 "
  strata cp -a web:/opt/root out/root
  assert_equals "$(stat -c %u:%g out/root)" 0:0
  # What is wrong is said in docker's words.
  assert_status 1 strata cp page web:/no/such
  assert_contains "$output" "Could not find the file /no/such in container web"
  assert_status 1 strata cp page web:/none/
  assert_contains "$output" "no such directory"
  assert_status 1 strata cp dummy web:/srv/www/page
  assert_contains "$output" "cannot copy directory"
  assert_status 1 strata cp web:/nosuch out
  assert_contains "$output" "Could not find the file /nosuch in container web"
  assert_status 1 strata cp nosuch web:/
  assert_contains "$output" "no such file or directory"
  assert_status 1 strata cp - web:/srv/www/page </dev/null
  assert_contains "$output" "must be a directory"
done
assert_status 1 strata cp nosuch:/a .
assert_contains "$output" "No such container: nosuch"
assert_status 1 strata cp a b
assert_contains "$output" "must specify at least one container source"
assert_status 1 strata cp web:/a web:/b
assert_contains "$output" "copying between containers is not supported"
echo colon >a:b
strata cp ./a:b web:/srv/
strata start web >/dev/null
assert_equals "$(strata exec web cat /srv/a:b /copy-stopped/dummy/test.txt)" $'colon\ntext'
# What is in memory is seen while it runs; kernel's file systems are left out of a copy of everything.
strata exec web sh -c 'echo short > /scratch/x'
strata cp web:/scratch/x out/x
assert_equals "$(cat out/x)" short
strata cp web:/ out/all
assert_equals "$(ls -A out/all/proc out/all/sys | grep -cv : || true)" "1"
assert_equals "$(cat out/all/data/page)" stopped
# In memory: what a container that runs has there can be read and written; one that does not run has nothing there, and
# nothing is lost in a place that its next start would hide.
run -d --name memory --tmpfs /scratch --mount type=tmpfs,target=/srv/www --shm-size 8m -v box:/scratch/deep/box app >/dev/null
for place in /scratch /srv/www /dev/shm; do
  strata cp page memory:$place/page
  strata cp dummy memory:$place/
  assert_equals "$(strata exec memory cat $place/page $place/dummy/test.txt)" $'stopped\ntext'
  strata cp memory:$place/page out/memory-page
  cmp page out/memory-page
  strata cp memory:$place/dummy - | tar t | grep -qx dummy/test.txt || fail "$place: no tar of a directory"
  rm -rf out/memory && strata cp memory:$place out/memory
  assert_equals "$(cat out/memory/page out/memory/dummy/test.txt)" $'stopped\ntext'
done
strata stop -t 0 memory >/dev/null
for place in /scratch /srv/www /dev/shm; do
  rm -rf out/memory && strata cp memory:$place out/memory
  assert_equals "$(find out/memory -type f)" ""
  assert_status 1 strata cp memory:$place/page out/none
  assert_contains "$output" "Could not find the file $place/page in container memory"
  for target in $place $place/page $place/; do
    assert_status 1 strata cp page "memory:$target"
    assert_contains "$output" "is on a tmpfs, which the container has only while it runs: start it first"
  done
  assert_status 1 strata cp - memory:$place < <(tar c dummy)
  assert_contains "$output" "start it first"
done
strata cp page memory:/scratch/deep/box/
assert_equals "$(run --rm -v box:/b busybox cat /b/page)" stopped
assert_equals "$(strata diff memory)" "A /scratch"
strata start memory >/dev/null
assert_equals "$(strata exec memory find /scratch /srv/www /dev/shm -type f)" /scratch/deep/box/page
strata rm -f memory >/dev/null
strata volume rm box >/dev/null
# A container that was only made: the volume is where it will be.
strata create --name fresh -v box:/made/here app >/dev/null
strata cp page fresh:/made/here/
assert_equals "$(run --rm -v box:/b busybox cat /b/page)" stopped
strata create --name closed --read-only app >/dev/null
assert_status 1 strata cp page closed:/srv/
assert_contains "$output" "Read-only file system"
strata rm -v fresh closed >/dev/null

# --- Hostile containers ---
mkdir -p trap && echo host >trap/secret
run -d --name evil app sh -c "mkdir -p /x/d /real; ln -s $PWD/trap /l; while true; do mv /x/d /x/e; mv /l /x/d; mv /x/d /l; mv /x/e /x/d; done" >/dev/null
strata exec evil sh -c "ln -s $PWD/trap /dir; ln -s $PWD/trap/secret /file; ln -s ../../../../../../../..$PWD/trap /deep; ln -s /proc/self/root$PWD/trap /magic"
for target in /dir/mark /deep/mark /file /magic/mark; do strata cp page "evil:$target" 2>/dev/null || true; done
for source in /dir/secret /deep/secret /file /magic/secret; do assert_status 1 strata cp -L "evil:$source" out/stolen; done
for i in $(seq 8); do
  strata cp dummy/. evil:/x/d 2>/dev/null || true
  strata cp evil:/x "out/swap$i" 2>/dev/null || true
done
assert_equals "$(ls trap)" secret
assert_equals "$(cat trap/secret)" host
[ ! -e out/stolen ] || fail "a link led to the host"
assert_equals "$(find out -path '*swap*' -name secret)" ""
strata rm -f evil >/dev/null
# A volume at a link: neither cp nor the mount leaves the root.
mkdir -p fine
strata create --name linked -v "$PWD/fine:/www/inner" app >/dev/null
strata cp page linked:/www/inner/
assert_equals "$(ls fine)" page
assert_equals "$(ls trap)" secret
strata rm linked >/dev/null

# --- diff ---
run --name changed app sh -c 'echo x > /srv/www/index.html; rm /srv/gone; mkdir /fresh; echo y > /fresh/file; touch /opt/keep' || fail "did not run"
assert_equals "$(strata diff changed)" $'A /fresh\nA /fresh/file\nC /srv\nD /srv/gone\nC /srv/www\nC /srv/www/index.html'
run -d --name running app sh -c 'echo x > /one; sleep 1000' >/dev/null
for _ in $(seq 50); do [ -n "$(strata diff running)" ] && break; sleep 0.05; done
assert_equals "$(strata diff running)" "A /one"
assert_status 1 strata diff nosuch
strata create --name never app >/dev/null
assert_equals "$(strata diff never)" ""

# --- export ---
for name in changed running never web; do
  strata export "$name" >"$name.tar"
  tar tf "$name.tar" >"$name.list"
  grep -qx bin/busybox "$name.list" || fail "$name: no busybox"
done
grep -qx srv/gone changed.list && fail "a removed file was exported"
grep -qx fresh/file changed.list || fail "a new file was not exported"
grep -qx one running.list || fail "a running container's file was not exported"
grep -q '^data/page' web.list && fail "a volume's content was exported"
assert_equals "$(tar xOf changed.tar srv/www/index.html)" x
strata export -o file.tar changed && cmp file.tar changed.tar
strata import file.tar flat >/dev/null
assert_equals "$(run --rm flat cat /fresh/file)" y

# --- commit ---
id=$(strata commit -a 'A. Author' -m 'a message' -c 'ENV SHAPE=round' -c 'EXPOSE 80' -c 'CMD ["cat", "/fresh/file"]' changed team/made:1)
[[ $id =~ ^sha256:[0-9a-f]{64}$ ]] || fail "no id: $id"
assert_equals "$(run --rm team/made:1)" y
assert_equals "$(run --rm team/made:1 sh -c 'ls /srv; echo $COLOR $SHAPE; pwd')" $'www\nblue round\n/srv'
assert_equals "$(strata inspect -f '{{.Author}} {{json .Config.ExposedPorts}} {{json .Config.Cmd}}' team/made:1)" 'A. Author {"80/tcp":{}} ["cat","/fresh/file"]'
assert_lacks "$(strata inspect -f '{{json .Config.Env}}' team/made:1)" HOSTNAME
assert_contains "$(strata history --no-trunc --format '{{.CreatedBy}}|{{.Comment}}' team/made:1 | head -1)" "sh -c echo x > /srv/www/index.html"
assert_contains "$(strata history --format '{{.Comment}}' team/made:1 | head -1)" "a message"
layers() { strata inspect -f '{{range .RootFS.Layers}}{{.}} {{end}}' "$1"; }
assert_equals "$(layers team/made:1 | wc -w)" $(($(layers app | wc -w) + 1))
# The same files are the same layer; nothing written is no layer.
strata commit changed team/made:2 >/dev/null
assert_equals "$(layers team/made:2)" "$(layers team/made:1)"
strata commit never team/never >/dev/null
assert_equals "$(layers team/never)" "$(layers app)"
# Running: paused meanwhile, and goes on; volumes and what is in memory stay out.
strata commit web team/live >/dev/null
assert_equals "$(strata ps --filter name=web --format '{{.State}}')" running
assert_equals "$(run --rm team/live sh -c 'cat /srv/www/page; ls /data /scratch')" $'stopped\n/data:\n\n/scratch:'
strata commit --pause=false running team/unpaused >/dev/null
assert_equals "$(run --rm team/unpaused cat /one)" x
assert_status 1 strata commit -c 'RUN true' changed
assert_contains "$output" "RUN is not a valid change command"
assert_status 1 strata commit nosuch
assert_contains "$output" "No such container: nosuch"
# Others read it.
strata save -o made.tar team/made:1
if command -v skopeo >/dev/null; then
  skopeo inspect --config docker-archive:made.tar >made.json
  assert_equals "$(jq -r '.config.Cmd | join(" ")' made.json)" "cat /fresh/file"
  assert_equals "$(jq -r '.history[-1].comment' made.json)" "a message"
fi
if command -v podman >/dev/null; then
  podman --root "$work/podman" --runroot "$work/podman-run" load -q -i made.tar >/dev/null
  assert_contains "$(podman --root "$work/podman" --runroot "$work/podman-run" images --format '{{.Repository}}:{{.Tag}}')" team/made:1
  podman --root "$work/podman" --runroot "$work/podman-run" rmi -af >/dev/null
fi
# An image that was made so stands on nothing of the container.
strata rm -f -v changed >/dev/null
assert_equals "$(run --rm team/made:1)" y

strata rm -f -v web running never >/dev/null
assert_equals "$(ls "$STRATA_ROOT/containers" | wc -l)" 0
assert_equals "$(grep -c "$work" /proc/self/mountinfo || true)" 0
