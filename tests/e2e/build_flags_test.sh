#!/bin/bash
# Flags and build arguments of `strata build` whose effect no other scenario shows.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
build() { strata build --progress plain "$@" ctx 2>&1; }
lines() { printf '%s\n' "$@" >ctx/Dockerfile; }

covers CLI-2
lines 'FROM busybox AS one' 'RUN date +%s%N >/one' 'FROM busybox' 'RUN echo two >/two'
output=$(build --target one -t one) || fail "$output"
assert_lacks "$output" 'echo two'
build --target one >log
assert_equals "$(outcomes | sort -u)" hit
build --target one --no-cache >log
assert_equals "$(strata builds show --format json | jq -r '.steps[-1].outcome')" executed
# Nothing but the output of what failed, or the result.
assert_equals "$(strata build --progress none ctx 2>&1)" ''
assert_equals "$(strata build --progress quiet ctx 2>&1)" ''
lines 'FROM busybox' 'RUN echo said; exit 3'
assert_status 1 strata build --progress none ctx
assert_contains "$output" ' said'
assert_contains "$output" 'exit code: 3'
assert_status 125 strata build --progress loud ctx
assert_contains "$output" "invalid progress type 'loud'"

# Objects, one a line, for programs.
covers CLI-2
lines 'FROM busybox AS Base' 'RUN echo printed; echo wrong >&2'
strata build --progress rawjson ctx 2>events
jq -se 'length > 5 and all(keys | length == 1)' events >/dev/null
step=$(jq -rs '[.[].vertexes[]? | select(.name | contains("RUN echo"))][-1] | select(.started and .completed and (.error | not)) | .digest' events)
logs() { jq -rs --arg step "$step" --argjson stream "$1" '[.[].logs[]? | select(.vertex == $step and .stream == $stream) | .data | @base64d] | join("")' events; }
assert_equals "$(logs 1)" printed
assert_equals "$(logs 2)" wrong
assert_contains "$(jq -rs '.[].warnings[]? | .short | @base64d' events)" 'StageNameCasing: '
strata build --progress rawjson ctx 2>events
jq -se '[.[].vertexes[]? | select(.name | contains("RUN echo"))][-1].cached' events >/dev/null
lines 'FROM busybox' 'RUN exit 3'
strata build --progress rawjson ctx 2>events && fail 'a failing step did not fail the build'
assert_contains "$(grep '^{' events | jq -rs '.[].vertexes[]?.error | select(.)')" 'exit code: 3'
assert_contains "$(cat events)" 'ERROR: failed to solve: '

# A name for the host, which is there.
covers CLI-2
echo 'from the host' >page
port=$(free_port)
python3 -m http.server --bind 127.0.0.1 --directory "$work" "$port" >/dev/null 2>&1 &
at_end "kill $!"
lines 'FROM busybox' "RUN for i in 1 2 3 4 5 6 7 8 9; do wget -q -O - http://gate:$port/page && exit; sleep 1; done; exit 1"
output=$(build --add-host gate=host-gateway) || fail "$output"
assert_contains "$output" ' from the host'

# What strata has not is said.
covers CLI-2
assert_status 125 strata build --policy reset ctx
assert_contains "$output" 'strata has no source policies'
for flag in --sbom --provenance=mode=max --attest=type=sbom; do
  assert_status 125 strata build "$flag" ctx
  assert_contains "$output" 'not yet supported'
done
lines 'FROM busybox'
output=$(build --sbom=false --provenance=false --attest type=sbom,disabled=true) || fail "$output"

# What a build is called, and what was found wrong with its file, in the journal.
covers BARG-1
lines 'FROM busybox AS Base' 'RUN echo "[$BUILDKIT_BUILD_NAME]"'
output=$(build -t app --build-arg BUILDKIT_BUILD_NAME='nightly of app') || fail "$output"
assert_contains "$output" ' []'
assert_equals "$(strata builds ls --format '{{.Name}}' | head -1)" 'nightly of app'
assert_contains "$(strata builds show)" 'nightly of app'
assert_contains "$(strata builds show)" 'WARN: StageNameCasing: '
assert_equals "$(strata builds show --format json | jq -r '.title, .warnings[0].rule, .warnings[0].line')" $'nightly of app\nStageNameCasing\n1'
build -t app >log # another name is no other step
assert_equals "$(outcomes | sort -u)" hit
assert_equals "$(strata builds ls --format '{{.Name}}' | head -1)" app:latest
