#!/bin/bash
# The commands around a container: create, start, exec, kill, pause, wait, rename, inspect, restart policies, prune, rmi.
if [ "$(id -u)" = 0 ] && [ -z "${OWN_HOST:-}" ]; then exec env OWN_HOST=yes unshare --net --mount bash "$0"; fi
. "$(dirname "$0")/lib.sh"
needs_root
ip link set lo up
import_busybox
at_end 'ids=$(strata ps -aq); [ -z "$ids" ] || strata rm -f $ids >/dev/null'
serve='trap "exit 0" TERM; while true; do sleep 0.05; done'
status_of() { strata inspect --format '{{.State.Status}}' "$1"; }
# until COMMAND...: within ten seconds
until_true() { for _ in $(seq 200); do "$@" && return; sleep 0.05; done; fail "never: $*"; }

for runtime in crun runc; do
  command -v "$runtime" >/dev/null || skip "$runtime is not installed"

  # create and start: what it writes stays from one start to the next, and nobody else sees it.
  strata create --runtime "$runtime" --name counter busybox sh -c 'echo x >> /count; wc -l < /count' >/dev/null
  assert_equals "$(status_of counter)" created
  assert_equals "$(strata start -a counter)" 1
  assert_equals "$(strata start -a counter)" 2
  assert_equals "$(strata start counter)" counter
  assert_equals "$(strata wait counter)" 0
  assert_equals "$(strata logs counter | paste -sd' ')" "1 2 3"
  assert_status 1 strata run --rm --runtime "$runtime" busybox test -e /count
  assert_equals "$(strata rm counter)" counter

  # exec
  strata run -d --runtime "$runtime" --name web -e A=image -w /tmp busybox sh -c "$serve" >/dev/null
  assert_equals "$(strata exec web pwd)" /tmp
  assert_equals "$(strata exec -e B=more web sh -c 'echo $A $B')" "image more"
  assert_equals "$(strata exec -u 1234:99 -w / web sh -c 'id -u; id -g; pwd' | paste -sd' ')" "1234 99 /"
  assert_equals "$(echo typed | strata exec -i web cat)" typed
  assert_equals "$(echo typed | strata exec web cat)" ""
  assert_status 5 strata exec web sh -c 'exit 5'
  assert_status 127 strata exec web nosuchprogram
  assert_status 126 strata exec web /etc
  strata exec -d web sh -c 'echo done > /detached'
  until_true strata exec web test -s /detached
  assert_equals "$(strata exec web sh -c 'grep CapBnd /proc/self/status')" $'CapBnd:\t00000000a80425fb'
  assert_status 1 strata exec nosuch true
  assert_contains "$output" "No such container: nosuch"

  # pause: what is frozen answers to nothing but unpause
  assert_equals "$(strata pause web)" web
  assert_equals "$(status_of web)" paused
  assert_contains "$(strata ps --format '{{.Status}}')" "(Paused)"
  assert_status 1 strata exec web true
  assert_contains "$output" "unpause the container"
  assert_status 1 strata pause web
  assert_equals "$(strata unpause web)" web
  assert_equals "$(strata exec web echo awake)" awake
  strata pause web >/dev/null
  assert_equals "$(strata stop web)" web
  assert_equals "$(status_of web)" exited
  assert_status 1 strata exec web true
  assert_contains "$output" "is not running"
  assert_status 1 strata kill web
  assert_contains "$output" "is not running"

  # rename, restart, kill
  strata rename web site
  assert_status 1 strata start web
  assert_equals "$(strata restart site)" site
  assert_equals "$(status_of site)" running
  first=$(strata inspect --format '{{.State.Pid}}' site)
  strata restart -t 0 site >/dev/null
  [ "$first" != "$(strata inspect --format '{{.State.Pid}}' site)" ] || fail "it is still the same process"
  strata kill -s KILL site >/dev/null
  assert_equals "$(strata wait site)" 137
  assert_equals "$(strata inspect --format '{{.Name}} {{.Config.Image}} {{index .Args 0}} {{.HostConfig.NetworkMode}}' site)" "/site busybox -c bridge"
  strata rm site >/dev/null

  # restart policies
  strata run -d --runtime "$runtime" --name flaky --restart on-failure:2 busybox sh -c 'echo try; exit 4' >/dev/null
  until_true sh -c '[ "$('"$STRATA"' inspect --format "{{.State.Status}} {{.RestartCount}}" flaky)" = "exited 2" ]'
  assert_equals "$(strata logs flaky | grep -c try)" 3
  strata run -d --runtime "$runtime" --name steady --restart always busybox sh -c 'sleep 0.1' >/dev/null
  until_true sh -c '[ "$('"$STRATA"' inspect --format "{{.RestartCount}}" steady)" -ge 2 ]'
  strata stop steady >/dev/null
  sleep 1
  assert_equals "$(status_of steady)" exited
  strata rm flaky steady >/dev/null
done

# Options that are not docker's, or contradict each other
assert_status 125 strata run -d --rm --restart always busybox true
assert_contains "$output" "cannot specify both --restart and --rm"
assert_status 125 strata run --restart sometimes busybox true
assert_status 125 strata run -d -a stdout busybox true
assert_status 125 strata run --name '-x' busybox true
strata run -d --cidfile id busybox true >out
assert_equals "$(cat id)" "$(cat out)"
assert_status 125 strata run -d --cidfile id busybox true
assert_contains "$output" "container ID file found"

# An image in use stays; prune takes what is stopped, and then the image may go.
id=$(strata ps -aql)
assert_status 1 strata rmi busybox
assert_contains "$output" "conflict: unable to remove repository reference \"busybox\" (must force) - container $id is using its referenced image"
strata image prune -af >/dev/null
strata start -a "$id"
strata run -d --name up busybox sh -c "$serve" >/dev/null
strata container prune -f >pruned
assert_contains "$(cat pruned)" "Deleted Containers:"
assert_equals "$(strata ps -a --format '{{.Names}}')" up
strata rmi -f busybox >/dev/null
strata restart up >/dev/null
assert_equals "$(status_of up)" running
strata system prune -af >/dev/null
assert_equals "$(strata exec up echo still)" still
strata rm -f up >/dev/null
strata image prune -f >/dev/null
assert_equals "$(strata images -q | wc -l)" 0
