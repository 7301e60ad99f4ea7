#!/bin/bash
# system df -v: what each thing takes, in docker's tables and as one object.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
at_end 'ids=$(strata ps -aq); [ -z "$ids" ] || strata rm -f $ids >/dev/null'
printf 'FROM busybox\nRUN dd if=/dev/zero of=/a bs=1k count=3000 2>/dev/null\n' >Dockerfile
strata build -q -t one . >/dev/null
strata build -q -t again . >/dev/null
strata run --name wrote -v kept:/data --network none one sh -c 'dd if=/dev/zero of=/w bs=1k count=500 2>/dev/null; dd if=/dev/zero of=/data/v bs=1k count=200 2>/dev/null'
strata volume create free >/dev/null

strata system df -v --format json >details
show() { jq -r "$1" details; }
base=$(strata images --format '{{.Size}}' busybox)
assert_equals "$(show '.Images[] | select(.Repository == "one") | "\(.Tag) \(.SharedSize) \(.Containers)"')" "latest $base 1"
assert_equals "$(show '.Images[] | select(.Repository == "busybox") | "\(.Size) \(.SharedSize) \(.UniqueSize) \(.Containers)"')" "$base $base 0B 0"
[[ $(show '.Images[] | select(.Repository == "one") | .UniqueSize') == 3.0*MB ]] || fail "unique: $(show '.Images[]')"
assert_equals "$(show '[.Images[].Repository] | sort | join(" ")')" "again busybox one"
assert_equals "$(show '.Containers[] | "\(.Names) \(.Image) \(.LocalVolumes)"')" "wrote one 1"
[[ $(show '.Containers[].Size') == 5??*kB ]] || fail "container: $(show '.Containers[]')"
assert_equals "$(show '.Volumes[] | "\(.Name) \(.Links)"')" $'free 0\nkept 1'
[[ $(show '.Volumes[] | select(.Name == "kept") | .Size') == 2??*kB ]] || fail "volume: $(show '.Volumes[]')"
assert_equals "$(show '.BuildCache | length')" 1
assert_equals "$(show '.BuildCache[0] | "\(.CacheType) \(.Shared)"')" "layer true"
assert_equals "$(strata system df -v --format '{{range .Volumes}}{{.Name}} {{end}}')" "free kept "

strata system df -v >tables
assert_equals "$(grep -c 'space usage:$' tables)" 3
for header in "REPOSITORY +TAG +IMAGE ID +CREATED +SIZE +SHARED SIZE +UNIQUE SIZE +CONTAINERS" \
  "CONTAINER ID +IMAGE +COMMAND +LOCAL VOLUMES +SIZE +CREATED +STATUS +NAMES" "VOLUME NAME +LINKS +SIZE" \
  "CACHE ID +CACHE TYPE +SIZE +CREATED +LAST USED +USAGE +SHARED" "Build cache usage: 0B"; do
  grep -qE "^$header\$" tables || fail "no '$header' in: $(cat tables)"
done
strata rm wrote >/dev/null
strata rmi one again >/dev/null
assert_equals "$(strata system df -v | grep -c '^Build cache usage: 0B$' || true)" 0
