#!/bin/bash
# The build checks and the questions about a Dockerfile that are answered without building, through the program.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox native

# An image of another platform, as an archive that docker would save: no layer, a configuration.
python3 - <<'PY'
import hashlib, io, json, tarfile
config = json.dumps({"architecture": "s390x", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}})
name = hashlib.sha256(config.encode()).hexdigest() + ".json"
manifest = json.dumps([{"Config": name, "RepoTags": ["foreign:latest"], "Layers": []}])
with tarfile.open("foreign.tar", "w") as tar:
    for path, text in ((name, config), ("manifest.json", manifest)):
        entry = tarfile.TarInfo(path)
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text.encode()))
PY
strata load -q -i foreign.tar >/dev/null

covers LINT-10 LINT-11 LINT-12 LINT-13 LINT-14 LINT-15 LINT-16 LINT-17 LINT-18 LINT-19 LINT-20
covers LINT-21 LINT-22 LINT-23 LINT-24 LINT-25 LINT-26 LINT-27 LINT-28 LINT-29 LINT-30 LINT-31
# Every rule finds its bad example, and nothing but it, and passes its good one.
host=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
count=0
for rule in "$STRATA_SOURCE_DIR"/tests/data/lint/*; do
  arguments=()
  [ ! -e "$rule/args" ] || arguments=(--build-arg "$(cat "$rule/args")")
  found=$(strata build --call=check,format=json "${arguments[@]}" "$rule/bad" 2>errors) && fail "$rule/bad has status 0"
  got=$(jq -r '.warnings[] | "\(.ruleName): \(.detail) (line \(.location.ranges[0].start.line))"' <<<"$found")
  assert_equals "$got" "$(sed "s|HOST|linux/$host|" "$rule/expected")"
  assert_equals "$(cat errors)" ''
  assert_equals "$(strata build --check "${arguments[@]}" "$rule/good")" 'Check complete, no warnings found.'
  count=$((count + 1))
done
assert_equals "$count" 22

mkdir ctx
dockerfile() { printf '%b' "$1" >ctx/Dockerfile; }

covers CALL-1 LINT-7 ERR-9
dockerfile 'FROM native AS Base\nENV A=1\nCMD x\nFROM native\nENV B 1\n'
status=0
out=$(strata build --check ctx 2>errors) || status=$?
assert_equals "$status" 1
assert_equals "$(cat errors)" ''
assert_equals "$(head -1 <<<"$out")" 'Check complete, 3 warnings have been found!'
assert_contains "$out" '
WARNING: StageNameCasing - https://docs.docker.com/go/dockerfile/rule/stage-name-casing/
Stage name '\''Base'\'' should be lowercase
Dockerfile:1
--------------------
   1 | >>> FROM native AS Base
   2 |     ENV A=1
   3 |     CMD x
--------------------
'
assert_contains "$out" 'WARNING: JSONArgsRecommended - '
assert_contains "$out" 'WARNING: LegacyKeyValueFormat - '
out=$(strata build --check --target base ctx 2>&1) && fail 'a warning of the target must count'
assert_contains "$out" 'WARNING: JSONArgsRecommended - '
assert_lacks "$out" 'LegacyKeyValueFormat -'
dockerfile 'FROM native AS Base\nRNU x\n'
assert_status 1 strata build --call=check,format=json ctx
json=$(strata build --call=check,format=json ctx 2>/dev/null || true)
assert_equals "$(jq -r '.buildError.message' <<<"$json")" \
  'dockerfile parse error on line 2: unknown instruction: RNU (did you mean RUN?)'
assert_equals "$(jq -r '.buildError.location.ranges[0].start.line' <<<"$json")" 2
assert_equals "$(jq -r '.sources[0].data' <<<"$json" | base64 -d)" "$(cat ctx/Dockerfile)"
assert_equals "$(jq -r '.sources[0].filename' <<<"$json")" Dockerfile
assert_equals "$(jq -r '.warnings[].ruleName' <<<"$json")" StageNameCasing

covers CALL-2 LEX-23
dockerfile '# base the base stage\nFROM native AS base\nFROM base AS tool\nFROM base\n'
out=$(strata build --call=targets ctx 2>errors)
assert_equals "$(sed 's/  */ /g' <<<"$out")" $'TARGET DESCRIPTION\nbase the base stage\ntool\n(default)'
assert_equals "$(cat errors)" ''
json=$(strata build --call=targets,format=json ctx)
assert_equals "$(jq -r '.targets[0] | .name + " " + .base + " " + .description' <<<"$json")" 'base native the base stage'
assert_equals "$(jq -r '.targets[-1].default' <<<"$json")" true
dockerfile 'FROM native AS base\nFROM base AS last\n'
assert_contains "$(strata build --call=targets ctx)" 'last (default)'

covers CALL-3
dockerfile '# VERSION what to build
ARG VERSION=1.2
ARG UNUSED=1
FROM native AS tool
ARG TOOL=9
# app the app
FROM native AS app
ARG VERSION
RUN --mount=type=secret,id=tok,required=true --mount=type=ssh true
COPY --from=tool / /
'
out=$(strata build --call=outline --build-arg TOOL=10 ctx | sed 's/  */ /g')
assert_equals "$out" 'TARGET: app
DESCRIPTION: the app

BUILD ARG VALUE DESCRIPTION
VERSION 1.2 what to build
TOOL 10

SECRET REQUIRED
tok true

SSH REQUIRED
default'
json=$(strata build --call=outline,format=json ctx)
assert_equals "$(jq -c '[.name, .description, (.args | length), .secrets[0].name, .secrets[0].required, .ssh[0].name]' <<<"$json")" \
  '["app","the app",2,"tok",true,"default"]'
assert_equals "$(jq -r '.sources[0]' <<<"$json" | base64 -d)" "$(cat ctx/Dockerfile)"

covers CALL-4
out=$(strata build --call=subrequests.describe ctx)
for method in check outline targets subrequests.describe; do
  grep -Eq "^$method +1\.0\.0 +[A-Z]" <<<"$out" || fail "$method is not described: $out"
done
assert_equals "$(strata build --call=subrequests.describe,format=json ctx | jq -r '.[0].version')" 1.0.0
assert_status 125 strata build --call=outlin ctx
assert_contains "$output" 'did you mean outline?'

covers LINT-1 LINT-7 ERR-9 PROG-4 CLI-2
# A build says its warnings on standard error, at their step and at its end, and goes on.
dockerfile 'FROM native AS Base\nCOPY Dockerfile /\n'
out=$(strata build --progress plain ctx 2>errors)
assert_equals "$out" ''
assert_contains "$(cat errors)" "#1 [internal] load build definition from Dockerfile"
assert_contains "$(cat errors)" "[internal] load .dockerignore"
assert_contains "$(cat errors)" "[internal] load metadata for docker.io/library/native:latest"
assert_contains "$(cat errors)" "[internal] load build context"
assert_contains "$(cat errors)" "#1 WARN: StageNameCasing: Stage name 'Base' should be lowercase (line 1)"
assert_contains "$(cat errors)" " 1 warning found (use --debug to expand):
 - StageNameCasing: Stage name 'Base' should be lowercase (line 1)"
strata build --progress plain --debug ctx 2>errors
assert_contains "$(cat errors)" 'More info: https://docs.docker.com/go/dockerfile/rule/stage-name-casing/'
assert_contains "$(cat errors)" '   1 | >>> FROM native AS Base'
strata build -q ctx 2>errors | grep -q '^sha256:'
assert_equals "$(cat errors)" ''

covers LINT-4 LINT-5 BARG-1
assert_status 1 strata build --progress plain --build-arg BUILDKIT_DOCKERFILE_CHECK=error=true ctx
assert_contains "$output" 'ERROR: lint violation found for rules: StageNameCasing'
dockerfile '# check=error=true;skip=MaintainerDeprecated\nFROM native AS Base\nMAINTAINER x\n'
assert_status 1 strata build --progress plain ctx
assert_contains "$output" 'ERROR: lint violation found for rules: StageNameCasing'
assert_lacks "$output" 'MaintainerDeprecated:'
strata build -q --build-arg BUILDKIT_DOCKERFILE_CHECK=skip=all ctx >/dev/null

covers LINT-8
dockerfile 'FROM native AS Base\nRNU x\n'
assert_status 1 strata build --progress plain ctx
assert_contains "$output" "WARN: StageNameCasing"

covers ERR-1 ERR-2 ERR-8 ERR-9
dockerfile 'FROM scratch\nENV a=b\nCOPY --foo=bar / /\nENV c=d\n'
status=0
out=$(strata build --progress plain ctx 2>errors) || status=$?
assert_equals "$status" 1
assert_equals "$out" ''
assert_equals "$(sed -n '/^Dockerfile:3/,$p' errors | grep -v '\^')" 'Dockerfile:3
--------------------
   1 |     FROM scratch
   2 |     ENV a=b
   3 | >>> COPY --foo=bar / /
   4 |     ENV c=d
--------------------
ERROR: failed to solve: dockerfile parse error on line 3: unknown flag: --foo (did you mean from?)'
# Errors that do not follow from each other come in one run, each with its excerpt.
dockerfile 'FROM native\nRNU x\nSTOPSIGNAL\nUSER a\nENV b=1 c\n'
assert_status 1 strata build --progress plain ctx
assert_equals "$(grep -c '^ERROR: failed to solve: dockerfile parse error on line' <<<"$output")" 3
assert_equals "$(grep -c '^Dockerfile:' <<<"$output")" 3
dockerfile 'FROM native AS a\nSTOPSIGNAL x\nEXPOSE y\nFROM native AS b\nCOPY --from=a / /\nVOLUME ""\n'
assert_status 1 strata build --progress plain ctx
assert_contains "$output" 'invalid signal: x'
assert_contains "$output" 'invalid containerPort: y'
assert_contains "$output" 'VOLUME specified can not be an empty string'

covers ERR-4 ERR-8
dockerfile 'FROM native\nRUN true && \\\n  exit 7\nENV a=b\n'
assert_status 1 strata build --progress plain ctx
assert_contains "$output" '   2 | >>> RUN true && \
   3 | >>>   exit 7
   4 |     ENV a=b'
assert_contains "$output" 'did not complete successfully: exit code: 7'
dockerfile 'FROM native\nONBUILD RUN exit 3\nONBUILD USER x\n'
strata build -q -t parent ctx >/dev/null
dockerfile 'FROM native AS other\n\nFROM parent\nRUN true\n'
assert_status 1 strata build --progress plain ctx
assert_contains "$output" '   3 | >>> FROM parent'
assert_contains "$output" 'exit code: 3'
dockerfile '# syntax=one\n# syntax=two\nFROM native\n'
assert_status 1 strata build --progress plain ctx
assert_contains "$output" '   2 | >>> # syntax=two'

covers ERR-5 ERR-6 STAGE-17
dockerfile 'FROM ubunut:22.04\n'
output=$(strata build --progress plain ctx 2>&1) && fail "an image that is none was built from"
assert_contains "$output" 'ubunut:22.04: '
assert_contains "$output" '(did you mean ubuntu?)'

# A step with --link may be shown as LINK: here it is DONE or CACHED as any other.
covers PROG-1 PROG-2 PROG-3 PROG-5
dockerfile 'FROM native AS one\nARG A=1\nrun echo $A $B >/a\nFROM native\nCOPY --link --from=one /a /b\nRUN <<EOF\nset -e\ntrue\nEOF\n'
for state in DONE CACHED; do
  strata build --progress plain ctx 2>errors
  for name in '[one 1/2] FROM docker.io/library/native:latest' '[one 2/2] RUN echo 1 $B >/a' \
    '[stage-1 2/3] COPY --link --from=one /a /b' '[stage-1 3/3] RUN <<EOF (set -e...)'; do
    number=$(grep -F "$name" errors | grep -o '^#[0-9]*')
    [[ $name == *FROM\ docker* ]] || grep -q "^$number $state" errors || fail "$name is not $state: $(cat errors)"
  done
done
