#!/bin/bash
# The main job on the example: build, run, rebuild from the cache, change a page, and be told why.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
cp -r "$STRATA_SOURCE_DIR/examples/quickstart" project

strata build -t site project 2>first.log
assert_contains "$(strata run --rm --network host site cat /www/index.html)" "<p>A stage turns it into HTML.</p>"

port=$(free_port)  # and as it is meant to be run: a web server
strata run --rm --network host -e "PORT=$port" --name server site >server.log 2>&1 &
at_end "strata rm -f server >/dev/null 2>&1"
for _ in $(seq 100); do curl -sf "http://127.0.0.1:$port/" >/dev/null && break; sleep 0.1; done
assert_contains "$(curl -sf "http://127.0.0.1:$port/about.html")" "Built with strata."
strata rm -f server >/dev/null

strata build -t site project 2>second.log
assert_equals "$(outcomes | sort -u)" hit

echo "A new line." >>project/pages/index.txt
strata build -t site project 2>third.log
assert_contains "$(cat third.log)" CACHED
output=$(strata why)
assert_contains "$output" "index.txt"
assert_lacks "$output" "about.txt"
assert_contains "$(strata run --rm --network host site cat /www/index.html)" "A new line."
assert_contains "$(strata inspect-layers site)" "COPY /site /www"
