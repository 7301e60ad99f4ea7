#!/bin/bash
# Ctrl-C during a RUN: the tree of processes is gone, nothing is mounted or half-written, the next build works.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
printf 'FROM busybox\nRUN echo one > /one\nRUN (sleep 4321 &); sleep 4321\n' >ctx/Dockerfile
setsid env --default-signal=INT "$STRATA" build -t app ctx >build.log 2>&1 &
pid=$!
for _ in $(seq 100); do pgrep -f 'sleep 4321' >/dev/null && break; sleep 0.1; done
kill -INT "$pid"
status=0
wait "$pid" || status=$?
[ "$status" != 0 ] || fail "a stopped build ended with status 0"
! pgrep -fa '^sleep 4321' || fail "processes are left"
assert_lacks "$(cat /proc/self/mountinfo)" "$work"
assert_equals "$(find "$STRATA_ROOT/tmp" -mindepth 2 ! -name lock)" ""
assert_equals "$(strata images -q app | wc -l)" 0
sed -i '$d' ctx/Dockerfile
strata build -q -t app ctx >/dev/null
assert_equals "$(outcomes | paste -sd' ')" "hit hit"
