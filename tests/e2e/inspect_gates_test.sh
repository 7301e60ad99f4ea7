#!/bin/bash
# Secrets are found in layers, environment and history, and shown by no output; images that break a rule exit with 4.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox base
# Made up here, so that nobody finds them in this file. The last 6 characters of the token are its checksum.
token=ghp"_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"
password=correct-horse-77
argument=battery-staple-88
mkdir -p ctx/app
printf 'first\nkey = %s\n' "$token" >ctx/app/settings
head -c 300000 /dev/urandom >ctx/app/large
cat >ctx/Dockerfile <<END
FROM base
ARG API_TOKEN
ENV DB_PASSWORD=$password
COPY app /app
RUN echo "\$API_TOKEN" >/dev/null; rm /app/settings; head -c 200000 /dev/urandom >/app/large
END
strata build -q --build-arg API_TOKEN=$argument -t app ctx >/dev/null

# found without reading contents: the configuration
json=$(strata inspect-layers --json app)
assert_equals "$(jq -r '.secrets.contentsRead' <<<"$json")" false
assert_contains "$(jq -r '.secrets.findings[].where.element' <<<"$json")" 'ENV DB_PASSWORD'
# and with: the layer, the line of the Dockerfile, the path, the line in the file, though a later layer removes it
json=$(strata inspect-layers --json --secrets app)
found=$(jq '.secrets.findings[] | select(.rule == "secret/github-token")' <<<"$json")
assert_equals "$(jq -r '"\(.level) \(.where.layer) \(.where.line) \(.where.path) \(.where.fileLine) \(.where.offset)"' <<<"$found")" \
  'error 1 4 /app/settings 2 12'
assert_contains "$(jq -r .detail <<<"$found")" 'removed by layer 3, and still in the image'

# nothing that is printed has one of them
strata save -o app.tar app
strata build -q --build-arg API_TOKEN=changed-$argument -t app ctx >/dev/null # with a reason that names the argument
for image in app app.tar; do
  for format in table json markdown sarif html; do
    strata inspect-layers --secrets --rule highestSecrets=0 --format $format $image >"$format" 2>"$format.err" ||
      [ $? = 4 ] || fail "$format: $(cat "$format.err")"
    for secret in "$token" "${token:0:16}" "$password" "$argument"; do
      if grep -qF -e "$secret" "$format" "$format.err"; then fail "$format of $image shows $secret"; fi
    done
    assert_contains "$(cat "$format")" 'GitHub personal access token'
  done
done
assert_lacks "$(strata inspect-layers --tree app; strata inspect-layers app)" "$password"

# SARIF: the Dockerfile's line, and the path in the image
strata inspect-layers --secrets --format sarif app >sarif
assert_equals "$(jq -r '.version' sarif)" 2.1.0
assert_equals "$(jq -r '.runs[0].results[] | select(.ruleId == "secret/github-token").locations[0]
  | "\(.physicalLocation.artifactLocation.uri):\(.physicalLocation.region.startLine) \(.logicalLocations[0].fullyQualifiedName)"' sarif)" \
  'ctx/Dockerfile:4 layer 2/app/settings'
assert_contains "$(jq -r '.runs[0].results[].ruleId' sarif)" 'waste/'

# gates: from flags
assert_status 0 strata inspect-layers --rule lowestEfficiency=0 --rule highestUserWastedPercent=off app
assert_contains "$output" 'PASS: 1 passed, 0 failed, 7 skipped'
assert_status 4 strata inspect-layers --ci --rule highestFileSize=1kB app
assert_contains "$output" 'FAIL     highestFileSize'
assert_status 4 strata inspect-layers --rule highestSecrets=0 app
assert_status 125 strata inspect-layers --ci --no-such-flag app
assert_status 125 strata inspect-layers --rule highestFileSize=x app
assert_contains "$output" "--rule: highestFileSize: 'x' is not a size"
assert_equals "$(strata inspect-layers --json --rule highestFileSize=1kB app | jq -r '.gates.passed' || true)" false

# gates: from files, dive's and ours, which wins
printf 'rules:\n  lowestEfficiency: 0.999\n  highestUserWastedPercent: disabled\n' >.dive-ci
assert_status 4 strata inspect-layers --ci app
assert_contains "$output" 'FAIL     lowestEfficiency'
printf 'rules:\n  lowestEfficiency: disabled\n  highestUserWastedPercent: 100%%\n' >.strata-ci
assert_status 0 strata inspect-layers --ci app
assert_status 4 strata inspect-layers --ci-config .dive-ci app
assert_status 0 env CI=true "$STRATA" inspect-layers app # a variable alone changes nothing
printf 'rules:\n  lowestEficiency: 0.9\n' >.strata-ci
assert_status 1 strata inspect-layers --ci app
assert_contains "$output" $'.strata-ci:2: no rule \'lowestEficiency\' (did you mean lowestEfficiency?)\n    lowestEficiency: 0.9'
assert_status 1 strata inspect-layers --ci-config missing app
rm .strata-ci .dive-ci

# growth against another image, and the cache hit rate of the last build
strata inspect-layers --json base >/dev/null
assert_status 4 strata inspect-layers --rule lowestEfficiency=off --rule highestUserWastedPercent=off --rule highestGrowth=1kB --against base app
assert_contains "$output" 'against base'
assert_status 0 strata inspect-layers --rule highestGrowth=0 --against app base
assert_status 125 strata inspect-layers --against base app
strata build -q --build-arg API_TOKEN=changed-$argument -t app ctx >/dev/null
assert_contains "$(strata inspect-layers --rule lowestCacheHitRate=100% app || true)" 'PASS     lowestCacheHitRate'

# Markdown: the verdict at the top
assert_contains "$(strata inspect-layers --format markdown --rule highestFileSize=1kB app || true)" '**FAIL: '
assert_status 125 strata inspect-layers --format xml app
