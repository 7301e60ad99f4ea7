#!/bin/bash
# Contexts: directory, standard input as Dockerfile and as tar, -f, .dockerignore; --target and --label.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir -p ctx/sub
echo one >ctx/one
echo secret >ctx/ignored
printf 'ignored\n' >ctx/.dockerignore
printf 'FROM busybox AS first\nCOPY . /all\nFROM first AS second\nRUN echo second > /second\n' >ctx/Dockerfile
strata build -q -t app --target first --label l=v ctx >/dev/null
assert_equals "$(strata run --rm --network host app ls /all)" $'Dockerfile\none\nsub'
assert_equals "$(strata inspect app | jq -r '.[0].Config.Labels.l')" v
printf 'FROM busybox\nCMD ["echo", "from stdin"]\n' | strata build -q -t stdin - >/dev/null
assert_equals "$(strata run --rm --network host stdin)" "from stdin"
tar -C ctx -cz . | strata build -q -t tarred --target first - >/dev/null
assert_contains "$(strata run --rm --network host tarred ls /all)" one
printf 'FROM busybox\nCOPY one /x\nCMD ["cat", "/x"]\n' >other.Dockerfile
strata build -q -t other -f other.Dockerfile ctx >/dev/null
assert_equals "$(strata run --rm --network host other)" one
strata build -q -t other -f - ctx <other.Dockerfile >/dev/null
assert_equals "$(outcomes | sort -u)" hit
assert_contains "$(strata build --plan ctx)" "COPY . /all"
strata build --plan=json ctx | jq -e '.vertices | length > 2' >/dev/null
strata build --plan=dot ctx | grep -q digraph
