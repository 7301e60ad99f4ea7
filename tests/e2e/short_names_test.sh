#!/bin/bash
# A name without a registry: what the store has, else what registries.conf says of it, else docker.io.
. "$(dirname "$0")/lib.sh"
. "$STRATA_SOURCE_DIR/tests/e2e/registry_lib.sh"
needs_root

export DOCKER_CONFIG=$PWD/docker XDG_CONFIG_HOME=$PWD/config
unset REGISTRY_AUTH_FILE CONTAINERS_REGISTRIES_CONF
named_registry first
named_registry second
import_busybox base
mkdir -p ctx config/containers
printf 'FROM base\nRUN echo aliased >/who\nCMD ["cat", "/who"]\n' >ctx/Dockerfile
strata build -q --push -t "$first/team/app:1" ctx >/dev/null
printf 'FROM base\nRUN echo searched >/who\nCMD ["cat", "/who"]\n' >ctx/Dockerfile
strata build -q --push -t "$second/found:1" ctx >/dev/null
cat >config/containers/registries.conf <<END
unqualified-search-registries = ["127.0.0.1:1", "$first", "$second"]
[aliases]
"shorty" = "$first/team/app"
END
fresh() { export STRATA_ROOT=$work/store-$1; }

# run brings it under the name that it was found by; the second time nobody is asked.
fresh run
assert_equals "$(strata run --rm --network host -q shorty:1)" aliased
assert_equals "$(strata run --rm --network host -q found:1)" searched
assert_equals "$(strata images --format '{{.Repository}}:{{.Tag}}' | sort)" "$(printf '%s\n' "$first/team/app:1" "$second/found:1" | sort)"
sleep 0.5
asked=$(requests first GET /v2/) asked_second=$(requests second GET /v2/)
assert_equals "$(strata run --rm --network host shorty:1)" aliased
assert_equals "$(strata run --rm --network host --pull never found:1)" searched
assert_equals "$(strata inspect --format '{{index .RepoTags 0}}' shorty:1)" "$first/team/app:1"
printf 'FROM shorty:1 AS one\nFROM found:1\nCOPY --from=one /who /other\n' >ctx/Dockerfile
strata build -q -t both ctx >/dev/null
sleep 0.5
assert_equals "$(requests first GET /v2/) $(requests second GET /v2/)" "$asked $asked_second"

# pull and build ask where the settings say.
fresh pull
assert_contains "$(strata pull shorty:1)" "$first/team/app:1"
assert_equals "$(strata pull -q found:1)" "$second/found:1"
fresh build
printf 'FROM found:1\nCOPY --from=shorty:1 /who /other\nCMD ["cat", "/who", "/other"]\n' >ctx/Dockerfile
strata build -q -t both ctx >/dev/null
assert_equals "$(strata run --rm --network host both)" $'searched\naliased'

# docker's reading is looked for in the store first.
fresh own
import_busybox shorty:1
strata tag shorty:1 found:1
assert_equals "$(strata run --rm --network host shorty:1 echo own)" own
assert_equals "$(strata images --format '{{.Repository}}' | sort -u | tr '\n' ' ')" "found shorty "

# What decides is shown.
output=$(strata registry config "$first")
assert_contains "$output" "searched in $second, from $PWD/config/containers/registries.conf"
assert_contains "$output" "shorty is $first/team/app, from $PWD/config/containers/registries.conf"
assert_equals "$(strata registry config --format json "$first" | jq -r '.aliases[0].name, .searched[2].value')" "$(printf 'shorty\n%s' "$second")"
