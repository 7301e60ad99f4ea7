# Shared by the scenarios: each is one bash script that sources this, gets a fresh store and a work directory that vanish at
# the end, and fails at the first command that does. Status 77 says that it cannot run here, with the reason printed.
set -euo pipefail
: "${STRATA:?path of the program}" "${STRATA_SOURCE_DIR:?path of the source}"

work=$(mktemp -d /var/tmp/strata-e2e-XXXXXX)
cache=${STRATA_TEST_CACHE:-$STRATA_SOURCE_DIR/build/cache}
export STRATA_ROOT=$work/store
mkdir -p "$cache"
cleanups=()
at_end() { cleanups+=("$*"); }
# The supervisor of a network's last container stays for two seconds, in case another one comes.
await_supervisors() {
  for _ in $(seq 60); do
    pgrep -f "$work.*container-supervisor" >/dev/null || return 0
    sleep 0.1
  done
}
finish() {
  local status=$? i
  for ((i = ${#cleanups[@]} - 1; i >= 0; i--)); do eval "${cleanups[i]}" || true; done
  await_supervisors
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
cd "$work"

fail() { echo "FAILED: $*" >&2; exit 1; }
skip() { echo "skipped: $*"; exit 77; }
needs_root() { [ "$(id -u)" = 0 ] || skip "needs root: mounts and namespaces"; }
strata() { "$STRATA" "$@"; }

# covers ID...: the statements of the language that the lines below prove; scripts/dockerfile-support collects them.
covers() { :; }

# assert_contains TEXT PART / assert_lacks TEXT PART / assert_equals GOT WANTED
assert_contains() { [[ $1 == *"$2"* ]] || fail "expected '$2' in:"$'\n'"$1"; }
assert_lacks() { [[ $1 != *"$2"* ]] || fail "unexpected '$2' in:"$'\n'"$1"; }
assert_equals() { [ "$1" = "$2" ] || fail "got '$1', wanted '$2'"; }
# assert_status WANTED COMMAND...: output of both streams in $output
assert_status() {
  local wanted=$1 status=0
  shift
  output=$("$@" 2>&1) || status=$?
  [ "$status" = "$wanted" ] || fail "'$*' gave status $status, wanted $wanted:"$'\n'"$output"
}

# made_once FILE COMMAND...: a cached file, made by the first test that needs it.
made_once() {
  local file=$cache/$1
  shift
  if [ ! -w "$cache" ] && [ -e "$file" ]; then  # of somebody else's, made before
    echo "$file"
    return
  fi
  (
    flock 9
    [ -e "$file" ] || "$@" "$file"
  ) 9>"$file.lock"
  echo "$file"
}
busybox_tar() { made_once busybox.tar "$STRATA_SOURCE_DIR/scripts/make-busybox-base"; }
debian_tar() { made_once debian.tar "$STRATA_SOURCE_DIR/scripts/make-debian-base"; }
node_tar() { made_once node.tar "$STRATA_SOURCE_DIR/scripts/make-node-base"; }
import_busybox() { strata import "$(busybox_tar)" "${1:-busybox}" >/dev/null; }

# serve_registry DIRECTORY [SETTINGS]: a docker-registry of this test's own below DIRECTORY, with further lines of
# configuration: $here is where, $registry its process; DIRECTORY/log has a JSON object a request
serve_registry() {
  here=127.0.0.1:$(free_port)
  mkdir -p "$1"
  cat >"$1/config.yml" <<END
version: 0.1
log: {level: info, formatter: json}
storage: {delete: {enabled: true}, filesystem: {rootdirectory: $PWD/$1/data}}
http:
  addr: $here
${2:-}
END
  docker-registry serve "$1/config.yml" >>"$1/log" 2>&1 &
  registry=$!
  at_end "kill $registry"
  for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/${here/:/\/}") 2>/dev/null && return
    sleep 0.1
  done
  fail "docker-registry does not answer: $(tail -5 "$1/log")"
}
# start_registry: one that is open to all
start_registry() { serve_registry registry; }

# start_docker: a docker daemon of this test's own with nothing but image storage, which `docker` then speaks to
start_docker() {
  local dockerd daemon
  dockerd=$(command -v dockerd || echo /usr/sbin/dockerd)
  [ -x "$dockerd" ] || skip "dockerd is not installed (package docker.io)"
  "$dockerd" --data-root "$work/docker" --exec-root "$work/docker-run" -H "unix://$work/docker.sock" -p "$work/docker.pid" \
    --bridge none --iptables=false --ip6tables=false --storage-driver vfs >docker.log 2>&1 &
  daemon=$!
  at_end "kill $daemon 2>/dev/null; wait $daemon 2>/dev/null"
  docker() { command docker -H "unix://$work/docker.sock" "$@"; }
  for _ in $(seq 150); do docker version >/dev/null 2>&1 && return; sleep 0.2; done
  tail -n 30 docker.log
  fail "dockerd does not start"
}

# outcomes: how each step of the last build ended, one word a line
outcomes() { strata builds show --format json | jq -r '.steps[].outcome'; }
# layers IMAGE: its diffIDs
layers() { strata inspect "$1" | jq -r '.[0].RootFS.Layers[]'; }
image_id() { strata inspect "$1" | jq -r '.[0].Id'; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
