#!/bin/bash
# Fifty containers started at once: none lost, all named by ps, all stopped by one command, nothing left.
if [ "$(id -u)" = 0 ] && [ -z "${OWN_HOST:-}" ]; then exec env OWN_HOST=yes unshare --net --mount bash "$0"; fi
. "$(dirname "$0")/lib.sh"
needs_root
ip link set lo up
import_busybox
at_end 'ids=$(strata ps -aq); [ -z "$ids" ] || strata rm -f $ids >/dev/null'
count=50
mounts_before=$(grep -c . /proc/mounts)
jobs_=()
for i in $(seq $count); do
  strata run -d --name "many$i" busybox sh -c 'trap "exit 0" TERM; while true; do sleep 0.2; done' >"id$i" 2>"err$i" &
  jobs_+=($!)
done
for job in "${jobs_[@]}"; do wait "$job" || fail "a container did not start: $(cat err*)"; done
assert_equals "$(strata ps -q | sort -u | wc -l)" $count
assert_equals "$(strata ps --format '{{.Names}}' | sort)" "$(for i in $(seq $count); do echo "many$i"; done | sort)"
assert_equals "$(strata stop $(strata ps -q) | wc -l)" $count
assert_equals "$(strata ps -q | wc -l)" 0
assert_equals "$(strata ps -a --filter exited=0 -q | wc -l)" $count
assert_equals "$(strata rm $(strata ps -aq) | wc -l)" $count
assert_equals "$(ls "$STRATA_ROOT/containers" | wc -l)" 0
assert_equals "$(grep -c . /proc/mounts)" "$mounts_before"
await_supervisors  # the last one takes the network down
assert_equals "$(pgrep -fc "$STRATA_ROOT.*container-supervisor" || true)" 0
assert_equals "$(ip -o link | grep -cE 'br-|ve[0-9a-f]' || true)" 0
for i in $(seq $count); do
  assert_equals "$(find /sys/fs/cgroup -maxdepth 3 -name "$(cat "id$i")")" ""
done

# Names that are made up are unique, too.
for i in $(seq 10); do strata run -d busybox true >/dev/null & done
wait
assert_equals "$(strata ps -a --format '{{.Names}}' | sort -u | wc -l)" 10
strata rm -f $(strata ps -aq) >/dev/null
