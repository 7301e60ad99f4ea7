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

# What is told of containers: all that docker tells, in its order and with its attributes.
own() { strata events --since 1h --until 0s --filter type=container --filter "container=$1" --format '{{.Action}}'; }
strata run --name one --network host busybox true
assert_equals "$(own one)" $'create\nattach\nstart\ndie'
strata rm one >/dev/null
types() { python3 "$STRATA_SOURCE_DIR/tests/support/terminal.py" "$@" >/dev/null; }
strata run -d -t -i --name term --network host busybox sh >/dev/null
types '=># ' 'echo ready\r=>ready' '\x10\x11=>read escape sequence' -- "$STRATA" attach term
strata pause term >/dev/null
strata unpause term >/dev/null
strata update --restart on-failure term >/dev/null
strata top term >/dev/null
strata diff term >/dev/null
echo text >file
strata cp file term:/file
strata cp term:/file back
strata export term | tar t >/dev/null
strata commit term made:1 >/dev/null
strata restart -t 0 term >/dev/null
strata rm -f term >/dev/null
assert_equals "$(own term | grep -v resize)" "create
start
attach
detach
pause
unpause
update
top
extract-to-dir
archive-path
export
pause
unpause
commit
kill
kill
die
stop
start
restart
kill
die
stop
destroy"
size=$(strata events --since 1h --until 0s --filter event=resize --filter container=term --format '{{.Actor.Attributes.height}} {{.Actor.Attributes.width}}' | head -1)
[[ $size =~ ^[0-9]+\ [0-9]+$ ]] || fail "resize of '$size'"
strata run -d --name sick --network host --health-cmd 'test -e /well' --health-interval 100ms --health-retries 1 busybox sleep 1000 >/dev/null
told_health() { for _ in $(seq 50); do own sick | grep -qx "health_status: $1" && return; sleep 0.1; done; fail "no $1"; }
told_health unhealthy
strata exec sick touch /well
told_health healthy
strata rm -f sick >/dev/null
# A check that its end cuts off has failed, too.
assert_equals "$(own sick | grep health | head -2)" $'health_status: unhealthy\nhealth_status: healthy'

# Images.
printf 'FROM busybox\nLABEL color=blue\nCOPY file /file\n' >Dockerfile
strata build -q -t built:1 -t built:2 . >/dev/null
strata tag built:1 built:3
strata save -o built.tar built:1
strata rmi built:1 built:2 built:3 >/dev/null
strata load -i built.tar >/dev/null
image() { strata events --since 1h --until 0s --filter type=image --format json | jq -r '[.Action, .Actor.Attributes.name, .Actor.Attributes.color // "-"] | join(" ")'; }
id=$(image_id built:1)
assert_equals "$(image | grep -c '^tag made:1 ')" 1
assert_equals "$(image | sed -n '/^tag built:1/,$p')" "tag built:1 blue
tag built:2 blue
tag built:3 blue
save built:1 blue
untag built:1 blue
untag built:2 blue
untag built:3 -
delete $id -
load $id blue"
strata rmi built:1 made:1 >/dev/null

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
assert_equals "$(strata events --since 1h --until 0s --filter event=prune --format '{{.Type}}' | tr '\n' ' ')" "container container volume network image builder "
[ "$(strata events --since 1h --until 0s --filter event=prune --filter type=container --format '{{.Actor.Attributes.reclaimed}}' | head -1)" -ge 500000 ] || fail "the container was larger"
assert_equals "$(strata ps -a --format '{{.Names}}')" lives
assert_equals "$(strata volume ls -q)" data
assert_status 1 strata system prune -f --volumes --filter until=1h
assert_contains "$output" 'not supported with "--volumes"'
strata rm -f lives >/dev/null
