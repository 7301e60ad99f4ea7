#!/bin/bash
# A host whose control groups are of version 2 alone: what needs no controller, since another version may have them here.
if [ "$(id -u)" = 0 ] && [ -z "${OWN_HOST:-}" ]; then exec env OWN_HOST=yes unshare --mount bash "$0"; fi
. "$(dirname "$0")/lib.sh"
needs_root
mount -t cgroup2 none /sys/fs/cgroup || skip "this kernel mounts no cgroup2"
import_busybox
at_end 'ids=$(strata ps -aq); [ -z "$ids" ] || strata rm -f $ids >/dev/null'
controllers=$(cat /sys/fs/cgroup/cgroup.controllers)
fact() { strata doctor --format json | jq -r '.Facts[] | select(.Name == "control groups") | .Value'; }
assert_contains "$(fact)" "version 2: "
for controller in $controllers; do assert_contains "$(fact)" "$controller"; done
[[ " $controllers " == *" memory "* ]] || assert_lacks "$(fact)" memory

# crun loads a filter for devices, for which it wants memory locked without end.
runtimes=runc
! (ulimit -l unlimited) 2>/dev/null || runtimes="crun runc"
for runtime in $runtimes; do
  command -v "$runtime" >/dev/null || skip "$runtime is not installed"
  id=$(strata run -d --runtime "$runtime" --name web --network none busybox sh -c 'i=0; while true; do i=$((i + 1)); echo $i >/count; done')
  group=/sys/fs/cgroup/strata-$id
  [ -d "$group" ] || fail "$runtime: no group of its own"
  assert_contains "$(strata top web)" "sh -c"
  strata pause web >/dev/null
  assert_equals "$(cat "$group/cgroup.freeze")" 1
  before=$(tail -n 1 /proc/"$(strata inspect -f '{{.State.Pid}}' web)"/root/count)
  sleep 0.2
  assert_equals "$(tail -n 1 /proc/"$(strata inspect -f '{{.State.Pid}}' web)"/root/count)" "$before"
  strata unpause web >/dev/null
  assert_equals "$(cat "$group/cgroup.freeze")" 0
  strata commit web made >/dev/null
  assert_equals "$(strata inspect -f '{{.State.Status}}' web)" running
  assert_contains "$(strata stats --no-stream web)" web
  strata stop -t 0 web >/dev/null
  strata rm web >/dev/null
  [ ! -e "$group" ] || fail "$runtime: the group is left"
  # A limit whose controller version 2 does not have here is said and dropped.
  if [[ " $controllers " != *" memory "* ]]; then
    assert_status 0 strata run --rm --runtime "$runtime" --network none --memory 64m busybox true
    assert_contains "$output" "Limitation discarded"
  fi
done
