#!/bin/bash
# RUN: what a step sees, what it leaves, what its key is made of.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
build() { strata build --progress plain "$@" ctx 2>&1; }
lines() { printf '%s\n' "$@" >ctx/Dockerfile; }
outcome_of() { strata builds show --format json | jq -r --arg text "$1" '.steps[] | select(.name | contains($text)) | .outcome'; }
# layer_of IMAGE: the names in its last layer
layer_of() {
  rm -rf saved saved.tar
  strata save -o saved.tar "$1"
  mkdir saved
  tar -xf saved.tar -C saved
  tar -tf "saved/$(jq -r '.[0].Layers[-1]' saved/manifest.json)"
}

covers RUN-1 RUN-3
lines 'FROM busybox' 'ENTRYPOINT ["/bin/false"]' 'CMD ["never"]' 'RUN echo "shell: $0"' 'RUN ["echo", "exec: $HOME", "two words"]' \
  'SHELL ["/bin/sh", "-e", "-c"]' 'RUN case $- in *e*) echo "shell words";; esac' 'RUN ["/bin/sh", "-c", "echo nested $0 $1", "zero", "one"]'
output=$(build) || fail "$output"
assert_contains "$output" 'shell: /bin/sh'
assert_contains "$output" 'exec: $HOME two words'
assert_contains "$output" $' shell words\n'
assert_contains "$output" 'nested zero one'

covers RUN-2
lines 'FROM busybox' 'ARG BY_ARG=arg' 'ENV BY_ENV=env' 'RUN env | sort' 'ENV HOME=/said' 'RUN echo "home $HOME"'
output=$(LEAKED=host build) || fail "$output"
assert_contains "$output" 'BY_ARG=arg'
assert_contains "$output" 'BY_ENV=env'
assert_contains "$output" 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
assert_contains "$output" 'HOME=/root'
assert_contains "$output" 'home /said'
assert_lacks "$output" LEAKED
assert_lacks "$output" HOSTNAME=

covers RUN-4
lines 'FROM busybox' 'RUN echo "in $(pwd)"' 'USER 1000' 'WORKDIR /deep/er' 'RUN echo "in $(pwd)"'
output=$(build) || fail "$output"
assert_contains "$output" $'in /\n'
assert_contains "$output" 'in /deep/er'
strata import -c 'WORKDIR /made/here' "$(busybox_tar)" with-workdir >/dev/null
lines 'FROM with-workdir' 'RUN pwd; stat -c "%a %u:%g" .'
output=$(build) || fail "$output"
assert_contains "$output" '/made/here'
assert_contains "$output" '755 0:0'

covers RUN-6
lines 'FROM busybox' 'RUN echo before && exit 7'
output=$(build) && fail 'a failing step did not fail the build'
assert_contains "$output" 'process "/bin/sh -c echo before && exit 7" did not complete successfully: exit code: 7'
assert_contains "$output" '>>> RUN echo before && exit 7'

covers RUN-7
lines 'FROM busybox' 'RUN echo "read: [$(cat)]"; echo to-output; echo to-errors >&2'
output=$(echo typed | build) || fail "$output"
assert_contains "$output" 'read: []'
assert_contains "$output" to-output
assert_contains "$output" to-errors

covers RUN-8
lines 'FROM busybox' 'RUN test -s /etc/hosts && test -e /etc/resolv.conf && test -e /proc/self && test -e /sys/class && test -c /dev/null; echo x > /dev/shm/x; echo y > /kept'
build -t kept >log || fail "$(cat log)"
assert_equals "$(layer_of kept)" kept

covers RUN-9
lines 'FROM busybox' 'RUN --network=none echo "interfaces: $(ls /sys/class/net)"; ip addr show lo | grep -o UP | head -1' 'RUN --network=default true'
output=$(build) || fail "$output"
assert_contains "$output" $'interfaces: lo\n'
assert_contains "$output" UP
output=$(build --network host) || fail "$output"
assert_contains "$output" CACHED # a step that says none has none whatever the build has
lines 'FROM busybox' 'RUN echo "interfaces: $(echo $(ls /sys/class/net))"'
output=$(build --network none) || fail "$output"
assert_contains "$output" $'interfaces: lo\n'
for mode in Host bridge NONE; do
  lines 'FROM busybox' "RUN --network=$mode true"
  output=$(build) && fail "network mode $mode was taken"
  assert_contains "$output" 'invalid network mode'
done
covers RUN-9 CLI-13
lines 'FROM busybox' "RUN --network=host readlink /proc/self/ns/net"
output=$(build) && fail 'the host network was given unasked'
assert_contains "$output" 'entitlement network.host is not allowed'
output=$(build --allow network.host) || fail "$output"
assert_contains "$output" "$(readlink /proc/self/ns/net)"
build --network host >log || fail "$(cat log)"

covers RUN-10 CLI-13
lines 'FROM busybox' 'RUN --security=sandbox grep -E "CapBnd|Seccomp:" /proc/self/status; ls /dev/kmsg 2>&1; wc -c < /proc/timer_list' 'RUN --security=insecure grep -E "CapBnd|Seccomp:" /proc/self/status; ls /dev/kmsg'
output=$(build) && fail 'an insecure step was run unasked'
assert_contains "$output" 'entitlement security.insecure is not allowed'
output=$(build --allow security.insecure) || fail "$output"
assert_contains "$output" 'CapBnd: 00000000a80425fb'
assert_contains "$output" 'Seccomp: 2'
assert_contains "$output" "CapBnd: $(sed -n 's/CapBnd:\t//p' /proc/self/status)"
assert_contains "$output" "Seccomp: $(sed -n 's/Seccomp:\t//p' /proc/self/status)"
assert_contains "$output" ' /dev/kmsg'
assert_contains "$output" 'No such file'
lines 'FROM busybox' 'RUN --security=none true'
output=$(build) && fail 'security none was taken'
assert_contains "$output" 'security "none" is not valid'
output=$(build --allow nonsense) && fail 'an unknown entitlement was taken'
assert_contains "$output" 'invalid entitlement'

covers RUN-11
lines 'FROM busybox' 'RUN --device=vendor.com/gpu=all true'
output=$(build --allow device) && fail 'a device was given'
assert_contains "$output" 'labs channel'

covers RUN-12 BARG-1 BARG-3 CLI-2
lines 'FROM busybox' 'RUN hostname; cat /etc/hosts; echo "HOSTNAME is [$(env | grep -c ^HOSTNAME)]"'
output=$(build) || fail "$output"
assert_contains "$output" '127.0.0.1 localhost buildkitsandbox'
assert_contains "$output" '::1 localhost'
output=$(build --build-arg BUILDKIT_SANDBOX_HOSTNAME=elsewhere --add-host one:10.0.0.1 --add-host 'two=[fe80::2]' --add-host three=10.0.0.3 --add-host gate:host-gateway) || fail "$output"
assert_contains "$output" ' elsewhere'
assert_contains "$output" '127.0.0.1 localhost elsewhere'
assert_contains "$output" '10.0.0.1 one'
assert_contains "$output" 'fe80::2 two'
assert_contains "$output" '10.0.0.3 three'
assert_contains "$output" '127.0.0.1 gate'
assert_contains "$output" 'HOSTNAME is [0]'
assert_lacks "$output" buildkitsandbox
for wrong in nocolon name:notanip name= :10.0.0.1; do
  output=$(build --add-host "$wrong") && fail "--add-host $wrong was taken"
done

covers CACHE-1 BARG-3
lines 'FROM busybox' 'ARG A=1' 'RUN echo key'
reruns() { # reruns YES|NO OPTION...: whether a build with these options executes the step
  local wanted=hit
  [ "$1" = NO ] || wanted=executed
  shift
  build "$@" >log || fail "$(cat log)"
  [ "$(outcome_of 'echo key')" = "$wanted" ] || fail "with '$*' the step was not $wanted"
}
reruns YES
reruns NO
reruns YES --build-arg A=2
reruns YES --network none
reruns YES --build-arg BUILDKIT_SANDBOX_HOSTNAME=elsewhere
reruns YES --add-host name:10.0.0.1
for change in 'USER 1000' 'WORKDIR /other' 'ENV NEW=1' 'SHELL ["/bin/sh", "-ec"]' 'RUN touch /above'; do
  lines 'FROM busybox' 'ARG A=1' "$change" 'RUN echo key'
  reruns YES
done
for flag in --security=insecure --mount=type=tmpfs,target=/t --mount=type=tmpfs,target=/t,size=1m --mount=type=tmpfs,target=/u \
  --mount=type=tmpfs,target=/t,ro --mount=type=cache,target=/t --mount=type=secret,id=a --mount=type=secret,id=b --mount=type=secret,id=a,mode=0444 \
  --mount=type=ssh --mount=type=ssh,id=other --mount=type=ssh,uid=1; do
  lines 'FROM busybox' 'ARG A=1' "RUN $flag echo key"
  reruns YES --allow security.insecure
  reruns NO --allow security.insecure
done

covers CACHE-2 RUN-13 ARG-15
lines 'FROM busybox' 'ARG A=1' 'RUN echo key'
reruns NO --build-arg HTTP_PROXY=http://proxy:1
reruns NO --shm-size 32m --ulimit nofile=100:200 --memory 512m --cpu-shares 512
reruns YES --add-host host-of-key:10.0.0.1
reruns NO --add-host host-of-key:10.0.0.2
lines 'FROM busybox' 'ARG A=1' 'RUN --mount=type=cache,target=/tx,id=x echo key'
reruns YES
lines 'FROM busybox' 'ARG A=1' 'RUN --mount=type=cache,target=/tx,id=y,sharing=private echo key'
reruns NO

covers ARG-15
lines 'FROM busybox' 'RUN env | grep -i proxy | sort; true' 'RUN echo "expanded: [${http_proxy}]"' 'LABEL proxy="[$http_proxy]"'
output=$(build -t proxied --build-arg HTTP_PROXY=http://p:1 --build-arg no_proxy=local --build-arg Ftp_Proxy=ftp://p --build-arg ALL_PROXY= --build-arg https_proxy=https://p) || fail "$output"
for variable in HTTP_PROXY=http://p:1 http_proxy=http://p:1 NO_PROXY=local no_proxy=local FTP_PROXY=ftp://p ftp_proxy=ftp://p HTTPS_PROXY=https://p https_proxy=https://p; do
  assert_contains "$output" " $variable"
done
assert_lacks "$output" ALL_PROXY
assert_lacks "$output" Ftp_Proxy
assert_lacks "$(strata history --no-trunc proxied)" http://p
assert_lacks "$(strata inspect proxied)" http://p
assert_equals "$(strata inspect proxied | jq -r '.[0].Config.Labels.proxy')" '[]'
lines 'FROM busybox' 'ARG HTTP_PROXY' 'RUN echo "declared: $HTTP_PROXY"' 'LABEL proxy=$HTTP_PROXY'
build -t declared --build-arg HTTP_PROXY=http://one >log || fail "$(cat log)"
assert_contains "$(strata history --no-trunc declared)" 'HTTP_PROXY=http://one'
assert_equals "$(strata inspect declared | jq -r '.[0].Config.Labels.proxy')" http://one
build --build-arg HTTP_PROXY=http://two >log
assert_equals "$(outcome_of 'echo "declared')" executed

covers RUN-14
lines 'FROM busybox' 'RUN' 'RUN echo after'
output=$(build -t emptyrun) || fail "$output"
assert_contains "$output" after

covers RUN-15
lines 'FROM busybox' 'RUN true' 'RUN true'
build -t nothing >log || fail "$(cat log)"
assert_equals "$(layers nothing | wc -l)" 3
assert_equals "$(layer_of nothing)" ''

# A program for another machine, which this one cannot run.
covers RUN-16
printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\026\0\1\0\0\0' >ctx/foreign
head -c 64 /dev/zero >>ctx/foreign
chmod +x ctx/foreign
lines 'FROM busybox' 'COPY foreign /foreign' 'RUN ["/foreign"]'
output=$(build) && fail 'a foreign program ran'
assert_contains "$output" 'exec format error'
