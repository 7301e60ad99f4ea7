#!/bin/bash
# strata bench on a small project: what it measures and prints, that it leaves the user's store and context as they were,
# with a peer in turn, and what it leaves behind when the build fails or somebody stops it: nothing.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir -p ctx/src
echo 'int main() {}' >ctx/src/main.c
echo '{}' >ctx/package.json
echo 'ignored' >ctx/ignored
echo ignored >ctx/.dockerignore
cat >ctx/Dockerfile <<'END_OF_FILE'
FROM busybox AS build
ARG GREETING=none
COPY package.json /app/
RUN echo "$GREETING" >/greeting && cat /app/package.json >/installed
COPY src /app/src
RUN cat /app/src/main.c >/program
FROM busybox
COPY --from=build /program /greeting /installed /
END_OF_FILE
git init -q ctx
git -C ctx config user.name n && git -C ctx config user.email e@example.org
git -C ctx add . && git -C ctx commit -qm first
strata build -q -t app ctx >/dev/null

# state: everything that is there; SQLite's shared memory is no part of the data
state() { find "$@" ! -name strata.db-shm ! -type d -printf '%p %y %m %U:%G %s %T@ %i %n %l\n' | sort; }
contents() { find "$@" -type f ! -name strata.db-shm -print0 | sort -z | xargs -0 sha256sum; }
touch report-begin
before=$(state store ctx)$(contents store ctx)
untouched() {
  assert_equals "$(state store ctx)$(contents store ctx)" "$before"
  assert_equals "$(find . /tmp -maxdepth 1 -name 'strata-bench-*' -newer report-begin)" ""
  ! pgrep -f "$work/strata-bench-" >/dev/null || fail "a process is left: $(pgrep -fa "$work/strata-bench-")"
}

# Every workload, as JSON; one line a round on standard error.
strata bench -n 2 --build-arg GREETING=hello --format json --html page.html ctx >report.json 2>progress
untouched
assert_equals "$(jq -r '.workloads[].name' report.json | paste -sd' ')" "cold no-op file dependency base-moved fresh push"
[ "$(jq '[.workloads[].tools[] | select(.seconds) | .seconds | length] | unique' -c report.json)" = '[2]' ] || fail "not two rounds each"
assert_equals "$(grep -c '^file ' progress)" 3
assert_equals "$(jq -r '.touched, .dependency' report.json | paste -sd' ')" "src/main.c package.json"
# ran WORKLOAD: the lines of the Dockerfile whose steps ran in it
ran() { jq -r --arg w "$1" '[.steps[] | select(.seconds[$w] != null) | .line] | join(" ")' report.json; }
assert_equals "$(ran cold)" "3 4 5 6 8"
assert_equals "$(ran no-op)" ""
assert_equals "$(ran file)" "5 6 8"
assert_equals "$(ran dependency)" "3 4 6 8"
assert_equals "$(ran fresh)" ""
assert_contains " $(ran base-moved) " " 4 "
assert_lacks " $(ran base-moved) " " 3 "  # a new base does not copy again
jq -e '.workloads[] | select(.name == "cold").tools[0] | .peakMemory > 5000000 and .layerBytes > 1000' report.json >/dev/null
if command -v docker-registry >/dev/null; then
  jq -e '.workloads[] | select(.name == "push").tools[0] | .pushedBytes > 100000' report.json >/dev/null
fi
if command -v chromium >/dev/null; then
  page=$(timeout 60 chromium --headless=new --no-sandbox --disable-gpu --virtual-time-budget=5000 --dump-dom "file://$work/page.html" 2>/dev/null)
  measured=$(jq '[.workloads[].tools[] | select(.seconds)] | length' report.json)
  assert_equals "$(grep -o 'class="bar"' <<<"$page" | wc -l)" "$measured"
  assert_equals "$(grep -o '<circle' <<<"$page" | wc -l)" $((2 * measured))
fi

# Chosen files, text; a workload that makes no sense says why.
printf 'FROM scratch\nCOPY src /src\n' >scratch.Dockerfile
output=$(strata bench -n 1 --warm-up 0 -f scratch.Dockerfile --workload cold,file,dependency,base-moved --touch src/main.c ctx 2>/dev/null)
untouched
assert_contains "$output" "file changes src/main.c"
assert_contains "$output" "dependency: not measured, no file that the build takes names dependencies"
assert_contains "$output" "base-moved: not measured, no base image has a name that can stand for another one"
assert_contains "$(strata bench -n 1 --warm-up 0 --workload no-op --format markdown ctx 2>/dev/null)" '| Workload | strata |'

# Without commits it is the file that builds ran again for, which the journal knows.
cp -r ctx journalled && rm -rf journalled/.git && touch journalled/src/main.c && echo old >journalled/src/old.c
strata build -q journalled >/dev/null
echo new >journalled/src/old.c
strata build -q journalled >/dev/null
touch -d @1000 journalled/src/old.c
before=$(state store ctx)$(contents store ctx)
output=$(strata bench -n 1 --warm-up 0 --workload file journalled 2>/dev/null)
untouched
assert_contains "$output" "file changes src/old.c"

# A journal that cannot be read is no reason to measure nothing.
cp -a store broken
python3 -c 'import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute("ALTER TABLE builds RENAME TO lost"); db.commit()' \
  broken/strata.db
assert_status 1 env STRATA_ROOT=$work/broken "$STRATA" builds list
output=$(STRATA_ROOT=$work/broken strata bench -n 1 --warm-up 0 --workload no-op ctx 2>&1) || fail "$output"
rm -rf broken

# A registry that is named gets the image.
if command -v docker-registry >/dev/null; then
  start_registry
  strata bench -n 1 --warm-up 0 --workload push --registry "$here/team" ctx >/dev/null 2>&1
  untouched
  assert_contains "$(curl -fsS "http://$here/v2/_catalog")" '"team/strata-bench-'
fi

# A peer on the same work; it has a store of the benchmark's, which gets the base image, and its own stays empty.
if command -v podman >/dev/null; then
  cat >storage.conf <<END_OF_FILE
[storage]
driver = "vfs"
graphroot = "$work/podman"
runroot = "$work/podman-run"
END_OF_FILE
  export CONTAINERS_STORAGE_CONF=$work/storage.conf
  export BUILDAH_ISOLATION=chroot  # its other ways need control groups of one kind
  strata bench -n 1 --against podman --workload no-op,file,base-moved,fresh,push --format json ctx >peer.json 2>peer.log ||
    { cat peer.log; fail "with podman"; }
  untouched
  assert_equals "$(jq -r '.tools[].name' peer.json | paste -sd' ')" "strata podman"
  jq -e '.workloads[] | select(.name == "file").tools[1] | .ratio > 0 and .peakMemory > 0' peer.json >/dev/null
  jq -e '.workloads[] | select(.name == "base-moved").tools[1].ratio > 0' peer.json >/dev/null
  assert_contains "$(jq -r '.workloads[] | select(.name == "fresh").tools[1].notMeasured' peer.json)" "for strata alone"
  assert_equals "$(podman images -aq)" ""
  assert_lacks "$(cat /proc/self/mountinfo)" "$work/strata-bench"
fi
# A page that cannot be written takes no results along, and one that has no place is refused before.
assert_status 1 strata bench -n 1 --warm-up 0 --workload no-op --html /dev/full ctx
assert_contains "$output" "strata 0"
assert_contains "$output" "no-op "
assert_status 125 strata bench --html absent/page.html ctx
assert_lacks "$output" "preparing"
untouched

# Files that change are the context's own; this is known before anything is measured.
mkdir outside && echo theirs >outside/secret && ln -s ../outside ctx/link
before=$(state store ctx)$(contents store ctx)
for file in link/secret src; do
  assert_status 1 strata bench --workload file --touch "$file" ctx
  assert_contains "$output" "the context has no regular file $file"
  assert_lacks "$output" "preparing"
done
assert_status 125 strata bench --workload file --touch src/../../outside/secret ctx
sed 's|^COPY package.json|COPY ../../package.json|' ctx/Dockerfile >above.Dockerfile
cp ctx/package.json .
strata bench -n 1 --warm-up 0 -f above.Dockerfile --workload dependency ctx >/dev/null 2>&1
assert_equals "$(cat package.json outside/secret)" "{}"$'\n'theirs
untouched

# A peer that is asked for by name has to be there; of all of them those that work take part.
DOCKER_HOST=unix://$work/nobody.sock assert_status 1 strata bench --against docker ctx
assert_contains "$output" "--against docker: "
assert_lacks "$output" "preparing"
if command -v docker >/dev/null; then
  output=$(PATH=$(dirname "$(command -v docker)"):/usr/sbin:/sbin:/bin DOCKER_HOST=unix://$work/nobody.sock \
    strata bench -n 1 --warm-up 0 --workload no-op --against all ctx 2>&1)
  assert_contains "$output" "left out: --against docker: it does not work here"
  assert_contains "$output" "no-op "
fi
assert_status 125 strata bench --workload cold,nop ctx
assert_contains "$output" "did you mean no-op?"
untouched

# A build that fails ends it with its own words and status.
sed 's/^COPY src.*/RUN echo the reason \&\& exit 7/' ctx/Dockerfile >failing.Dockerfile
assert_status 1 strata bench -f failing.Dockerfile ctx
assert_contains "$output" "the reason"
assert_contains "$output" "exit code: 7"
untouched

# Ctrl-C, and then the end without a word.
printf 'FROM busybox\nRUN sleep 4322\n' >slow.Dockerfile
# start_slow: $pid is a benchmark whose build sleeps
start_slow() {
  setsid env --default-signal=INT "$STRATA" bench -f slow.Dockerfile ctx >stopped.log 2>&1 &
  pid=$!
  for _ in $(seq 100); do pgrep -f '^sleep 4322' >/dev/null && break; sleep 0.1; done
  pgrep -f '^sleep 4322' >/dev/null || { cat stopped.log; fail "the build did not begin"; }
}
start_slow
kill -INT "$pid"
status=0
wait "$pid" || status=$?
assert_equals "$status" 130
! pgrep -fa '^sleep 4322' || fail "processes are left"
untouched
assert_lacks "$(cat /proc/self/mountinfo)" "$work/strata-bench"

start_slow
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
for _ in $(seq 100); do pgrep -f "^sleep 4322|$work/strata-bench-" >/dev/null || break; sleep 0.1; done
! pgrep -fa '^sleep 4322' || fail "processes are left"
[ -n "$(find . -maxdepth 1 -name 'strata-bench-*')" ] || fail "nothing is left that could go"
strata bench -n 1 --warm-up 0 --workload no-op ctx >/dev/null 2>&1
untouched
