#!/bin/bash
# The main job on the example: build, run, rebuild from the cache, change a page, and be told why.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
cp -r "$STRATA_SOURCE_DIR/examples/quickstart" project

strata build -t site project 2>first.log
output=$(strata run --rm --network host site)
assert_contains "$output" "<p>A stage turns it into HTML.</p>"
assert_contains "$output" "about.html"

strata build -t site project 2>second.log
assert_equals "$(outcomes | sort -u)" hit

echo "A new line." >>project/pages/index.txt
strata build -t site project 2>third.log
assert_contains "$(cat third.log)" CACHED
output=$(strata why)
assert_contains "$output" "index.txt"
assert_lacks "$output" "about.txt"
assert_contains "$(strata run --rm --network host site)" "A new line."
assert_contains "$(strata inspect-layers site)" "COPY /site /www"
