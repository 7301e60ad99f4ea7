#!/bin/bash
# 4. Containers: attached and detached, stopped and started, named, listed, isolated from each other.
. "$(dirname "$0")/lib.sh"
import_node
node_app app
strata build -t app app 2>/dev/null
assert_equals "$(strata ps -q)" ""

id=$(strata run -d -p 3000:80 app)
assert_equals "${#id}" 64
name=$(strata ps --format '{{.Names}}')
[[ $name == *_* ]] || fail "generated name: $name"
assert_contains "$(strata ps)" "${id:0:12}"
assert_contains "$(strata ps)" "Up "
page localhost:3000 >/dev/null
assert_equals "$(strata stop "$name")" "$name"
assert_equals "$(strata ps -q)" ""
assert_contains "$(strata ps -a)" "Exited (0)"
assert_equals "$(strata start "$name")" "$name"  # detached
assert_equals "$(page localhost:3000)" "Hello from the container"
assert_equals "$(strata restart "$name")" "$name"
assert_equals "$(page localhost:3000)" "Hello from the container"
becomes $'listening\nlistening\nlistening' strata logs "$name"
timeout 2 "$STRATA" logs -f "$name" >followed || true
assert_equals "$(grep -c listening followed)" 3

# attach shows what comes from now on; the signal that ends it reaches the container
strata attach "$name" >attached 2>&1 &
attached=$!
sleep 0.5
strata stop "$name" >/dev/null
wait "$attached" || true
assert_equals "$(cat attached)" ""
strata start -a -i "$name" >again 2>&1 </dev/null &
again=$!
becomes listening cat again
strata stop "$name" >/dev/null
wait "$again"

# Two of one image do not see each other's files.
strata run -d --name one app >/dev/null
strata run -d --name two app >/dev/null
strata exec one sh -c 'echo mine >/app/notes'
assert_equals "$(strata exec one cat /app/notes)" mine
! strata exec two ls /app/notes 2>missing || fail "two sees the file of one"
assert_contains "$(cat missing)" "No such file"

# Names.
strata run -d --rm --name goalsapp app >/dev/null
assert_status 125 strata run -d --name goalsapp app
assert_contains "$output" 'The container name "/goalsapp" is already in use'
assert_equals "$(strata stop goalsapp)" goalsapp
