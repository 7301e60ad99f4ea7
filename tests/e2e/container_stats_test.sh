#!/bin/bash
# What containers use (stats) and what runs in them (top).
if [ "$(id -u)" = 0 ] && [ -z "${OWN_HOST:-}" ]; then exec env OWN_HOST=yes unshare --net --mount bash "$0"; fi
. "$(dirname "$0")/lib.sh"
needs_root
ip link set lo up
import_busybox
at_end 'ids=$(strata ps -aq); [ -z "$ids" ] || strata rm -f $ids >/dev/null'

strata run -d --name busy --memory 64m busybox sh -c 'while true; do :; done' >/dev/null 2>&1
strata run -d --name idle busybox sleep 1000 >/dev/null
strata create --name made busybox true >/dev/null
strata exec busy sh -c 'ping -c 3 -i 0.1 127.0.0.1 >/dev/null; ping -c 2 -W 1 $(ip route | sed -n "s/default via \([0-9.]*\).*/\1/p") >/dev/null'

# stats: a row each, with docker's columns and units
strata stats --no-stream >shown
assert_equals "$(sed -n 1p shown | tr -s ' ')" "CONTAINER ID NAME CPU % MEM USAGE / LIMIT MEM % NET I/O BLOCK I/O PIDS"
assert_equals "$(wc -l <shown)" 3
assert_contains "$(cat shown)" busy
assert_lacks "$(cat shown)" made
json=$(strata stats --no-stream --format json busy)
assert_equals "$(jq -r .Name <<<"$json")" busy
[[ $(jq -r .MemUsage <<<"$json") =~ ^[0-9.]+[KM]iB\ /\ 64MiB$ ]] || fail "memory: $json"
cpu=$(jq -r .CPUPerc <<<"$json" | tr -d %)
awk -v cpu="$cpu" 'BEGIN { exit !(cpu > 5) }' || fail "a busy loop uses $cpu% of a processor"
assert_equals "$(jq -r .PIDs <<<"$json")" 1
assert_lacks "$(jq -r .NetIO <<<"$json")" "0B / 0B"
cpu=$(strata stats --no-stream --format '{{.CPUPerc}}' idle | tr -d %)
awk -v cpu="$cpu" 'BEGIN { exit !(cpu < 5) }' || fail "a sleeping process uses $cpu% of a processor"
assert_equals "$(strata stats --no-stream -a --format '{{.Name}} {{.PIDs}}' | grep made)" "made --"
assert_status 1 strata stats --no-stream nosuch
assert_contains "$output" "No such container: nosuch"
# The stream goes on until it is stopped.
timeout -s INT 3 "$STRATA" stats --format '{{.Name}}' idle >stream || true
[ "$(grep -c idle stream)" -ge 2 ] || fail "the stream ended early"

# top: the host's ps, of this container alone
strata exec -d busy sleep 1234
strata top busy >shown
assert_equals "$(sed -n 1p shown | tr -s ' ')" "UID PID PPID C STIME TTY TIME CMD"
assert_equals "$(wc -l <shown)" 3
assert_contains "$(cat shown)" "sleep 1234"
assert_contains "$(cat shown)" "$(strata inspect --format '{{.State.Pid}}' busy)"
assert_equals "$(strata top busy -o pid,comm | sed -n 1p | tr -s ' ')" "PID COMMAND"
assert_status 1 strata top busy -o comm
assert_contains "$output" "Couldn't find PID field in ps output"
assert_status 1 strata top busy --nonsense
assert_contains "$output" "error running ps"
assert_status 1 strata top made
assert_contains "$output" "is not running"
