#!/bin/bash
# Images go to a real registry and come back, between strata, skopeo and podman, in every form; what a registry has is not
# sent, and what nobody reads is not fetched.
. "$(dirname "$0")/lib.sh"
needs_root
start_registry
blobs_read() { grep '"http.request.method":"GET"' registry/log | grep -c '/blobs/' || true; }
uploads() { grep '"http.request.method":"PUT"' registry/log | grep -c '/blobs/uploads/' || true; }
podman() { command podman --root "$work/podman" --runroot "$work/podman-run" --storage-driver vfs "$@"; }
other_store() { export STRATA_ROOT=$work/$1; }

strata import "$(busybox_tar)" "$here/base:1" >/dev/null
mkdir ctx
head -c 2000000 /dev/urandom >ctx/file
printf 'FROM %s\nCOPY file /data/file\nRUN echo made > /made\nCMD ["cat", "/made"]\n' "$here/base:1" >ctx/Dockerfile
strata build -q -t "$here/team/app:1" ctx >/dev/null
id=$(image_id "$here/team/app:1")

# Every form is read by the others, and has the same image in it.
for form in gzip zstd uncompressed; do
  strata push --compression $form --metadata-file meta.json "$here/team/app:1" >out
  digest=$(jq -r '."containerimage.digest"' meta.json)
  assert_contains "$(cat out)" "1: digest: $digest size: "
  assert_equals "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$here/team/app:1")" "$digest"
  podman pull -q --tls-verify=false "$here/team/app:1" >pulled
  assert_equals "sha256:$(cat pulled)" "$id"
  podman rmi -af >/dev/null
  (
    other_store "pull-$form"
    assert_equals "$(strata pull -q "$here/team/app:1")" "$here/team/app:1"
    assert_equals "$(image_id "$here/team/app:1")" "$id"
    assert_equals "$(strata run --rm --network host "$here/team/app:1")" made
    assert_equals "$(strata run --rm --network host "$here/team/app:1" sha256sum /data/file | cut -d' ' -f1)" "$(sha256sum <ctx/file | cut -d' ' -f1)"
    assert_equals "$(strata inspect --format '{{index .RepoDigests 0}}' "$here/team/app:1")" "$here/team/app@$digest"
  )
done

# What others push, pulled and pushed again, keeps its digest; podman's in docker's media types too.
for format in oci v2s2; do
  strata save "$here/team/app:1" >app.tar
  podman load -q -i app.tar >/dev/null
  podman push -q --tls-verify=false --format $format "$here/team/app:1" "docker://$here/podman/app:$format"
  skopeo inspect --tls-verify=false --raw "docker://$here/podman/app:$format" >theirs
  (
    other_store "podman-$format"
    strata pull "$here/podman/app:$format" >out
    assert_contains "$(cat out)" "Digest: sha256:$(sha256sum <theirs | cut -d' ' -f1)"
    strata tag "$here/podman/app:$format" "$here/again/$format:1"
    sent=$(uploads)
    strata push "$here/again/$format:1" >out
    assert_contains "$(cat out)" "Mounted from $here/podman/app"
    assert_equals "$(uploads)" "$((sent + 1))"  # the configuration
    skopeo inspect --tls-verify=false --raw "docker://$here/again/$format:1" | cmp - theirs
    strata save "$here/podman/app:$format" >back.tar
    skopeo inspect --raw "oci-archive:back.tar" >/dev/null
    other_store "loaded-$format"
    strata load -q -i "$work/back.tar"
    assert_equals "$(strata run --rm --network host "$here/podman/app:$format")" made
  )
done

# A second push sends nothing, and says so.
sent=$(uploads)
strata push "$here/team/app:1" >/dev/null
strata push "$here/team/app:1" >out
assert_equals "$(grep -c 'Layer already exists' out)" 3
assert_equals "$(uploads)" "$sent"

# A base is moved only for a step that reads it: labels and linked copies do not, and what is pushed there stays there.
printf 'FROM %s\nCOPY --link file /linked\nLABEL a=b\nENV C=d\n' "$here/team/app:1" >ctx/Dockerfile
(
  other_store lazy
  read=$(blobs_read)
  strata build -q --push -t "$here/team/app:2" ctx >/dev/null
  assert_equals "$(blobs_read)" "$((read + 1))"  # the configuration
  assert_contains "$(strata images)" "$here/team/app"
  strata save "$here/team/app:2" | tar -tf - >/dev/null  # brings what was away
  other_store lazy-layout
  strata build -q -o type=oci,dest=layout.tar ctx
  skopeo inspect --raw oci-archive:layout.tar >/dev/null
  other_store lazy3
  printf 'FROM %s\nRUN cat /made > /read\n' "$here/team/app:2" >ctx/Dockerfile
  strata build --progress=plain -t next ctx 2>log
  assert_contains "$(cat log)" "[pull] $here/team/app"
  assert_equals "$(strata run --rm --network host next cat /read)" made
  cmp <(strata run --rm --network host next cat /linked) ctx/file
)
(
  other_store lazy2
  assert_equals "$(strata run -q --rm --network host "$here/team/app:2" cat /made)" made
)

# --pull: what the registry has now; without it what the store has.
printf 'FROM %s\nRUN cat /made\n' "$here/team/app:moving" >ctx/Dockerfile
for word in one two; do
  printf 'FROM %s\nRUN echo %s > /made\n' "$here/base:1" $word | strata build -q -t "$here/team/app:moving" - >/dev/null
  strata push -q "$here/team/app:moving" >/dev/null
  other_store moving
  [ $word = two ] && { strata build -q ctx >/dev/null; assert_equals "$(strata run --rm --network host "$here/team/app:moving" cat /made)" one; }
  strata build -q --pull ctx >/dev/null
  assert_equals "$(strata run --rm --network host "$here/team/app:moving" cat /made)" $word
  other_store store
done
other_store moving
assert_equals "$(strata run --rm --network host --pull always -q "$here/team/app:1")" made
assert_status 125 strata run --rm --network host --pull never "$here/team/app:nowhere"
assert_status 125 strata run --rm --network host "$here/team/app:nowhere"
assert_contains "$output" "Unable to find image '$here/team/app:nowhere' locally"
assert_contains "$output" "404"

# All tags, there and back.
other_store store
strata tag "$here/team/app:1" "$here/many/app:a"
strata tag "$here/team/app:moving" "$here/many/app:b"
strata push -q -a "$here/many/app" >out
assert_equals "$(sort out | tr '\n' ' ')" "$here/many/app:a $here/many/app:b "
other_store many
strata pull -a "$here/many/app" >/dev/null
assert_equals "$(strata images --format '{{.Tag}}' "$here/many/app" | sort | tr '\n' ' ')" "a b "
strata rmi "$here/many/app:a" >/dev/null
assert_equals "$(strata images -q | wc -l)" 1

# By digest there is a repository and no tag.
digest=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$here/team/app:1")
other_store digest
strata pull "$here/team/app@$digest" >/dev/null
assert_equals "$(strata images --format '{{.Repository}} {{.Tag}}')" "$here/team/app <none>"
assert_equals "$(strata run --rm --network host "$here/team/app@$digest")" made
strata system prune -f >/dev/null
assert_equals "$(strata images -q | wc -l)" 1

# What is wrong is said.
assert_status 1 strata push "$here/team/nothing"
assert_contains "$output" "An image does not exist locally with the tag: $here/team/nothing"
assert_status 1 strata pull "$here/team/nothing"
assert_contains "$output" "404"
assert_status 1 strata pull -a "$here/team/app:1"
assert_contains "$output" "tag can't be used with --all-tags/-a"
assert_status 125 strata push --compression best "$here/team/app:1"
assert_contains "$output" "invalid compression 'best'"
assert_status 125 strata push --compression-level 99 "$here/team/app:1"
for command in pull push "image inspect --remote"; do
  assert_status 125 strata $command --platform bogus "$here/team/app:1"
  assert_contains "$output" '"bogus" is an invalid platform'
done
for command in pull "image inspect --remote"; do
  assert_status 1 strata $command --platform linux/foo "$here/team/app:1"
  assert_contains "$output" "does not match the specified platform: wanted linux/foo, actual: linux/"
done
assert_status 125 strata run --pull always --platform linux/foo "$here/team/app:1"
assert_contains "$output" "wanted linux/foo"
assert_status 75 strata pull 127.0.0.1:1/app
STRATA_ROOT=$work/store strata tag "$here/team/app:1" 127.0.0.1:1/app
STRATA_ROOT=$work/store assert_status 75 strata push 127.0.0.1:1/app
