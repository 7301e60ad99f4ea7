#!/bin/bash
# What a stage hands on, and what the finished image does with it.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
echo text >ctx/file

covers STAGE-16
# A base without layers: an empty file system, and its configuration.
printf 'FROM scratch\nENV KEPT=1\nCMD ["x"]\n' | strata build -q -t hollow - >/dev/null
printf 'FROM hollow\nCOPY file /file\n' >ctx/Dockerfile
strata build -q -t filled ctx >/dev/null
assert_equals "$(layers filled | wc -l)" 1
assert_equals "$(strata inspect filled | jq -r '.[0].Config.Env | index("KEPT=1") != null')" true
assert_equals "$(strata inspect filled | jq -c '.[0].Config.Cmd')" '["x"]'

covers CFG-3 STAGE-22
printf 'FROM busybox\nRUN echo a >/a\n' >ctx/Dockerfile
strata build -q -t one ctx >/dev/null
printf 'FROM one\nRUN echo b >/b\n' >ctx/Dockerfile
strata build -q -t two ctx >/dev/null
assert_equals "$(layers two | head -n 2)" "$(layers one)"
assert_equals "$(strata history --no-trunc two | grep -c 'RUN /bin/sh')" 2
printf 'FROM one\n' >ctx/Dockerfile
strata build -q -t bare ctx >/dev/null
assert_equals "$(layers bare)" "$(layers one)"
assert_equals "$(strata inspect bare | jq -S '.[0].Config')" "$(strata inspect one | jq -S '.[0].Config')"

covers WORKDIR-6
printf 'FROM scratch\nWORKDIR /made/deep\n' >ctx/Dockerfile
SOURCE_DATE_EPOCH=1000000000 strata build -q -t dated ctx >/dev/null
layer=$(strata save dated | tar -xOf - manifest.json | jq -r '.[0].Layers[0]')
strata save dated | tar -xOf - "$layer" | TZ=UTC tar -tv --full-time >listing
assert_equals "$(awk '{ print $4 }' listing | sort -u)" 2001-09-09
first=$(layers dated)
SOURCE_DATE_EPOCH=1000000000 strata build -q --no-cache -t dated ctx >/dev/null
assert_equals "$(layers dated)" "$first"

covers ENTRYPOINT-3
run() { strata run --rm --network host "$@"; }
printf 'FROM busybox\nENTRYPOINT ["echo", "e"]\nCMD ["c", "d"]\n' | strata build -q -t exec - >/dev/null
assert_equals "$(run exec)" "e c d"
assert_equals "$(run exec own)" "e own"
printf 'FROM busybox\nENTRYPOINT echo e\nCMD ["c", "d"]\n' | strata build -q -t shell - >/dev/null
assert_equals "$(run shell)" e
printf 'FROM busybox\n' | strata build -q -t nothing - >/dev/null
assert_status 125 strata run --rm --network host nothing
assert_contains "$output" "no command specified"
assert_equals "$(run nothing echo given)" given
