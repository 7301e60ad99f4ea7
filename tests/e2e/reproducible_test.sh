#!/bin/bash
# The same context in two stores, at two times, on one processor and on all: the same layers; with SOURCE_DATE_EPOCH and no
# RUN the same image.
. "$(dirname "$0")/lib.sh"
needs_root
mkdir -p ctx/tree/sub
for i in $(seq 300); do echo "$i" >"ctx/tree/f$i"; done
head -c 3000000 /dev/urandom >ctx/tree/sub/big
ln -s ../f1 ctx/tree/sub/link
tar -C ctx/tree -czf ctx/archive.tgz sub
printf 'FROM busybox\nWORKDIR /made/here\nCOPY tree /tree\nCOPY --chown=7:8 --chmod=640 tree/f1 /one\nADD archive.tgz /added/\nENV A=1\n' >ctx/Dockerfile

build() {  # build STORE COMMAND...
  export STRATA_ROOT=$work/$1
  shift
  import_busybox
  "$@" "$STRATA" build -q -t app ctx >/dev/null
  layers app
}
first=$(build one taskset -c 0)
sleep 1.1
second=$(build two env)
assert_equals "$second" "$first"
assert_equals "$(echo "$first" | wc -l)" 5

export SOURCE_DATE_EPOCH=1700000000
build three env >/dev/null
id=$(image_id app)
sleep 1.1
build four taskset -c 0 >/dev/null
assert_equals "$(image_id app)" "$id"
