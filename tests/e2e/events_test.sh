#!/bin/bash
# What happens is told: as it happens, and of the past; filters and formats; and prune and df of all kinds of things.
if [ "$(id -u)" = 0 ] && [ -z "${OWN_HOST:-}" ]; then exec env OWN_HOST=yes unshare --net --mount bash "$0"; fi
. "$(dirname "$0")/lib.sh"
needs_root
ip link set lo up
import_busybox
at_end 'ids=$(strata ps -aq); [ -z "$ids" ] || strata rm -f -v $ids >/dev/null'
told() { strata events --since 1h --until 0s --format '{{.Type}} {{.Action}}' "$@"; }

# As it happens.
"$STRATA" events --filter type=container --format '{{.Action}} {{.Actor.Attributes.name}}' >live &
listener=$!
at_end "kill $listener 2>/dev/null"
sleep 0.5
strata run -d --name web --network host --label team=blue -v data:/data busybox sleep 1000 >/dev/null
strata exec web true
strata rename web www
strata stop -t 0 www >/dev/null
strata start www >/dev/null
strata kill www >/dev/null
strata rm www >/dev/null
for _ in $(seq 50); do grep -q destroy live && break; sleep 0.1; done
kill "$listener" && wait "$listener" || true
assert_equals "$(cat live)" "create web
start web
exec_create: true web
exec_start: true web
exec_die web
rename www
kill www
kill www
die www
stop www
start www
kill www
die www
destroy www"

# Of the past, in order, filtered.
assert_equals "$(told --filter type=volume)" $'volume create\nvolume mount\nvolume unmount\nvolume mount\nvolume unmount'
assert_equals "$(told --filter container=www --filter event=start)" "container start"
assert_equals "$(told --filter event=die --filter label=team=blue | wc -l)" 2
assert_contains "$(told --filter type=image)" "image import"
assert_equals "$(strata events --since 1h --until 30m)" ""
strata run --rm --network host busybox sh -c 'exit 7' || true
assert_equals "$(strata events --since 1h --until 0s --filter event=die --format '{{.Actor.Attributes.exitCode}}' | tail -1)" 7
line=$(strata events --since 1h --until 0s --filter event=create --filter container=web)
[[ $line =~ ^20[0-9-]+T[0-9:.]+Z\ container\ create\ [0-9a-f]{64}\ \(image=busybox,\ name=web,\ team=blue\)$ ]] || fail "no such line: $line"
strata events --since 1h --until 0s --format json | jq -e . >/dev/null || fail "no JSON"
assert_equals "$(strata events --since 1h --until 0s --format json --filter event=create --filter container=web | jq -r '.from, .Actor.Attributes.team, .scope')" $'busybox\nblue\nlocal'
assert_status 1 strata events --filter nonsense=1
assert_contains "$output" "invalid filter"
assert_status 1 strata events --since yesterday

# Networks.
strata network create backend >/dev/null
assert_equals "$(strata inspect --type network -f '{{.Name}}' backend)$(strata inspect -f '{{.Driver}}' backend)" backendbridge
assert_status 1 strata inspect --type network nosuch
assert_contains "$output" "network nosuch not found"
strata run -d --name netty --network backend busybox sleep 1000 >/dev/null
strata rm -f netty >/dev/null
assert_equals "$(told --filter type=network --filter network=backend)" $'network create\nnetwork connect\nnetwork disconnect'

# df and prune count and remove every kind of thing.
strata run --name old --label keep=no --network host busybox sh -c 'dd if=/dev/zero of=/big bs=1k count=500 2>/dev/null'
strata run -d --name lives --network host busybox sleep 1000 >/dev/null
strata create --name kept --label keep=yes busybox true >/dev/null
df() { strata system df --format '{{.Type}}|{{.TotalCount}}|{{.Active}}' | grep "^$1"; }
assert_equals "$(df Containers)" "Containers|3|1"
assert_equals "$(df Images)" "Images|1|1"
assert_contains "$(strata system df --format '{{.Type}} {{.Reclaimable}}' | grep Images)" "0B"
assert_equals "$(strata container prune -f --filter label=keep=no | sed -n 1p)" "Deleted Containers:"
assert_equals "$(strata ps -a --format '{{.Names}}' | sort | tr '\n' ' ')" "kept lives "
plan=$(strata system prune --dry-run)
assert_contains "$plan" "does not run"
assert_contains "$plan" "backend"
strata volume create >/dev/null
output=$(strata system prune -f --volumes)
assert_contains "$output" "Deleted Containers:"
assert_contains "$output" $'Deleted Networks:\nbackend'
assert_contains "$output" "Deleted Volumes:"
assert_contains "$output" "Total reclaimed space:"
assert_equals "$(strata ps -a --format '{{.Names}}')" lives
assert_equals "$(strata volume ls -q)" data
assert_status 1 strata system prune -f --volumes --filter until=1h
assert_contains "$output" 'not supported with "--volumes"'
strata rm -f lives >/dev/null
