#!/bin/bash
# What the command line says of the means of RUN steps: limits, shared memory, cgroups.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
build() { strata build --no-cache --progress plain "$@" ctx 2>&1; }
lines() { printf '%s\n' "$@" >ctx/Dockerfile; }

covers RUN-13 CLI-7
lines 'FROM busybox' 'RUN echo "files $(ulimit -S -n) $(ulimit -H -n)"; echo "core $(ulimit -c)"; echo "file size $(ulimit -f)"; echo "shm $(df -k /dev/shm | awk "NR==2 {print \$2}")"' 'RUN echo "again $(ulimit -n)"'
output=$(build --ulimit nofile=111:222 --ulimit core=0 --shm-size 3m) || fail "$output"
assert_contains "$output" 'files 111 222'
assert_contains "$output" 'core 0'
assert_contains "$output" 'shm 3072'
assert_contains "$output" 'again 111'
output=$(build --ulimit nofile=333) || fail "$output"
assert_contains "$output" 'files 333 333'
assert_contains "$output" 'shm 65536'
output=$(build --ulimit fsize=-1 --shm-size 2097152) || fail "$output"
assert_contains "$output" 'file size unlimited'
assert_contains "$output" 'shm 2048'
for wrong in nofile nofile= nofile=a nofile=5:4 files=5; do
  output=$(build --ulimit "$wrong") && fail "--ulimit $wrong was taken"
  assert_contains "$output" 'invalid ulimit'
done
for wrong in 0 x 1q; do
  output=$(build --shm-size $wrong) && fail "--shm-size $wrong was taken"
done

covers CLI-6
for wrong in memory memory=0 memory=-1 memory=x cpu-shares=0 cpu-quota=-5 cpu-period=a cpuset-cpus=a cpuset-mems=3-1 colour=red; do
  output=$(build --resource "$wrong") && fail "--resource $wrong was taken"
done
assert_contains "$output" 'unknown resource "colour"'
output=$(build --resource memroy=1g) && fail 'a misspelt resource was taken'
assert_contains "$output" 'did you mean memory?'
output=$(build -m 64m --memory-swap 32m) && fail 'less swap and memory than memory was taken'

# The limits as cgroups know them, or a clear word where this host's cgroups cannot hold to them.
covers CLI-6 RUN-13 CLI-2
lines 'FROM busybox' 'RUN cat /proc/self/cgroup; cd /sys/fs/cgroup; sleep 1' 'RUN x=$(head -c 100000000 /dev/zero | tr "\0" x); echo "held ${#x} bytes"'
seen=$work/seen
watch_cgroups() { # notes what the kernel says of every cgroup of a step while it runs
  while [ ! -e "$work/done" ]; do
    for file in $(find /sys/fs/cgroup -path "*$1*" \( -name memory.max -o -name memory.limit_in_bytes -o -name cpu.shares -o -name cpu.weight \
      -o -name cpu.cfs_quota_us -o -name cpu.cfs_period_us -o -name cpu.max -o -name cpuset.cpus \) 2>/dev/null); do
      echo "$(basename "$file") $(cat "$file" 2>/dev/null)"
    done >>"$seen" || true
    sleep 0.1
  done
}
parent=strata-test-$$
for spelling in older newer; do
  rm -f "$work/done" "$seen"
  watch_cgroups "$parent" &
  watcher=$!
  if [ $spelling = older ]; then
    limits=(-m 64m --memory-swap 64m -c 512 --cpu-period 50000 --cpu-quota 40000 --cpuset-cpus 0)
  else
    limits=(--resource memory=64m --resource memory-swap=64m --resource cpu-shares=512 --resource cpu-period=50000 --resource cpu-quota=40000 --resource cpuset-cpus=0)
  fi
  status=0
  output=$(build --cgroup-parent "$parent" "${limits[@]}") || status=$?
  touch "$work/done"
  wait $watcher
  if [[ $output == *'cannot be held to'* || $output == *'hands on no'* || $output == *'mounts no cgroups'* ]]; then
    [ $status != 0 ] || fail 'a limit that cannot be held to is an error'
    echo "this host's cgroups cannot limit: $(tail -1 <<<"$output")"
    continue
  fi
  assert_contains "$output" "$parent/strata-"
  [ $status != 0 ] || fail "100 MB were held within 64 MB: $output"
  assert_lacks "$output" 'held 1'
  assert_contains "$(cat "$seen")" 67108864
  grep -qE 'cpu.cfs_quota_us 40000|cpu.max 40000 50000' "$seen" || fail "no quota: $(cat "$seen")"
  grep -qE 'cpu.shares 512|cpu.weight 20' "$seen" || fail "no shares: $(cat "$seen")"
  grep -qE 'cpuset.cpus 0$' "$seen" || fail "no cpuset: $(cat "$seen")"
  assert_equals "$(find /sys/fs/cgroup -name "$parent" 2>/dev/null)" ''
done
output=$(build --cgroup-parent ../escape) && fail 'a cgroup parent outside was taken'
assert_contains "$output" 'invalid cgroup parent'
