#!/bin/bash
# 7. Looking inside: inspect, history, --help on every command.
. "$(dirname "$0")/lib.sh"
import_busybox
printf 'FROM busybox\nENV A=1\nWORKDIR /app\nRUN echo x >file\nEXPOSE 80\nCMD ["cat", "file"]\n' >Dockerfile
id=$(strata build -q .)
short=${id#sha256:}
strata image inspect "${short:0:12}" >inspected.json
show() { jq -r ".[0]$1" inspected.json; }
assert_equals "$(show .Id)" "$id"
[[ $(show .Created) == 20* ]] || fail "created: $(show .Created)"
assert_equals "$(show '.Config.ExposedPorts | keys[0]')" 80/tcp
assert_contains "$(show '.Config.Env[]')" A=1
assert_equals "$(show '.Config.Cmd | join(" ")')" "cat file"
assert_equals "$(show '.RootFS.Layers | length')" 3
assert_equals "$(show .Os)" linux
output=$(strata history --no-trunc "$short")
for part in "ENV A=1" "WORKDIR /app" "echo x >file" "EXPOSE" 'CMD ["cat" "file"]'; do assert_contains "$output" "$part"; done

# Every command of every group explains itself.
explain() {
  local words=("$@") line
  output=$(strata "${words[@]}" --help) || fail "strata ${words[*]} --help"
  assert_contains "$output" Usage
  while read -r line; do explain "${words[@]}" "$line"; done < <(
    sed -n '/^\(Management \)\?Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' <<<"$output")
}
explained=$(explain; echo all)
assert_equals "$explained" all
