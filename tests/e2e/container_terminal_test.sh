#!/bin/bash
# Terminals: run -it, leaving by keys, attach, resizing, exec -it, signals of an attached run.
if [ "$(id -u)" = 0 ] && [ -z "${OWN_HOST:-}" ]; then exec env OWN_HOST=yes unshare --net --mount bash "$0"; fi
. "$(dirname "$0")/lib.sh"
needs_root
ip link set lo up
import_busybox
at_end 'ids=$(strata ps -aq); [ -z "$ids" ] || strata rm -f $ids >/dev/null'
types() { python3 "$STRATA_SOURCE_DIR/tests/support/terminal.py" "$@"; }

for runtime in crun runc; do
  command -v "$runtime" >/dev/null || skip "$runtime is not installed"
  # A shell: its terminal has our size; Ctrl-P Ctrl-Q leaves it alive, attach finds it again, exit ends it.
  types '=># ' 'stty size\r=>40 120' 'v=kept\r=># ' '\x10\x11=>read escape sequence' -- \
    "$STRATA" run -it --runtime "$runtime" --name shell busybox sh
  assert_equals "$(strata ps --format '{{.Names}}')" shell
  types '\r=># ' 'echo $v\r=>kept' '\x18=>read escape sequence' -- "$STRATA" attach --detach-keys ctrl-x shell
  types '\r=># ' 'exit 0\r=>' -- "$STRATA" attach shell
  assert_equals "$(strata inspect --format '{{.State.Status}}' shell)" exited
  types '=># ' 'exit 0\r=>' -- "$STRATA" start -ai shell
  # Ctrl-C ends what runs in the terminal, not the container
  types '=># ' 'sh -c "echo $((40+2)); exec sleep 100"\r=>42' '\x03=># ' 'echo $((6*7*10))\r=>420' 'exit 0\r=>' -- "$STRATA" start -ai shell
  strata rm shell >/dev/null

  # exec in a terminal of its own
  strata run -d --runtime "$runtime" --name box busybox sleep 1000 >/dev/null
  types '=># ' 'tty\r=>/dev/pts/' 'stty size\r=>40 120' 'exit 0\r=>' -- "$STRATA" exec -it box sh
  assert_status 1 strata exec -it box sh </dev/null
  assert_contains "$output" "the input device is not a TTY"
  strata rm -f box >/dev/null

  # A signal that an attached run gets reaches the container; one whose client dies goes on.
  "$STRATA" run --runtime "$runtime" --name hears busybox sh -c 'trap "echo heard; exit 6" TERM; echo ready; while true; do sleep 0.05; done' >out 2>&1 &
  client=$!
  for _ in $(seq 100); do grep -q ready out && break; sleep 0.05; done
  kill -TERM $client
  status=0
  wait $client || status=$?
  assert_equals "$status" 6
  assert_equals "$(paste -sd' ' out)" "ready heard"
  "$STRATA" start -a hears >out 2>&1 &
  client=$!
  for _ in $(seq 100); do grep -q ready out && break; sleep 0.05; done
  kill -KILL $client
  sleep 0.2
  assert_equals "$(strata ps --format '{{.Names}}')" hears
  strata rm -f hears >/dev/null
done
