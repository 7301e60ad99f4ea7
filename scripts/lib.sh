# Shared by the scripts: where things are, what must be installed, how to say so. Sourced, not run.
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages=(g++ cmake ninja-build ccache pkg-config llvm-19-dev libtbb-dev libarchive-dev libzstd-dev libisal-dev
  libxxhash-dev libssl-dev libcurl4-openssl-dev libsqlite3-dev libseccomp-dev libcli11-dev zlib1g-dev)
run_packages=(crun runc busybox-static)
test_packages=(libgtest-dev libgmock-dev libbenchmark-dev skopeo podman docker.io mmdebstrap git jq curl attr python3
  busybox-static tar xz-utils zstd util-linux procps)

say() { printf '\n==> %s\n' "$*"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# install_missing PACKAGE...: says what is missing and installs it. Asks nothing; with all there it touches no network.
install_missing() {
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    echo "missing: ${missing[*]}; install them as root, or install sudo" >&2
    exit 1
  fi
  say "installing what is missing: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# build_preset PRESET TARGET...: configures and builds.
build_preset() {
  local preset=$1
  shift
  say "building the $preset preset"
  cmake --preset "$preset" -S "$source_dir" >/dev/null
  cmake --build "$source_dir/build/$preset" --parallel "$(nproc)" --target "$@"
}
