#!/bin/bash
# 9. Names and tags.
. "$(dirname "$0")/lib.sh"
import_busybox
printf 'FROM busybox\nLABEL a=b\n' >Dockerfile
strata build -t goals . 2>/dev/null
strata build -t goals:1.0 . 2>/dev/null
for name in localhost:5000/goals:2 learner/goals renamed:latest; do strata tag goals:1.0 "$name"; done
assert_equals "$(strata images --format '{{.Repository}}:{{.Tag}}' --filter label=a=b | sort | paste -sd' ')" \
  "goals:1.0 goals:latest learner/goals:latest localhost:5000/goals:2 renamed:latest"
assert_equals "$(strata images -q --filter label=a=b | sort -u | wc -l)" 1
assert_equals "$(strata run --rm learner/goals echo runs)" runs
assert_contains "$(strata rmi renamed)" "Untagged: renamed:latest"
assert_lacks "$(strata images)" renamed
assert_status 1 strata tag goals Wrong/Name
assert_contains "$output" "must be lowercase"
