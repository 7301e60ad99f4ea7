#!/bin/bash
# A Node application as a course writes it, on a base of Debian's packages, with express from the npm registry.
. "$(dirname "$0")/lib.sh"
needs_root
tar=$(node_tar) || fail "the node base could not be made"
strata import -c 'CMD ["node"]' -c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' "$tar" node >/dev/null
cp -r "$STRATA_SOURCE_DIR/examples/goals-app" project

# What the host's npm was told about its registry, an RUN is told too.
registry=()
if command -v npm >/dev/null && url=$(npm config get registry 2>/dev/null) && [ -n "$url" ] && [ "$url" != undefined ]; then
  registry=(--build-arg "NPM_CONFIG_REGISTRY=$url")
fi
for name in HTTP_PROXY HTTPS_PROXY NO_PROXY; do
  [ -z "${!name:-}" ] || registry+=(--build-arg "$name=${!name}")
done
strata build -t goals "${registry[@]}" project 2>first.log || { cat first.log >&2; fail "the build failed"; }

port=$(free_port)
strata run --rm --network host -e "PORT=$port" --name goals-app goals >run.log 2>&1 &
at_end "strata rm -f goals-app >/dev/null 2>&1"
for _ in $(seq 100); do curl -sf "http://127.0.0.1:$port/" >/dev/null && break; sleep 0.1; done
curl -sf -L -d 'goal=Learn%20strata' "http://127.0.0.1:$port/goals" >/dev/null || { cat run.log >&2; fail "no answer"; }
assert_contains "$(curl -sf "http://127.0.0.1:$port/")" "<li>Learn strata</li>"
strata rm -f goals-app >/dev/null

sed -i 's/My goals/Our goals/' project/server.js
strata build -t goals "${registry[@]}" project 2>second.log
assert_equals "$(outcomes | paste -sd' ')" "hit hit hit hit executed"
assert_contains "$(strata why)" server.js

sed -i 's/"1.0.0"/"1.0.1"/' project/package.json
strata build -t goals "${registry[@]}" project 2>third.log
output=$(strata why)
assert_contains "$output" package.json
assert_contains "$output" "rebuilt because of"
