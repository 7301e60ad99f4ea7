#!/bin/bash
# The base images of a benchmark come from the user's store as far as that has them: by their digests, too, and then the
# registry may be gone; where a layer of theirs is elsewhere, they are pulled, or the user hears what to do.
. "$(dirname "$0")/lib.sh"
needs_root
command -v docker-registry >/dev/null || skip "docker-registry is not installed"
import_busybox
start_registry
mkdir ctx derived
echo a >ctx/a
strata tag busybox "$here/base"
strata push -q "$here/base" >/dev/null
pinned=$(strata inspect "$here/base" | jq -r --arg of "$here/base@" '.[0].RepoDigests[] | select(startswith($of))')
printf 'FROM %s\nCOPY a /a\nRUN cat /a >/b\n' "$pinned" >ctx/Dockerfile
# bench ARGUMENTS...: cold and again, a round each; the names of the tools that did both
bench() {
  strata bench -n 1 --warm-up 0 --workload cold,no-op --format json "$@" 2>bench.log |
    jq -r '[.tools[].name] + [.workloads[].tools[] | select(.seconds) | .tool] | unique | join(" ")' || { cat bench.log >&2; return 1; }
}

# What a registry has: a store that does not know it pulls it, and a peer does.
assert_equals "$(STRATA_ROOT=$work/empty bench ctx)" strata
if command -v podman >/dev/null; then
  printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$work/podman" "$work/podman-run" >storage.conf
  assert_equals "$(CONTAINERS_STORAGE_CONF=$work/storage.conf BUILDAH_ISOLATION=chroot bench --against podman --network host ctx)" \
    "podman strata"
fi

# Made here on a base whose layers were never read.
export STRATA_ROOT=$work/second
printf 'FROM %s/base\nCOPY Dockerfile /of-mine\n' "$here" >derived/Dockerfile
strata build -q -t my-base:dev derived >/dev/null
printf 'FROM my-base:dev\nCOPY a /a\n' >ctx/mine.Dockerfile
assert_status 1 strata bench -n 1 -f ctx/mine.Dockerfile ctx
assert_contains "$output" "the base image my-base:dev was made here on layers that are still in a registry"
strata save --output /dev/null my-base:dev
assert_equals "$(bench -f ctx/mine.Dockerfile ctx)" strata

# Made here, with ONBUILD, and only a registry has it: nothing can be put on top of it unnoticed.
printf 'FROM %s/base\nONBUILD LABEL a=b\n' "$here" >derived/Dockerfile
strata build -q -t "$here/triggers" --push derived >/dev/null
printf 'FROM %s/triggers\nCOPY a /a\n' "$here" >ctx/triggers.Dockerfile
assert_contains "$(STRATA_ROOT=$work/empty strata bench -n 1 --warm-up 0 -f ctx/triggers.Dockerfile --workload base-moved ctx 2>&1)" \
  "base-moved: not measured, no base image has a name that can stand for another one"

# What this store has needs no registry.
export STRATA_ROOT=$work/store
kill "$registry"
assert_equals "$(bench ctx)" strata

# Of several platforms each stands on its own image, by one name; a peer has room for one of them.
printf 'FROM scratch\nCOPY Dockerfile /d\n' >derived/Dockerfile
strata build -q -t both:1 --platform linux/amd64,linux/arm64 derived >/dev/null
printf 'FROM both:1\nCOPY a /a\n' >ctx/both.Dockerfile
assert_equals "$(strata bench -n 1 --warm-up 0 --workload no-op --platform linux/amd64,linux/arm64 -f ctx/both.Dockerfile ctx |
  grep -oE 'linux/[a-z0-9]+ 2/2' | sort | tr '\n' ' ')" "linux/amd64 2/2 linux/arm64 2/2 "
if command -v podman >/dev/null; then
  assert_status 1 strata bench -n 1 --platform linux/amd64,linux/arm64 --against podman -f ctx/both.Dockerfile ctx
  assert_contains "$output" "the base image both:1 is needed for several platforms, and podman has room for one of them"
fi

# A daemon has images of its own: a base of the same name has to be the same.
if [ -x "$(command -v dockerd || echo /usr/sbin/dockerd)" ]; then
  start_docker
  export DOCKER_HOST=unix://$work/docker.sock
  printf 'FROM busybox\nCOPY a /a\n' >ctx/busybox.Dockerfile
  strata save busybox | docker load -q >/dev/null
  assert_equals "$(bench --against docker -f ctx/busybox.Dockerfile ctx)" "docker strata"
  docker image inspect busybox >/dev/null
  tar -C ctx -c a | docker import - busybox >/dev/null
  assert_status 1 strata bench --against docker -f ctx/busybox.Dockerfile ctx
  assert_contains "$output" "docker has another image by the name busybox"
fi
