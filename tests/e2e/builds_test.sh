#!/bin/bash
# The history of builds: list, show, compare, count, draw, forget, and send to somebody else.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox base
mkdir -p ctx/src
echo one >ctx/src/a
cat >ctx/Dockerfile <<'END'
FROM base AS tools
RUN sleep 0.4; echo tool >/tool
FROM base AS app
COPY src /src
RUN sleep 0.2; cat /src/* >/all
FROM base
COPY --from=tools /tool /
COPY --from=app /all /
END
build() { strata build -q -t app "$@" ctx >/dev/null; }
build
first=$(strata builds ls -q -n 1)
echo two >>ctx/src/a
build
second=$(strata builds ls -q -n 1)

# show: where the time went; the two stages ran beside each other
output=$(strata builds show "$first")
assert_contains "$output" 'Parallelism: '
assert_contains "$output" 'Critical:    '
[[ $output =~ Slowest:[\ ]+0\.[0-9]s\ step\ 2 ]] || fail "step 2 is the slowest: $output"
[[ $output =~ "2 > 7" ]] || fail "the tool's stage is the critical path: $output"
assert_contains "$(strata builds show "$second")" 'src/a modified'
assert_contains "$(strata builds show app)" "Build:       $second"

# diff
output=$(strata builds diff "$first" "$second")
assert_contains "$output" "- $first"
assert_contains "$output" 'src/a modified (4B -> 8B)'
assert_contains "$output" 'same inputs'
assert_equals "$(strata builds diff --json "$first" "$second" | jq -c '[.steps[] | select(.differences | length > 0) | .after.step]')" '[3,4,7]'
sed -i 's/^COPY src .*/COPY src \/src\nRUN true/' ctx/Dockerfile
build
output=$(strata builds diff "$second" last)
assert_contains "$output" 'RUN true'
assert_contains "$output" 'came'
assert_contains "$(strata builds diff last "$second")" 'went'

# trace: what Perfetto needs of every event; critical steps flagged
strata builds trace -o trace.json "$first"
assert_equals "$(strata builds trace "$first")" "$(cat trace.json)"
assert_equals "$(jq '[.traceEvents[] | select(.ph == "X")] | length' trace.json)" 8
assert_equals "$(jq -c '[.traceEvents[] | select(.ph == "X") | (.ts | type), (.dur | type), (.pid | type), (.tid | type), (.name | type)] | unique' trace.json)" '["number","string"]'
assert_equals "$(jq -c '[.traceEvents[] | select(.ph == "X" and .args.critical) | .args.step] | contains([2, 7])' trace.json)" true
assert_equals "$(jq -r '.traceEvents[] | select(.ph == "X" and .args.step == 2) | .args | "\(.outcome) \(.reason)"' trace.json)" 'executed never built before in this store'
# two that ran at once lie in different lanes
assert_equals "$(jq '[.traceEvents[] | select(.ph == "X" and (.args.step == 2 or .args.step == 5)) | .tid] | unique | length' trace.json)" 2

# stats: the file that causes most misses comes first
for i in 1 2 3; do
  echo "$i" >>ctx/src/a
  build
done
output=$(strata builds stats -n 3)
assert_contains "$output" 'Last 3 builds of'
assert_contains "$output" 'files src/a'
stats=$(strata builds stats --json -n 3)
assert_equals "$(jq -r '.inputs[0] | "\(.kind) \(.name) \(.builds)"' <<<"$stats")" 'files src/a 3'
assert_equals "$(jq -c '[.steps[] | select(.name | contains("sleep 0.4")) | .hits, .misses]' <<<"$stats")" '[3,0]'
assert_equals "$(jq -c '[.steps[] | select(.name | contains("COPY src")) | .hitRate]' <<<"$stats")" '[0]'
assert_status 125 strata builds stats -n 0
assert_status 125 strata builds ls -n -1
assert_contains "$output" '-1 is no whole number'
assert_status 125 strata builds show --format yaml
assert_status 125 strata builds reads --format yaml

# export to somebody else, who is told the same
last=$(strata builds ls -q -n 1)
strata builds export -o sent.builds
mine=$(strata why "$last" | tail -n +2)
assert_status 1 strata builds import /dev/null
assert_contains "$output" 'file of builds'
STRATA_ROOT=$work/colleague
assert_equals "$(strata builds import sent.builds | tail -1)" "$last"
assert_equals "$(strata builds ls -q)" ''
assert_contains "$(strata builds ls --imported)" 'file sent.builds'
assert_lacks "$(strata why "$last")" "the cache"
theirs=$(strata why "$last")
assert_contains "$theirs" 'src/a modified'
assert_contains "$(strata why --diff "$last" 4)" 'src/a: no difference can be shown'
assert_contains "$(strata builds show "$last")" 'sent.builds'
assert_equals "$(strata builds trace "$last" | jq -c '[.traceEvents[] | select(.ph == "X") | .args.step] | length')" 9
assert_equals "$(strata builds import - <sent.builds 2>&1)" 'every build in it is here already'
head -c 300 sent.builds >cut
assert_status 1 strata builds import cut
assert_contains "$output" cut
# an import explains nothing of what is built here
import_busybox base
build
assert_contains "$(strata why)" 'never built before'
STRATA_ROOT=$work/store

# rm
strata builds rm "$first" >/dev/null
assert_status 1 strata why "$first"
assert_status 1 strata builds rm "$first" "$second"
assert_contains "$output" "$second"
assert_status 1 strata builds rm
strata builds rm --all
assert_equals "$(strata builds ls -q)" ''
build
assert_equals "$(outcomes | sort -u)" hit

# what is secret by its shape or its name is never printed, wherever it stands; all else is
cat >ctx/secret.Dockerfile <<'END'
FROM base
ARG API_PASSWORD VERSION
ENV GREETING=hello
RUN echo $VERSION $GREETING; true $API_PASSWORD
RUN echo 'AWS_SECRET_ACCESS_KEY=uOeYgVbnVqsHOvIjXeuzIIFVzcIyXWQ1ugtBfiDx'
END
secretly() {
  strata build -q -t secretly -f ctx/secret.Dockerfile --build-arg VERSION="$1" --build-arg API_PASSWORD="$2" ctx >/dev/null
}
secretly 1 old-Waterfall-17
first=$(strata builds ls -q -n 1)
secretly 2 new-Waterfall-18
for shown in "why" "why --all" "why --json" "why 2" "builds show" "builds show --format json" "builds diff $first last" \
  "builds diff --json $first last" "builds trace" "builds stats" "builds stats --json" "builds reads" \
  "history --no-trunc secretly" "history secretly"; do
  output=$(strata $shown)
  for secret in old-Waterfall-17 new-Waterfall-18 uOeYgVbnVqsHOvIjXeuzIIFVzcIyXWQ1ugtBfiDx; do
    [[ $output != *"$secret"* ]] || fail "strata $shown prints $secret: $output"
  done
done
assert_contains "$(strata why 2)" 'API_PASSWORD: *** -> ***'
assert_contains "$(strata why 2)" 'VERSION: 1 -> 2'
assert_contains "$(strata builds show --format json)" '"hello"'
assert_contains "$(strata history --no-trunc secretly)" 'GREETING=hello'

# neither is it sent to anybody, who is told of the change all the same
last=$(strata builds ls -q -n 1)
strata builds export -o secret.builds
zstd -dc secret.builds >plain
! grep -aE 'Waterfall|uOeYgVbn' plain || fail 'the file of builds has a secret'
STRATA_ROOT=$work/other
strata builds import secret.builds >/dev/null
assert_contains "$(strata why "$last" 2)" 'API_PASSWORD: *** -> ***'
assert_contains "$(strata why "$last" 2)" 'VERSION: 1 -> 2'
# ... and of nothing where nothing changed
STRATA_ROOT=$work/store
secretly 3 new-Waterfall-18
last=$(strata builds ls -q -n 1)
strata builds export -o secret.builds
STRATA_ROOT=$work/other
strata builds import secret.builds >/dev/null
assert_contains "$(strata why "$last" 2)" 'VERSION: 2 -> 3'
assert_lacks "$(strata why "$last" 2)" 'API_PASSWORD'
STRATA_ROOT=$work/store
