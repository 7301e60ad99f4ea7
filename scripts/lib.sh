# Shared by the scripts: where things are, what must be installed, how to say so. Sourced, not run.
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Reasons: docs/dependencies.md.
build_packages=(g++ cmake ninja-build ccache git llvm-19-dev libtbb-dev libarchive-dev libzstd-dev libisal-dev
  libxxhash-dev libssl-dev libcurl4-openssl-dev libsqlite3-dev libseccomp-dev libcli11-dev libtomlplusplus-dev zlib1g-dev
  libncurses-dev node-d3)
run_packages=(crun runc busybox-static netavark aardvark-dns iptables tini uidmap
  slirp4netns procps)
test_packages=(libgtest-dev libgmock-dev libbenchmark-dev skopeo podman docker.io docker-registry mmdebstrap debian-archive-keyring
  ca-certificates jq curl attr libcap2-bin openssh-client openssh-server python3 openssl tar xz-utils zstd util-linux procps iproute2
  faketime qemu-user-static fish zsh groff-base dpkg-dev)
# Ubuntu has its browser as a snap, which drives no test.
if [ "$(. /etc/os-release && echo "$ID")" = debian ]; then test_packages+=(chromium chromium-driver); fi
fuzz_packages=(clang-19 libclang-rt-19-dev)

say() { printf '\n==> %s\n' "$*"; }

# May a person be asked? Not in CI, not without a terminal.
may_ask() { [ "${CI:-}" != true ] && [ -t 0 ] && [ -t 2 ]; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif may_ask; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# install_missing PACKAGE...: says what is missing and installs it; where nothing is, no network is touched.
install_missing() {
  local missing=() package
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "missing, to be installed by apt-get: ${missing[*]}"
  if ! command -v apt-get >/dev/null; then
    echo "this is neither Debian nor Ubuntu: install what these packages hold (docs/dependencies.md)" >&2
    exit 1
  fi
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    echo "run this as root, or install sudo" >&2
    exit 1
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# build_preset PRESET [-DNAME=VALUE...] TARGET...: configures and builds.
build_preset() {
  local preset=$1 settings=()
  shift
  while [[ ${1:-} == -D* ]]; do
    settings+=("$1")
    shift
  done
  say "building the $preset preset"
  (cd "$source_dir" && cmake --preset "$preset" "${settings[@]}" >/dev/null)
  cmake --build "$source_dir/build/$preset" --parallel "$(nproc)" --target "$@"
}
