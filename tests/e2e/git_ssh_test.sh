#!/bin/bash
# Repositories behind ssh and behind git's own protocol, as sources, contexts and named contexts: reached with the agents
# and keys that --ssh offers, and with nothing else.
# A network of its own: the scp form cannot name a port. And a home directory whose keys must not count.
[ "$(id -u)" != 0 ] || [ -n "${STRATA_TEST_NETWORK:-}" ] || STRATA_TEST_NETWORK=own exec unshare -nm bash "$0"
. "$(dirname "$0")/lib.sh"
needs_root
for program in /usr/sbin/sshd "$(git --exec-path)/git-daemon" /usr/bin/ssh-agent; do
  [ -x "$program" ] || skip "$program is not installed (openssh-server, openssh-client, git)"
done
busybox ip link set lo up
unset SSH_AUTH_SOCK SSH_AGENT_PID SOURCE_DATE_EPOCH
import_busybox
mkdir ctx home home/.ssh srv
build() { strata build --progress plain "$@" 2>&1; }
lines() { printf '%s\n' "$@" >ctx/Dockerfile; }
# wait_for_port PORT: until something listens there
wait_for_port() {
  for ((i = 0; i < 100; i++)); do (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return; sleep 0.1; done
  fail "nothing listens on port $1"
}

# A server with one key that opens it.
for key in first other host new-host; do ssh-keygen -q -t ed25519 -N '' -C "$key" -f "$key"; done
cp first home/.ssh/id_ed25519
mount --bind home "$(getent passwd root | cut -d: -f6)"
cp first.pub authorized
mkdir -p /run/sshd
start_sshd() { # start_sshd HOSTKEY
  cat >sshd_config <<END
ListenAddress 127.0.0.1
Port 22
Port 2222
HostKey $work/$1
PidFile none
AuthorizedKeysFile $work/authorized
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
END
  /usr/sbin/sshd -D -f sshd_config -E sshd.log &
  sshd=$!
  wait_for_port 2222
}
start_sshd host
at_end 'kill $sshd'
agent_socket=$work/agent.sock
agent=$(ssh-agent -s -a "$agent_socket" | sed -n 's/^SSH_AGENT_PID=\([0-9]*\).*/\1/p')
at_end "kill $agent"
SSH_AUTH_SOCK=$agent_socket ssh-add -q first

# A repository with a submodule, and what publishes a new commit of it.
export GIT_CONFIG_GLOBAL=/dev/null GIT_COMMITTER_DATE='1700000000 +0000' GIT_AUTHOR_DATE='1700000000 +0000'
export GIT_AUTHOR_NAME=Test GIT_AUTHOR_EMAIL=test@example.com GIT_COMMITTER_NAME=Test GIT_COMMITTER_EMAIL=test@example.com
git init -q -b main inner
echo inside >inner/i
git -C inner add -A
git -C inner commit -q -m inner
git clone -q --bare inner srv/inner.git
git init -q -b main repo
git -C repo -c protocol.file.allow=always submodule --quiet add "$work/srv/inner.git" module
git -C repo config -f .gitmodules submodule.module.url ../inner.git
mkdir repo/sub
printf 'FROM busybox\nCOPY . /c/\nRUN echo "f is $(cat /c/f), of $(stat -c %%Y /c/f)"; cat /c/module/i; ls -a /c\n' >repo/Dockerfile
printf 'FROM busybox\nCOPY . /c/\nRUN echo "g is $(cat /c/g)"\n' >repo/sub/Dockerfile
echo "in sub" >repo/sub/g
git init -q -b main --bare srv/x.git
publish() { # publish TEXT: the next commit, whose file f says so
  echo "$1" >repo/f
  git -C repo add -A
  git -C repo commit -q -m "$1"
  git -C repo push -q "$work/srv/x.git" main
}
publish one
url=ssh://root@127.0.0.1:2222$work/srv/x.git
scp=root@localhost:$work/srv/x.git

covers ADD-30
lines 'FROM busybox' "ADD $url /d" 'RUN echo "f is $(cat /d/f)"'
output=$(build ctx) && fail 'the repository came without a key'
assert_contains "$output" 'Permission denied'
assert_contains "$output" '--ssh default'
output=$(SSH_AUTH_SOCK=$agent_socket build ctx) && fail 'an agent was used that was not offered'
output=$(build --ssh "other=$agent_socket" ctx) && fail 'the agent of another name was used'
output=$(build --ssh "default=$work/other" ctx) && fail 'a key opened what it should not'
assert_contains "$output" 'Permission denied'
output=$(SSH_AUTH_SOCK=$agent_socket build --ssh default ctx) || fail "$output"
assert_contains "$output" 'f is one'
publish two
output=$(build --ssh "default=$work/first" ctx) || fail "$output"
assert_contains "$output" 'f is two'
publish three
output=$(build --ssh "default=$agent_socket" --ssh "other=$work/other" ctx) || fail "$output"
assert_contains "$output" 'f is three'
[ -z "$(find "$STRATA_ROOT" -name 'ssh-agent-*')" ] || fail 'the agent left its directory'
! grep -rlF -e "$(sed -n 2p first)" "$STRATA_ROOT" || fail 'the store holds a key'
# However deep the store lies, whose paths are longer than a socket's can be.
deep=$work/$(printf 'a%.0s' {1..60})/$(printf 'b%.0s' {1..60})
lines 'FROM scratch' "ADD $url /d"
output=$(STRATA_ROOT=$deep build --ssh "default=$work/first" ctx) || fail "$output"
lines 'FROM busybox' "ADD $url /d" 'RUN echo "f is $(cat /d/f)"'
# The mirror and the checked out files are there; the server is asked all the same.
output=$(build ctx) && fail 'an earlier build opened the repository for this one'

# Hosts are known by what they show at the first visit.
covers ADD-30
assert_equals "$(cut -d ' ' -f 1-3 "$STRATA_ROOT/sources/known_hosts")" "[127.0.0.1]:2222 $(cut -d ' ' -f 1-2 host.pub)"
kill "$sshd"
wait "$sshd" || true
start_sshd new-host
output=$(build --ssh "default=$work/first" ctx) && fail 'another host was taken for the known one'
assert_contains "$output" 'Host key verification failed'
assert_contains "$output" "the host's key is not the one of the first visit"
rm "$STRATA_ROOT/sources/known_hosts"
output=$(build --ssh "default=$work/first" ctx) || fail "$output"

# A context in scp form: with the user's own agent, or the one that is named.
covers CTX-4 ADD-20 ADD-27
output=$(build "$scp") && fail 'the context came without a key'
assert_contains "$output" 'Permission denied'
output=$(SSH_AUTH_SOCK=$agent_socket build "$scp") || fail "$output"
assert_contains "$output" 'f is three'
assert_contains "$output" ' inside' # the submodule, behind ssh too
assert_lacks "$output" $' .git\n'
SSH_AUTH_SOCK=$agent_socket build --ssh "default=$work/other" "$scp" >log && fail 'the agent that was not named was used'
output=$(build --ssh "default=$work/first" "$scp#main:sub") || fail "$output"
assert_contains "$output" 'g is in sub'
publish four
output=$(build --ssh "default=$work/first" --build-arg BUILDKIT_CONTEXT_KEEP_GIT_DIR=1 "$url") || fail "$output"
assert_contains "$output" 'f is four'
assert_contains "$output" $' .git\n'
output=$(SOURCE_DATE_EPOCH=1800000000 build --ssh "default=$work/first" "$url") || fail "$output"
assert_contains "$output" 'f is four, of 1700000000'

covers NCTX-1
lines 'FROM busybox' 'COPY --from=repo f /f' 'RUN echo "f is $(cat /f)"'
publish five
output=$(build --build-context "repo=$scp" ctx) && fail 'the named context came without a key'
output=$(build --build-context "repo=$scp" --ssh "default=$work/first" ctx) || fail "$output"
assert_contains "$output" 'f is five'
output=$(build --build-context "repo=$url" --ssh "default=$work/first" ctx) || fail "$output"
assert_contains "$output" CACHED

# git's own protocol, of which nobody asks who comes.
covers CTX-4 ADD-20 NCTX-1
"$(git --exec-path)/git-daemon" --export-all --base-path="$work/srv" --listen=127.0.0.1 --reuseaddr --log-destination=none &
at_end "kill $!"
wait_for_port 9418
publish six
output=$(build git://127.0.0.1/x.git) || fail "$output"
assert_contains "$output" 'f is six'
assert_contains "$output" ' inside'
output=$(build --no-cache git://127.0.0.1/x.git#main:sub) || fail "$output"
assert_contains "$output" 'g is in sub'
output=$(SOURCE_DATE_EPOCH=1800000000 build --no-cache git://127.0.0.1:9418/x.git) || fail "$output"
assert_contains "$output" 'f is six, of 1700000000'
output=$(build --build-context repo=git://127.0.0.1/x.git ctx) || fail "$output"
assert_contains "$output" 'f is six'
lines 'FROM busybox' 'ADD git://127.0.0.1/x.git?subdir=sub /d' 'RUN echo "g is $(cat /d/g)"'
output=$(build ctx) || fail "$output"
assert_contains "$output" 'g is in sub'
output=$(build git://127.0.0.1/none.git) && fail 'a repository that is not there was built'
assert_contains "$output" 'unable to prepare context'
