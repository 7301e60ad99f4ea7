#!/bin/bash
# RUN as a user: how names and numbers become ids and groups.
. "$(dirname "$0")/lib.sh"
needs_root
mkdir ctx
import_busybox
build() { strata build --progress plain "$@" ctx 2>&1; }
lines() { printf '%s\n' "$@" >ctx/Dockerfile; }
lines 'FROM busybox' 'RUN printf "root:x:0:0:root:/root:/bin/sh\nada:x:1000:1001:Ada:/home/ada:/bin/sh\n" > /etc/passwd && \
  printf "root:x:0:\nwheel:x:10:root,ada\nada:x:1001:\nstaff:x:50:ada\nother:x:60:\n" > /etc/group'
build -t users >log || fail "$(cat log)"
# ids USER: "uid gid groups home" as a step of this user sees them
ids() {
  lines 'FROM users' "USER $1" 'RUN echo "ids=$(id -u) $(id -g) [$(echo $(id -G | tr " " "\n" | sort -n))] $HOME"'
  output=$(build --no-cache) || fail "$output"
  sed -n 's/^#[0-9]* [0-9.]* ids=//p' <<<"$output"
}

covers USER-3 USER-5 RUN-5
assert_equals "$(ids ada)" '1000 1001 [10 50 1001] /home/ada'
for unknown in nobodyhere ada:nogroup; do
  lines 'FROM users' "USER $unknown" 'RUN true'
  output=$(build) && fail "user $unknown was taken"
  assert_contains "$output" 'unable to find'
  assert_contains "$output" '>>> RUN true'
done

covers USER-4
assert_equals "$(ids 1000)" '1000 1001 [10 50 1001] /home/ada'
assert_equals "$(ids 4321)" '4321 0 [0] /'

covers USER-6
assert_equals "$(ids ada:other)" '1000 60 [60] /home/ada'
assert_equals "$(ids 1000:50)" '1000 50 [50] /home/ada'
assert_equals "$(ids 4321:8765)" '4321 8765 [8765] /'
assert_equals "$(ids ada:8765)" '1000 8765 [8765] /home/ada'

covers USER-7
lines 'FROM users' 'RUN echo "ids=$(id -u) $(id -g) [$(echo $(id -G | tr " " "\n" | sort -n))]"'
output=$(build) || fail "$output"
assert_contains "$output" 'ids=0 0 [0 10]'
cp "$(command -v busybox)" ctx/busybox
lines 'FROM scratch' 'COPY busybox /busybox' 'RUN ["/busybox", "sh", "-c", "echo ids=$(/busybox id -u) $(/busybox id -g) [$(/busybox id -G)]"]'
output=$(build) || fail "$output"
assert_contains "$output" 'ids=0 0 [0]'
