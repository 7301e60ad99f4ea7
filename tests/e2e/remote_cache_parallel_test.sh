#!/bin/bash
# Eight builds at once add to one cache: nobody's records are lost. Then so many more that packs become one.
. "$(dirname "$0")/remote_cache_lib.sh"
start_registry
ref=$here/team/app:cache

# project NUMBER: a context whose steps no other one has
project() {
  mkdir -p "ctx$1"
  echo "file $1" >"ctx$1/file"
  printf 'FROM busybox\nRUN echo shared > /shared\nCOPY file /file\nRUN echo "from %s" > /made\n' "$1" >"ctx$1/Dockerfile"
}
# add_all TARGET NUMBER...: all at once, each on a machine of its own
add_all() {
  local target=$1 i pids=()
  shift
  for i in "$@"; do
    project "$i"
    on "$i"
    strata build --progress plain --cache-to "$target" "ctx$i" >"log$i" 2>&1 &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i" || fail "$(cat log*)"; done
  ! grep -h 'WARN' log* || fail 'an export was given up'
}
# all_hit SOURCE NUMBER...: a machine that knows nothing has all of it from the cache
all_hit() {
  local source=$1 i
  shift
  rm -rf "$work/machine-fresh"
  on fresh
  for i in "$@"; do
    build --cache-from "$source" "ctx$i"
    assert_equals "$i $(outcomes | sort -u)" "$i hit"
  done
}

add_all "type=registry,ref=$ref,mode=max" 1 2 3 4 5 6 7 8
all_hit "$ref" 1 2 3 4 5 6 7 8

# A directory for all.
add_all "type=local,dest=$work/shared,mode=max" 1 2 3 4 5 6 7 8
all_hit "type=local,src=$work/shared" 1 2 3 4 5 6 7 8

# More than sixteen packs become one, and nothing is lost by it.
for i in $(seq 11 20); do
  project "$i"
  on many
  build --cache-to "type=registry,ref=$ref,mode=max,timeout=60" "ctx$i"
done
[ "$(packs team/app cache | grep -c records)" -lt 10 ] || fail "$(root team/app cache)"
all_hit "$ref" 1 8 11 20
