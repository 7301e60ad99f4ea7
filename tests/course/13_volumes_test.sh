#!/bin/bash
# 13. Volumes and mounts.
. "$(dirname "$0")/lib.sh"
import_busybox
mkdir app
echo original >app/page
printf 'FROM busybox\nWORKDIR /app\nCOPY page .\nCMD ["sleep", "1000"]\n' >app/Dockerfile
strata build -t app app 2>/dev/null

# named: outlives its container, the next one sees it
assert_equals "$(strata volume create feedback)" feedback
assert_contains "$(strata volume ls)" feedback
assert_equals "$(strata volume inspect --format '{{.Name}} {{.Driver}}' feedback)" "feedback local"
strata run -d --rm --name one -v feedback:/data app >/dev/null
strata exec one sh -c 'echo kept >/data/note'
assert_status 1 strata volume rm feedback
assert_contains "$output" "volume is in use"
strata stop -t 0 one >/dev/null
becomes "" strata ps -aq
assert_equals "$(strata run --rm -v feedback:/data app cat /data/note)" kept

# anonymous: gone with --rm
before=$(strata volume ls -q | wc -l)
strata run --rm -v /tmp/anonymous app sh -c 'echo x >/tmp/anonymous/x'
assert_equals "$(strata volume ls -q | wc -l)" "$before"

# bind: hides what the image has, shows edits at once; read-only; relative by $(pwd)
strata run -d --name bound -v "$(pwd)/app:/app" app >/dev/null
assert_equals "$(strata exec bound cat /app/page)" original
echo edited >app/page
assert_equals "$(strata exec bound cat /app/page)" edited
strata exec bound sh -c 'echo inside >/app/made'
assert_equals "$(cat app/made)" inside
assert_status 1 strata run --rm -v "$(pwd)/app:/app:ro" app touch /app/refused
assert_contains "$output" "Read-only file system"
strata run -d --name nested -v "$(pwd)/app:/app:ro" -v /app/temp -v feedback:/app/feedback app >/dev/null 2>nested.log || cat nested.log
strata exec nested sh -c 'echo y >/app/temp/y && cat /app/feedback/note' >nested.out
assert_equals "$(cat nested.out)" kept
strata run --rm --tmpfs /scratch app sh -c 'echo z >/scratch/z && grep " /scratch tmpfs" /proc/mounts' >/dev/null

# backup and restore
mkdir target
strata run --rm -v feedback:/source -v "$PWD/target:/target" busybox tar czvf /target/backup.tar.gz -C /source . >/dev/null 2>&1
strata volume create restored >/dev/null
strata run --rm -v restored:/target -v "$PWD/target:/source" busybox tar xzvf /source/backup.tar.gz -C /target >/dev/null 2>&1
assert_equals "$(strata run --rm -v restored:/data busybox cat /data/note)" kept

strata rm -f bound nested >/dev/null
assert_contains "$(strata volume rm restored)" restored
strata volume prune -af >/dev/null
assert_equals "$(strata volume ls -q)" ""
