#!/bin/bash
# What docker's users type without thinking: flags, formats, statuses, streams.
. "$(dirname "$0")/lib.sh"
needs_root

# Usage: flags 125, counts 1, unknown commands 1; help goes to standard output.
assert_status 125 strata images --nosuchflag
assert_contains "$output" 'unknown flag: --nosuchflag'
assert_status 125 strata images --format
assert_contains "$output" 'flag needs an argument: --format'
assert_status 1 strata tag one
assert_contains "$output" "requires 2 arguments"
assert_status 1 strata biuld
assert_contains "$output" 'did you mean build?'
assert_contains "$(strata --help 2>/dev/null)" 'inspect-layers'
assert_contains "$(strata image ls --help 2>/dev/null)" '--no-trunc'
assert_contains "$(strata help run 2>/dev/null)" '--entrypoint'
assert_contains "$(strata --version)" 'strata version'

# Import, names, ids.
id=$(strata import -c 'CMD ["sh"]' -c 'ENV GREETING="hello you"' -c 'LABEL a=b' -m 'made for a test' "$(busybox_tar)" base:1)
assert_equals "$(strata inspect -f '{{.Id}}' base:1)" "$id"
assert_equals "$(strata inspect -f '{{json .Config.Cmd}} {{index .Config.Labels "a"}}' base:1)" '["sh"] b'
assert_equals "$(strata inspect -f '{{range .Config.Env}}{{println .}}{{end}}' base:1 | grep GREETING)" 'GREETING=hello you'
assert_contains "$(strata history base:1)" 'made for a test'
strata tag "${id:7:8}" localhost:5000/other:2
assert_equals "$(strata images -q)" "${id:7:12}"
assert_equals "$(strata images -q --no-trunc)" "$id"
assert_equals "$(strata images --format '{{.Repository}}:{{.Tag}}' | sort)" $'base:1\nlocalhost:5000/other:2'
assert_equals "$(strata images --format json other 2>/dev/null | wc -l)" 0
assert_equals "$(strata images --filter reference='base*' --format json | jq -r .ID)" "${id:7:12}"
assert_status 1 strata history bse:1
assert_contains "$output" 'No such image: bse:1 (did you mean base:1?)'
assert_status 1 strata import -c 'RUN true' "$(busybox_tar)"
assert_contains "$output" 'RUN is not a valid change command'

# Removing: a name of several is untagged, an id in several repositories needs force.
assert_status 1 strata rmi "${id:7:12}"
assert_contains "$output" 'must be forced'
assert_equals "$(strata rmi localhost:5000/other:2)" 'Untagged: localhost:5000/other:2'
assert_equals "$(strata rmi base:1)" $'Untagged: base:1\nDeleted: '"$id"
assert_status 1 strata rmi base:1
assert_status 0 strata rmi -f base:1

# Build: results alone on standard output, files as docker writes them, what is to come named.
import_busybox
mkdir ctx
printf 'FROM busybox\nRUN echo made > /made\n' >ctx/Dockerfile
assert_equals "$(strata build -t app ctx 2>/dev/null)" ''
id=$(strata build -q --iidfile iid --metadata-file meta.json -t app:2 ctx)
assert_equals "$(cat iid)" "$id"
assert_equals "$(jq -r '."containerimage.config.digest"' meta.json)" "$id"
assert_equals "$(jq -r '."image.name"' meta.json)" docker.io/library/app:2
assert_equals "$(jq -r '."buildx.build.ref"' meta.json)" "$(strata builds ls -q -n 1)"
assert_status 125 strata build --builder other ctx
assert_contains "$output" 'not yet supported: --builder'
assert_status 125 strata build -t 'Not A Name' ctx
assert_contains "$output" 'invalid tag'
assert_contains "$(strata build --plan ctx)" 'RUN echo made > /made'
strata build --plan=json ctx | jq . >/dev/null
assert_contains "$(strata build --plan=dot ctx)" 'digraph'

# Full standard output is noticed.
status=0
strata images >/dev/full 2>message || status=$?
assert_equals "$status" 1
assert_contains "$(cat message)" 'No space left'

# Space: nothing is removed unasked.
assert_contains "$(strata system df)" 'Build Cache'
assert_status 1 strata system prune </dev/null
assert_contains "$output" '--force'
assert_contains "$(strata system prune --all --force)" 'Total reclaimed space: '
assert_equals "$(strata images -q)" ''
assert_equals "$(strata system df --format '{{.Type}}:{{.Size}}' | grep -v ^Metadata | cut -d: -f2 | sort -u)" 0B
