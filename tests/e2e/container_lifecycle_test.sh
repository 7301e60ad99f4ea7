#!/bin/bash
# A container's life without a daemon, through each OCI runtime: run -d, ps, logs, stop, start, rm; what a kill leaves.
if [ "$(id -u)" = 0 ] && [ -z "${OWN_HOST:-}" ]; then exec env OWN_HOST=yes unshare --net --mount bash "$0"; fi
. "$(dirname "$0")/lib.sh"
needs_root
ip link set lo up
import_busybox
at_end 'ids=$(strata ps -aq); [ -z "$ids" ] || strata rm -f $ids >/dev/null'

# leftovers: whatever the containers of this scenario have left outside of the store
leftovers() { grep -h "$work" /proc/[0-9]*/mountinfo /proc/mounts 2>/dev/null | sort -u | head; find /sys/fs/cgroup -maxdepth 3 -name "strata-${1:-none}*"; }
containers_on_disk() { ls "$STRATA_ROOT/containers" 2>/dev/null | wc -l; }
field() { strata ps -a --no-trunc --filter "name=^$1\$" --format "{{.$2}}"; }

for runtime in crun runc; do
  command -v "$runtime" >/dev/null || skip "$runtime is not installed"

  # Detached: the id, and it goes on without us.
  id=$(strata run -d --runtime "$runtime" --name web busybox sh -c 'echo started; echo oops >&2; trap "echo bye; exit 3" TERM; while true; do sleep 0.05; done')
  [[ $id =~ ^[0-9a-f]{64}$ ]] || fail "no id: $id"
  assert_equals "$(field web State)" running
  assert_contains "$(field web Status)" "Up "
  assert_equals "$(strata ps -q)" "${id:0:12}"
  assert_equals "$(strata ps --format '{{.Image}} {{.Names}} {{.Command}}' --no-trunc | cut -c1-15)" 'busybox web "sh'
  for _ in $(seq 50); do [ "$(strata logs web 2>&1 | wc -l)" = 2 ] && break; sleep 0.05; done
  assert_equals "$(strata logs web 2>/dev/null)" started
  assert_equals "$(strata logs web 2>&1 >/dev/null)" oops
  assert_status 125 strata run -d --name web busybox true
  assert_contains "$output" "Conflict. The container name \"/web\" is already in use by container \"$id\""
  assert_status 1 strata rm web
  assert_contains "$output" 'container is running: stop the container before removing or force remove'

  # Stopped by its signal, found again by any later command, started again with what it wrote.
  assert_equals "$(strata stop web)" web
  assert_equals "$(field web State)" exited
  assert_contains "$(field web Status)" "Exited (3)"
  assert_equals "$(strata logs --tail 1 web)" bye
  assert_equals "$(strata ps -q)" ""
  assert_equals "$(strata stop web)" web
  assert_equals "$(strata rm "${id:0:6}")" "${id:0:6}"
  assert_status 1 strata stop web
  assert_contains "$output" "No such container: web"
  assert_equals "$(containers_on_disk)" 0
  assert_equals "$(leftovers "$id")" ""

  # One that does not heed the signal is killed.
  strata run -d --runtime "$runtime" --name deaf --stop-timeout 1 busybox sh -c 'trap "" TERM; while true; do sleep 0.05; done' >/dev/null
  strata stop deaf >/dev/null
  assert_contains "$(field deaf Status)" "Exited (137)"
  strata rm deaf >/dev/null

  # --rm leaves nothing; -f removes what runs.
  strata run -d --rm --runtime "$runtime" --name gone busybox sleep 1000 >/dev/null
  strata stop -t 0 gone >/dev/null
  assert_status 1 strata stop gone
  strata run -d --runtime "$runtime" --name stubborn busybox sleep 1000 >/dev/null
  assert_equals "$(strata rm -f stubborn nosuch)" stubborn
  assert_equals "$(containers_on_disk)" 0

  # Attached: streams apart, exit statuses, names of what cannot run.
  assert_equals "$(strata run --runtime "$runtime" --rm busybox sh -c 'echo out; echo err >&2' 2>err)" out
  assert_equals "$(cat err)" err
  assert_status 9 strata run --rm --runtime "$runtime" busybox sh -c 'exit 9'
  assert_status 127 strata run --rm --runtime "$runtime" busybox nosuchprogram
  assert_contains "$output" 'executable file not found in $PATH'
  assert_status 126 strata run --rm --runtime "$runtime" busybox /etc
  assert_equals "$(head -c 3000000 /dev/zero | strata run --rm -i --runtime "$runtime" busybox sh -c 'cat | wc -c')" 3000000
  assert_equals "$(strata run --rm --runtime "$runtime" busybox sh -c 'head -c 3000000 /dev/zero' | wc -c)" 3000000
  assert_equals "$(containers_on_disk)" 0

  # The supervisor is started before the container is known; where there is none to be, it goes.
  assert_status 125 strata run --rm --pull never --runtime "$runtime" nosuchimage true
  for attempt in $(seq 50); do pgrep -f "$STRATA_ROOT.*container-supervisor" >/dev/null || break; sleep 0.1; done
  assert_equals "$(pgrep -fa "$STRATA_ROOT.*container-supervisor")" ""

  # A supervisor that is killed: the next who looks says so, and nothing of the container is left.
  id=$(strata run -d --runtime "$runtime" --name orphan busybox sleep 1000)
  supervisor=$(pgrep -f "container-supervisor $id")
  container=$(pgrep -P "$supervisor" sleep)
  [ -n "$container" ] || fail "the container is no child of its supervisor"
  kill -9 "$supervisor"
  sleep 0.2
  assert_contains "$(field orphan Status)" "Exited (137)"
  [[ $(awk '/^State/ { print $2 }' "/proc/$container/status" 2>/dev/null) =~ ^Z?$ ]] || fail "the container's process outlived the look"
  assert_equals "$(leftovers "$id")" ""
  strata rm orphan >/dev/null
  assert_equals "$(containers_on_disk)" 0

  # Its number is another process's by now: nobody signals that, or takes its files, network or user for the container's.
  id=$(strata run -d --runtime "$runtime" --name reused busybox sleep 1000)
  supervisor=$(pgrep -f "container-supervisor $id")
  sleep 1000 &
  innocent=$!
  at_end "kill $innocent 2>/dev/null"
  echo "$innocent" >"$STRATA_ROOT/containers/$id/bundle/pid"
  echo "$innocent 1" >"$STRATA_ROOT/containers/$id/bundle/process"
  container=$(strata inspect -f '{{.State.Pid}}' reused)
  python3 -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("UPDATE containers SET pid = ? WHERE id = ?", sys.argv[2:]).connection.commit()' \
    "$STRATA_ROOT/strata.db" "$innocent" "$id"
  for command in "cp reused:/etc/passwd copy" "exec reused true" "run --rm --network container:reused busybox true" \
    "run --rm --pid container:reused busybox true"; do
    ! strata $command >said 2>&1 || fail "'$command' took another process for the container's"
    assert_contains "$(cat said)" "process $innocent has ended"
  done
  kill -9 "$supervisor" "$container"
  sleep 0.2
  assert_contains "$(field reused Status)" "Exited (255)"
  kill -0 "$innocent" || fail "a process of nobody's was killed"
  strata rm reused >/dev/null
  assert_equals "$(containers_on_disk)" 0
done
