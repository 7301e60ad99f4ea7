#!/bin/bash
# The comparison of two commits' benchmarks: noise is no news, and what is slower fails.
. "$(dirname "$0")/lib.sh"
figures() { # FILE NAME TIME...: a file of one benchmark's repetitions in microseconds
  local file=$1 name=$2
  shift 2
  jq -n --arg name "$name" '{benchmarks: [$ARGS.positional[] | {run_name: $name, run_type: "iteration", real_time: tonumber, time_unit: "us"}]}' \
    --args "$@" >"$file"
}
compare() { python3 "$STRATA_SOURCE_DIR/bench/compare.py" "$@"; }

figures old.json parse 100 101 99 100 100
figures same.json parse 101 102 100 101 102
assert_status 0 compare old.json same.json
assert_contains "$output" "nothing is slower"
figures slow.json parse 120 121 119 120 120
assert_status 1 compare old.json slow.json
assert_contains "$output" "+20.0%"
assert_contains "$output" SLOWER
assert_status 0 compare slow.json old.json
assert_contains "$output" faster
# As much slower, but nobody knows: the repetitions differ by more.
figures noisy.json parse 95 140 120 100 160
assert_status 0 compare old.json noisy.json
# What is in one of both is said and no failure; what is no file of figures is.
figures other.json plan 1 1 1
assert_status 0 compare old.json other.json
assert_contains "$output" "parse  only in old.json"
echo '{}' >nothing.json
assert_status 1 compare old.json nothing.json
assert_contains "$output" "nothing.json holds no benchmarks"
