#!/bin/bash
# docker pulls what strata pushes, image by image and a list by platform, and strata pulls what docker pushes.
. "$(dirname "$0")/lib.sh"
needs_root
start_docker
start_registry
other_store() { export STRATA_ROOT=$work/$1; }

import_busybox
mkdir ctx
head -c 2000000 /dev/urandom >ctx/file
printf 'FROM busybox\nCOPY file /data/file\nRUN echo made > /made\nCMD ["cat", "/made"]\n' >ctx/Dockerfile
strata build -q -t "$here/team/app:1" ctx >/dev/null
id=$(image_id "$here/team/app:1")

strata push --metadata-file meta.json "$here/team/app:1" >/dev/null
docker pull -q "$here/team/app:1" >/dev/null
assert_equals "$(docker images -q --no-trunc "$here/team/app:1")" "$id"
assert_equals "$(docker inspect -f '{{index .RepoDigests 0}}' "$here/team/app:1")" \
  "$here/team/app@$(jq -r '."containerimage.digest"' meta.json)"

# The daemon's own form of the image, pushed by it, comes back as the same image.
docker tag "$here/team/app:1" "$here/docker/app:1"
docker push -q "$here/docker/app:1" >/dev/null
(
  other_store from-docker
  strata pull -q "$here/docker/app:1" >/dev/null
  assert_equals "$(image_id "$here/docker/app:1")" "$id"
  assert_equals "$(strata run --rm --network host "$here/docker/app:1")" made
)

# Of a list docker takes the image of its platform.
printf 'FROM scratch\nARG TARGETARCH\nCOPY file /$TARGETARCH\n' >ctx/Dockerfile
strata build -q --push --platform linux/amd64,linux/arm64 -t "$here/team/list:1" ctx >/dev/null
docker pull -q --platform linux/arm64 "$here/team/list:1" >/dev/null
assert_equals "$(docker inspect -f '{{.Architecture}}' "$here/team/list:1")" arm64
