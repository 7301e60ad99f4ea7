#!/bin/bash
# RUN --mount=type=ssh: agents and keys reach the step that asks, and that step alone.
. "$(dirname "$0")/lib.sh"
needs_root
command -v ssh-agent >/dev/null || skip 'ssh-agent is not installed (openssh-client)'
import_busybox
mkdir ctx
build() { strata build --progress plain "$@" ctx 2>&1; }
lines() { printf '%s\n' "$@" >ctx/Dockerfile; }
# The client and its libraries, into an image that has none.
mkdir ctx/root
for file in "$(command -v ssh-add)" $(ldd "$(command -v ssh-add)" | grep -o '/[^ ]*'); do
  install -D "$(readlink -f "$file")" "ctx/root$file"
done
lines 'FROM busybox' 'COPY root /' 'RUN printf "root:x:0:0::/root:/bin/sh\nbob:x:1000:1000::/home/bob:/bin/sh\n" > /etc/passwd'
build -t client >log || fail "$(cat log)"

ssh-keygen -q -t ed25519 -N '' -C first-key -f first
ssh-keygen -q -t rsa -b 2048 -N '' -C second-key -f second
ssh-keygen -q -t ed25519 -N 'a passphrase' -C locked-key -f locked
unset SSH_AUTH_SOCK SSH_AGENT_PID
agent_socket=$work/agent.sock
agent=$(ssh-agent -s -a "$agent_socket" | sed -n 's/^SSH_AGENT_PID=\([0-9]*\).*/\1/p')
at_end "kill $agent"
SSH_AUTH_SOCK=$agent_socket ssh-add -q first

covers MNT-31 MNT-32 MNT-34 CLI-5
lines 'FROM client' 'RUN --mount=type=ssh ssh-add -l; echo "socket $SSH_AUTH_SOCK"; stat -c "%F %a %u:%g" $SSH_AUTH_SOCK' \
  'RUN --mount=type=ssh,id=default,target=/a/sock --mount=type=ssh --mount=type=ssh,mode=0660,uid=5,gid=6 echo "first of three: $SSH_AUTH_SOCK"; stat -c "%n %a %u:%g" /run/buildkit/*' \
  'ENV SSH_AUTH_SOCK=/set/before' 'RUN --mount=type=ssh,target=/set/before ssh-add -l | wc -l; echo "kept: $SSH_AUTH_SOCK"' \
  'ENV SSH_AUTH_SOCK=' 'USER bob' 'RUN --mount=type=ssh,target=/s SSH_AUTH_SOCK=/s ssh-add -l 2>&1 || echo "not for bob"' \
  'RUN --mount=type=ssh,uid=1000,target=/s SSH_AUTH_SOCK=/s ssh-add -l && echo "for bob"' 'USER root' \
  'RUN ls -d /run/buildkit /a /s /set 2>/dev/null || echo "no stub"'
output=$(SSH_AUTH_SOCK=$agent_socket build --ssh default -t app) || fail "$output"
assert_contains "$output" 'first-key (ED25519)'
assert_contains "$output" 'socket /run/buildkit/ssh_agent.0'
assert_contains "$output" 'socket 600 0:0'
assert_contains "$output" 'first of three: /a/sock'
assert_contains "$output" '/run/buildkit/ssh_agent.1 600 0:0'
assert_contains "$output" '/run/buildkit/ssh_agent.2 660 5:6'
assert_contains "$output" 'kept: /set/before'
assert_contains "$output" 'not for bob'
assert_contains "$output" 'for bob'
assert_contains "$output" 'no stub'
# A socket by its path, and another id.
lines 'FROM client' 'RUN --mount=type=ssh,id=other ssh-add -l'
output=$(build --no-cache --ssh "other=$agent_socket") || fail "$output"
assert_contains "$output" first-key

# Keys served by an agent of the build's own, which is gone afterwards.
covers MNT-34 CLI-5
lines 'FROM client' 'RUN --mount=type=ssh ssh-add -l; ssh-add -L > /tmp/keys'
before=$(pgrep -fc '^ssh-agent -a agent /bin/sh' || true)
chmod 0644 second # whose business this is not
output=$(build --no-cache --ssh "default=$work/first,$work/second" -t keys) || fail "$output"
assert_contains "$output" 'first-key (ED25519)'
assert_contains "$output" 'second-key (RSA)'
for ((i = 0; i < 50; i++)); do [ "$(pgrep -fc '^ssh-agent -a agent /bin/sh' || true)" -gt "$before" ] || break; sleep 0.1; done
assert_equals "$(pgrep -fc '^ssh-agent -a agent /bin/sh' || true)" "$before"
[ -z "$(find "$STRATA_ROOT" -name 'ssh-agent-*')" ] || fail 'the agent left its directory'
! grep -rlF -e "$(sed -n 2p first)" "$STRATA_ROOT" || fail 'the store holds a key'
output=$(build --ssh "default=$work/locked") && fail 'a key with a passphrase was taken'
assert_contains "$output" 'passphrase'
assert_contains "$output" 'not supported'
output=$(build --ssh "default=$work/ctx/Dockerfile") && fail 'a file that is no key was taken'
output=$(build --ssh "default=$work/nowhere") && fail 'a missing key was taken'
output=$(build --ssh default) && fail 'there is no agent'
assert_contains "$output" 'SSH_AUTH_SOCK'
output=$(build --ssh "default=$agent_socket,$work/first") && fail 'a socket and a key were taken'

# What a step may do with an agent: list and sign, and nothing to it.
covers MNT-34
ssh-keygen -q -t ed25519 -N '' -C intruder -f ctx/root/intruder
lines 'FROM client' 'COPY --chmod=0600 root/intruder /' \
  'RUN --mount=type=ssh ssh-add -D 2>&1; ssh-add -q /intruder 2>&1; ssh-add -l; ssh-add -T /first.pub && echo "signs"'
cp first.pub ctx/root/
sed -i 's|root/intruder /|root/intruder root/first.pub /|' ctx/Dockerfile
output=$(build --ssh "default=$agent_socket") || fail "$output"
assert_contains "$output" 'first-key'
assert_lacks "$output" 'intruder (ED25519)'
assert_contains "$output" 'signs'
assert_contains "$(SSH_AUTH_SOCK=$agent_socket ssh-add -l)" first-key

covers MNT-33
lines 'FROM client' 'RUN --mount=type=ssh echo "skipped: $(ls /run/buildkit 2>/dev/null | wc -l)"'
output=$(build) || fail "$output"
assert_contains "$output" 'skipped: 0'
lines 'FROM client' 'RUN --mount=type=ssh,required true'
output=$(build) && fail 'a required agent was missing and the build went on'
assert_contains "$output" 'no SSH key "default" forwarded'

# Neither which agent nor whether there is one is part of the key.
covers CACHE-2
lines 'FROM client' 'RUN --mount=type=ssh echo cached'
build >log
build --ssh "default=$agent_socket" >log
assert_equals "$(strata builds show --format json | jq -r '.steps[-1].outcome')" hit
