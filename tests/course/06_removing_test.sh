#!/bin/bash
# 6. Removing: containers, images, what nobody needs.
. "$(dirname "$0")/lib.sh"
import_busybox
printf 'FROM busybox\nRUN echo one >/one\nCMD ["sleep", "1000"]\n' >Dockerfile
strata build -t app . 2>/dev/null
strata run -d --name runs app >/dev/null
strata run --name first app true
strata run --name second app true
assert_status 1 strata rm runs
assert_contains "$output" "cannot remove"
assert_equals "$(strata rm first second)" "first
second"

# an image that a container uses, also a stopped one
assert_status 1 strata rmi app
assert_contains "$output" "is using its referenced image"
strata stop -t 0 runs >/dev/null
assert_status 1 strata rmi app
assert_contains "$output" "must force"
strata rm runs >/dev/null
assert_contains "$(strata rmi app)" "Untagged: app:latest"
assert_lacks "$(strata images)" app

# prune: images without a name; with -a those without a container; stopped containers
strata build -t app . 2>/dev/null
sed -i 's/one/two/g' Dockerfile
strata build -t app . 2>/dev/null
assert_contains "$(strata images)" "<none>"
strata image prune -f >/dev/null
assert_lacks "$(strata images)" "<none>"
assert_contains "$(strata images)" app
strata run --name stopped app true
strata image prune -af >/dev/null
assert_contains "$(strata images)" app
assert_contains "$(strata container prune -f)" "Deleted Containers:"
assert_equals "$(strata ps -aq)" ""
strata image prune -a --force >/dev/null
assert_equals "$(strata images -q)" ""

# --rm: gone after stop
import_busybox
strata run -d --rm --name short busybox sleep 1000 >/dev/null
strata stop -t 0 short >/dev/null
becomes "" strata ps -aq
assert_status 1 strata stop short
assert_contains "$output" "No such container: short"
