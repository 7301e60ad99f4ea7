#!/bin/bash
# What is built goes to a real registry: by name, by digest, as an index; what is there is not sent again.
. "$(dirname "$0")/lib.sh"
needs_root

start_registry
uploads() { grep '"http.request.method":"PUT"' registry/log | grep -c '/blobs/uploads/' || true; }

import_busybox
mkdir ctx
echo one >ctx/file
printf 'FROM busybox\nCOPY file /file\nRUN echo made > /made\nCMD ["cat", "/file"]\n' >ctx/Dockerfile

covers OUT-3 OUT-12
strata build -q --push -t "$here/team/app:v1" -t "$here/team/app:latest" --metadata-file meta.json ctx
digest=$(jq -r '."containerimage.digest"' meta.json)
assert_equals "$(strata inspect --format '{{index .RepoDigests 0}}' "$here/team/app:v1")" "$here/team/app@$digest"
assert_equals "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$here/team/app:v1")" "$digest"
assert_equals "$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$here/team/app:latest")" "$digest"
skopeo copy -q --src-tls-verify=false "docker://$here/team/app:v1" docker-archive:back.tar:app:back
strata load -q -i back.tar >/dev/null
assert_equals "$(strata run --rm --network host app:back)" one
assert_contains "$(strata images)" "$here/team/app"

covers OUT-11
sent=$(uploads)
strata build -q --push -t "$here/team/app:again" ctx >/dev/null
assert_equals "$(uploads)" "$sent"
echo two >ctx/file
strata build -q --push -t "$here/team/app:v2" ctx >/dev/null
assert_equals "$(uploads)" "$((sent + 2))"  # the changed COPY and the configuration; the RUN on it left what it left before

covers OUT-12
strata build -q -o "type=registry,name=$here/team/nameless,push-by-digest=true" --metadata-file by-digest.json ctx >/dev/null
digest=$(jq -r '."containerimage.digest"' by-digest.json)
skopeo inspect --tls-verify=false --raw "docker://$here/team/nameless@$digest" >/dev/null
assert_status 1 skopeo inspect --tls-verify=false --raw "docker://$here/team/nameless:latest"

# Several platforms are one index.
printf 'FROM scratch\nARG TARGETARCH\nCOPY file /$TARGETARCH\n' >ctx/Dockerfile
strata build -q --platform linux/amd64,linux/arm64 --push -t "$here/team/multi" ctx >/dev/null
assert_equals "$(skopeo inspect --tls-verify=false --raw "docker://$here/team/multi" | jq -r '[.manifests[].platform.architecture] | join(" ")')" "amd64 arm64"
skopeo copy -q --all --src-tls-verify=false "docker://$here/team/multi" oci:multi:latest

# A registry that is not there fails the build and says which.
output=$(strata build --push -t "$here/team/app:v1" ctx 2>&1)
assert_contains "$output" "pushed $here/team/app:v1@$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$here/team/app:v1")"
assert_status 75 strata build --push -t 127.0.0.1:1/app ctx
assert_contains "$output" "push 127.0.0.1:1/app"
