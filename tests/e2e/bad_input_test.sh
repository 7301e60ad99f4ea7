#!/bin/bash
# Wrong input is named, with its place and the way out; the status is not 0.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir -p ctx/src
echo '*.log' >ctx/.dockerignore
touch ctx/a.log ctx/src/package.json
build() { printf '%b' "$1" >ctx/Dockerfile; assert_status 1 strata build --progress plain -t app "${@:2}" ctx; }

build 'FROM busybox\nRNU echo\n'
assert_contains "$output" 'Dockerfile:2'
assert_contains "$output" 'unknown instruction: RNU (did you mean RUN?)'
build 'FROM busybox\nCOPY --form=x a b\n'
assert_contains "$output" 'unknown flag: --form (did you mean from?)'
covers ERR-7
build 'FROM busybox\nCOPY nothere /x\n'
assert_contains "$output" '"/nothere": not found'
build 'FROM busybox\nCOPY a.log /x\n'
assert_contains "$output" '.dockerignore'
build 'FROM busybox\nCOPY src/pakage.json /x\n'
assert_contains "$output" 'package.json'
build 'FROM busybox AS build\n' --target biuld
assert_contains "$output" 'target stage "biuld" could not be found (did you mean build?)'
printf 'FROM nosuchimage\n' >ctx/Dockerfile  # 75 where its registry cannot be asked
output=$(strata build --progress plain -t app ctx 2>&1) && fail "an image that is none was built from"
assert_contains "$output" 'nosuchimage'
build 'FROM busybox\nRUN --mount=type=nosuch,target=/c true\n'
assert_contains "$output" 'nosuch'
assert_contains "$output" 'Dockerfile:2'
build 'FROM busybox\nUSER nobodyatall\nRUN true\n'
assert_contains "$output" 'nobodyatall'
build 'FROM busybox\nRUN ["/no/such/program"]\n'
assert_contains "$output" '/no/such/program'
build ''
assert_contains "$output" 'empty'
assert_status 1 strata build nosuchdirectory
assert_contains "$output" 'nosuchdirectory'
assert_status 125 strata build --cache-to type=gha -t app ctx
assert_contains "$output" 'not supported'
assert_status 1 strata inspect nosuchimage
assert_contains "$output" 'No such object'
assert_status 1 strata load -i ctx/Dockerfile

# A full disk: said, with the way out, and the store is usable afterwards.
mkdir small
mount -t tmpfs -o size=12m tmpfs small
at_end "umount '$work/small'"
export STRATA_ROOT=$work/small/store
import_busybox
printf 'FROM busybox\nRUN dd if=/dev/zero of=/big bs=1M count=50\nCOPY big /big\n' >ctx/Dockerfile
assert_status 1 strata build --progress plain ctx
assert_contains "$output" 'No space left on device'
head -c 20000000 /dev/zero >ctx/big
printf 'FROM busybox\nCOPY big /big\n' >ctx/Dockerfile
assert_status 1 strata build --progress plain ctx
assert_contains "$output" 'No space left on device'
assert_contains "$output" 'strata system prune'
printf 'FROM busybox\nRUN true\n' >ctx/Dockerfile
strata build -q ctx >/dev/null
