#!/bin/bash
# 1. First image: a Dockerfile, build, images, run, a published port.
. "$(dirname "$0")/lib.sh"
import_node
node_app app
cd app
strata build . 2>build.log
assert_contains "$(cat build.log)" "RUN npm install"
id=$(sed -n 's/^writing image sha256:\(.*\)/\1/p' build.log)
[ -n "$id" ] || fail "no id in: $(cat build.log)"
assert_contains "$(strata images)" "${id:0:12}"
assert_contains "$(strata image ls)" "<none>"

# attached: the terminal shows what the server says, until another terminal stops it
strata run "$id" >run.log 2>&1 &
running=$!
becomes listening cat run.log
no_page localhost:80
name=$(strata ps --format '{{.Names}}')
strata stop "$name"
wait "$running"

strata run -d -p 3000:80 "${id:0:6}" >/dev/null
assert_equals "$(page localhost:3000)" "Hello from the container"
assert_contains "$(strata ps)" "0.0.0.0:3000->80/tcp"
no_page localhost:80
