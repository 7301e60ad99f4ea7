#!/bin/bash
# build --plan --simulate: what a build would take elsewhere, by the times that the journal has of its steps.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
for stage in a b c d; do
  printf 'FROM busybox AS %s\nRUN sleep 0.5 && echo %s > /%s\n' $stage $stage $stage
done >ctx/Dockerfile
printf 'FROM busybox\nCOPY --from=a /a /\nCOPY --from=b /b /\nCOPY --from=c /c /\nCOPY --from=d /d /\nRUN sleep 0.3\n' >>ctx/Dockerfile
simulated() { strata build --plan=json --simulate "$1" ctx | jq .simulation; }

# Nothing was built yet: every step but the bases is without a time.
before=$(simulated 1)
assert_equals "$(jq '.unrecorded | length' <<<"$before")" 9
assert_equals "$(jq '.machines[0].computingNanoseconds' <<<"$before")" 0
assert_contains "$(strata build --plan --simulate 1 ctx)" "no recorded time, counted as 0: 9"

# Four sleeps beside each other, one after them: RUNs that wait share one core, RUNs that compute need four.
# Times only have a lower bound that holds on every machine: those of a busy one are compared with each other.
strata build -q ctx >/dev/null
strata build -q ctx >/dev/null  # all of it from the cache, which knows what each step took
after=$(simulated 1,2,4,unlimited)
jq -e '.unrecorded == []' <<<"$after" >/dev/null || fail "steps without a time: $after"
jq -e '[.machines[].cores] == [1, 2, 4, null]' <<<"$after" >/dev/null || fail "other machines: $after"
jq -e '.machines[0].computingNanoseconds == .workNanoseconds and .workNanoseconds > 2.3e9' <<<"$after" >/dev/null || fail "one core does not do all: $after"
jq -e '.machines[0].computingNanoseconds - .machines[2].computingNanoseconds > 1.4e9' <<<"$after" >/dev/null || fail "four cores save nothing: $after"
jq -e '.machines[0].waitingNanoseconds < .machines[0].computingNanoseconds - 1.4e9' <<<"$after" >/dev/null || fail "sleeps hold the core: $after"
jq -e '[.machines[].computingNanoseconds] | . == (sort | reverse)' <<<"$after" >/dev/null || fail "more cores take longer: $after"
jq -e '.machines[3].computingNanoseconds == .criticalNanoseconds and ([.critical[].nanoseconds] | add) == .criticalNanoseconds' <<<"$after" >/dev/null ||
  fail "the critical path is not what bounds: $after"
jq -e '.critical[-1].name | contains("sleep 0.3")' <<<"$after" >/dev/null || fail "another end: $after"
jq -e '[.critical[].share] | add | . > 0.999 and . < 1.001' <<<"$after" >/dev/null || fail "shares: $after"
text=$(strata build --plan --simulate 4,unlimited ctx)
assert_contains "$text" "WAITS FOR"
assert_contains "$text" "CRITICAL PATH"
assert_contains "$text" "unlimited"

# A line that changed is the same step with its earlier time; a new one has none.
sed -i 's/sleep 0.3/sleep 0.31/' ctx/Dockerfile
echo 'RUN echo new' >>ctx/Dockerfile
assert_equals "$(simulated 1 | jq '.unrecorded | length')" 1
assert_contains "$(strata build --plan --simulate 1 ctx)" "RUN echo new"

# What cannot be simulated is said, with what can.
for bad in 0 -1 4,0 four 1,,2 9999999999; do
  assert_status 125 strata build --plan --simulate "$bad" ctx
  assert_contains "$output" "is no number of cores; give one or several from 1 to"
done
assert_status 125 strata build --simulate 4 ctx
assert_contains "$output" "say build --plan --simulate CORES"
assert_status 125 strata build --plan=dot --simulate 4 ctx
assert_contains "$output" "use --plan=text or --plan=json"
assert_status 125 strata build --plan=svg ctx
assert_contains "$output" "use text, json or dot"
