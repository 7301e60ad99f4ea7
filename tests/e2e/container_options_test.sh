#!/bin/bash
# What a container may use and do: limits, capabilities, security options, devices, namespaces, init, sysctls; update.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
at_end 'ids=$(strata ps -aq); [ -z "$ids" ] || strata rm -f $ids >/dev/null'
host_of() { strata inspect --format "{{json .HostConfig.$2}}" "$1"; }
box() { strata run --rm --runtime "$runtime" --network host "$@"; }
# limit_of FILE1 FILE2: the container's own limit, by version 1 or version 2
limit_of() { strata exec limited sh -c "cat /sys/fs/cgroup/$1 2>/dev/null || cat /sys/fs/cgroup/$2"; }
bits() { sed -n 's/^CapBnd:\s*//p'; }

for runtime in crun runc; do
  command -v "$runtime" >/dev/null || skip "$runtime is not installed"

  # Limits: in the control group, in inspect, and felt
  strata run -d --runtime "$runtime" --network host --name limited --memory 64m --memory-swap 96m --memory-reservation 32m \
    --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 --pids-limit 20 busybox sleep 1000 >/dev/null 2>warned
  assert_equals "$(limit_of memory/memory.limit_in_bytes memory.max)" $((64 << 20))
  assert_contains "$(limit_of cpu/cpu.cfs_quota_us cpu.max)" 50000
  assert_equals "$(limit_of cpuset/cpuset.cpus cpuset.cpus)" 0
  assert_equals "$(limit_of pids/pids.max pids.max)" 20
  assert_equals "$(host_of limited Memory) $(host_of limited NanoCpus) $(host_of limited PidsLimit)" "67108864 500000000 20"
  assert_equals "$(host_of limited CpusetCpus) $(host_of limited CpuShares) $(host_of limited MemoryReservation)" '"0" 512 33554432'
  if [ -s warned ]; then
    assert_contains "$(cat warned)" "Memory limited without swap"
    assert_equals "$(host_of limited MemorySwap)" -1
  else
    assert_equals "$(host_of limited MemorySwap)" $((96 << 20))
  fi
  assert_contains "$(strata exec limited sh -c 'for i in $(seq 40); do sleep 1 & done' 2>&1 || true)" "fork"
  strata update --memory 128m --memory-swap -1 --cpus 0.25 --pids-limit 30 --restart on-failure:2 limited >updated 2>/dev/null
  assert_equals "$(cat updated)" limited
  assert_equals "$(limit_of memory/memory.limit_in_bytes memory.max)" $((128 << 20))
  assert_contains "$(limit_of cpu/cpu.cfs_quota_us cpu.max)" 25000
  assert_equals "$(limit_of pids/pids.max pids.max)" 30
  assert_equals "$(host_of limited Memory) $(host_of limited PidsLimit)" "134217728 30"
  # The restart policy counts for the run that there is.
  strata kill -s KILL limited >/dev/null
  assert_equals "$(strata inspect --format '{{.State.Status}}' limited)" exited
  strata rm limited >/dev/null
  strata run -d --runtime "$runtime" --network host --name flaky busybox sh -c 'sleep 1; exit 3' >/dev/null
  strata update --restart on-failure:1 flaky >/dev/null
  for _ in $(seq 100); do
    [ "$(strata inspect --format '{{.State.Status}} {{.RestartCount}}' flaky)" = "exited 1" ] && break
    sleep 0.1
  done
  assert_equals "$(strata inspect --format '{{.State.Status}} {{.RestartCount}}' flaky)" "exited 1"
  strata rm flaky >/dev/null

  # More memory than that is not to be had.
  assert_status 137 box --name hungry --memory 16m --memory-swap 16m busybox sh -c 'a=$(head -c 60000000 /dev/zero | tr "\0" x); echo ${#a}'

  # Capabilities
  assert_equals "$(box busybox cat /proc/self/status | bits)" 00000000a80425fb
  assert_equals "$(box --cap-drop ALL --cap-add chown busybox cat /proc/self/status | bits)" 0000000000000001
  assert_equals "$(box --cap-add NET_ADMIN --cap-drop CAP_MKNOD busybox cat /proc/self/status | bits)" 00000000a00435fb
  strata run -d --runtime "$runtime" --network host --name capable --cap-add NET_ADMIN --security-opt no-new-privileges busybox sleep 1000 >/dev/null
  assert_equals "$(strata exec capable cat /proc/self/status | bits)" 00000000a80435fb
  assert_contains "$(strata exec capable cat /proc/self/status)" $'NoNewPrivs:\t1'
  assert_equals "$(host_of capable CapAdd)" '["NET_ADMIN"]'
  strata rm -f capable >/dev/null
  full=$(box --privileged busybox cat /proc/self/status | bits)
  assert_equals "$full" "$(bits </proc/self/status)"

  # Security options
  assert_contains "$(box busybox cat /proc/self/status)" $'Seccomp:\t2'
  assert_contains "$(box --security-opt seccomp=unconfined busybox cat /proc/self/status)" $'Seccomp:\t0'
  echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}' >no-mkdir.json
  assert_status 1 box --security-opt seccomp=no-mkdir.json busybox mkdir /new
  assert_contains "$output" "Operation not permitted"
  box busybox mkdir /new
  assert_equals "$(box --security-opt systempaths=unconfined busybox sh -c 'test -w /proc/sys/kernel/hostname && echo open')" open

  # Devices: there and to be used, with what was permitted
  [ -e sink ] || mknod -m 666 sink c 1 3
  box --device "$PWD/sink:/dev/sink" busybox sh -c 'echo x > /dev/sink && test -c /dev/sink'
  assert_status 1 box --device "$PWD/sink:/dev/sink:m" --device /dev/loop-control:/dev/lc:r busybox sh -c 'echo x > /dev/lc'
  assert_status 125 box --device /dev/nosuch busybox true
  assert_contains "$output" "error gathering device information"
  assert_contains "$(box --privileged busybox ls /dev)" "$(ls /dev | grep -m1 -E '^(loop0|vda|sda|kmsg)$')"

  # Processes: init reaps, limits of each, groups
  started=$(box --init busybox sh -c 'cat /proc/1/comm; echo $$' | paste -sd' ')
  [[ $started =~ ^(docker-init|tini|tini-static|catatonit)\ [0-9]+$ ]] || fail "with --init it was: $started"
  strata run -d --runtime "$runtime" --network host --name reaper --init busybox sh -c 'sh -c "sleep 0.1 &"; sleep 1000' >/dev/null
  sleep 0.5
  assert_equals "$(strata exec reaper sh -c 'grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null | wc -l')" 0
  assert_equals "$(host_of reaper Init)" true
  strata stop -t 5 reaper >/dev/null
  assert_equals "$(strata wait reaper)" 143
  strata rm reaper >/dev/null
  assert_equals "$(box --ulimit nofile=77:88 busybox sh -c 'ulimit -n; ulimit -Hn' | paste -sd' ')" "77 88"
  assert_contains "$(box --group-add 4321 busybox id -G)" 4321

  # Memory that is shared, settings of the kernel, namespaces of others
  assert_equals "$(box --shm-size 5m busybox df -k /dev/shm | awk 'NR==2{print $2}')" 5120
  assert_equals "$(strata run --rm --runtime "$runtime" --network none --sysctl net.ipv4.ip_default_ttl=77 busybox cat /proc/sys/net/ipv4/ip_default_ttl)" 77
  assert_equals "$(box --sysctl kernel.shmmax=12345678 busybox cat /proc/sys/kernel/shmmax)" 12345678
  for kind in ipc pid uts; do
    ours=$(readlink /proc/self/ns/$kind)
    assert_equals "$(box --$kind host busybox readlink /proc/self/ns/$kind)" "$ours"
    [ "$(box busybox readlink /proc/self/ns/$kind)" != "$ours" ] || fail "it has our $kind namespace"
  done
  strata run -d --runtime "$runtime" --network host --name donor busybox sleep 1000 >/dev/null
  assert_contains "$(box --pid container:donor busybox ps)" "sleep 1000"
  assert_status 1 box --ipc none busybox test -e /dev/shm
  # Nobody is left of a container that had the host's pid namespace.
  marker=$((RANDOM + 100000))
  strata run --rm --runtime "$runtime" --network host --pid host busybox sh -c "setsid sleep $marker & sleep 0.2"
  ! pgrep -f "sleep $marker" >/dev/null || fail "a process of a container that ended is left"
  strata rm -f donor >/dev/null
  assert_status 1 box --read-only busybox touch /file
  if [ -e /sys/fs/cgroup/memory ]; then
    box --cgroup-parent "/strata-test-$$" busybox sh -c "grep -q ':memory:/' /proc/self/cgroup"
    rmdir /sys/fs/cgroup/*/"strata-test-$$" 2>/dev/null || true
  fi
done

# What makes no sense is said before anything is made.
refused() { local part=$1; shift; assert_status 125 strata run --rm "$@" busybox true; assert_contains "$output" "$part"; }
refused "Minimum memory limit allowed is 6MB" --memory 1m
refused "invalid size: 'lots'" --memory lots
refused "Minimum memoryswap limit should be larger than memory limit" --memory 64m --memory-swap 32m
refused "You should always set the Memory limit" --memory-swap 64m
refused "range of CPUs is from 0.01" --cpus 1000
refused "requested CPUs are not available" --cpuset-cpus 4000
refused 'unknown capability: "CAP_NET_ADMINN" (did you mean CAP_NET_ADMIN?)' --cap-add NET_ADMINN
refused "invalid --security-opt" --security-opt magic
refused "opening seccomp profile (nosuch.json) failed" --security-opt seccomp=nosuch.json
refused "no such limit" --ulimit nofiles=1
refused "sysctl 'kernel.panic' is not allowed" --sysctl kernel.panic=1
refused "invalid IPC mode: mine" --ipc mine
refused "not yet supported: --ipc container:other" --ipc container:other
refused "No such container: nosuch" --pid container:nosuch
strata create --name still busybox true >/dev/null
assert_status 1 strata update --memory 1m still
assert_contains "$output" "Minimum memory limit allowed is 6MB"
assert_equals "$(strata ps -a --format '{{.Names}}')" still
