#!/bin/bash
# Images move between registries without this machine keeping anything; lists of platforms are put together; what a
# registry has can be looked at without pulling it.
. "$(dirname "$0")/lib.sh"
. "$STRATA_SOURCE_DIR/tests/e2e/registry_lib.sh"
needs_root

export DOCKER_CONFIG=$PWD/docker XDG_CONFIG_HOME=$PWD/config
named_registry first
named_registry second
mkdir ctx
head -c 300000 /dev/urandom >ctx/file
printf 'FROM scratch\nARG TARGETARCH\nCOPY file /$TARGETARCH\nLABEL kept=yes\nCMD ["/x"]\n' >ctx/Dockerfile
strata build -q --platform linux/amd64,linux/arm64 --push -t "$first/team/app:v1" ctx >/dev/null
strata build -q --platform linux/amd64 --push -t "$first/team/amd:v1" ctx >/dev/null
strata build -q --platform linux/arm64 --push -t "$first/team/arm:v1" ctx >/dev/null
digest_of() { skopeo inspect --tls-verify=false --raw "docker://$1" | sha256sum | cut -d' ' -f1; }

# A whole index, as it is; the second time nothing is sent.
assert_equals "$(strata copy "$first/team/app:v1" "$second/copies/app:v2" 2>log)" "sha256:$(digest_of "$first/team/app:v1")"
assert_equals "$(digest_of "$second/copies/app:v2")" "$(digest_of "$first/team/app:v1")"
assert_contains "$(cat log)" "copy "
skopeo copy -q --all --src-tls-verify=false "docker://$second/copies/app:v2" oci:back:latest
sent=$(requests second PUT /blobs/uploads/)
strata copy -q "$first/team/app:v1" "$second/copies/app:v3" >/dev/null
assert_equals "$(requests second PUT /blobs/uploads/)" "$sent"
# Within one registry blobs are taken over, not sent.
strata copy -q "$second/copies/app:v2" "$second/other/app:v1" >/dev/null
assert_equals "$(requests second PUT /blobs/uploads/)" "$sent"
assert_equals "$(digest_of "$second/other/app:v1")" "$(digest_of "$first/team/app:v1")"
# One platform of it.
strata copy -q --platform linux/arm64 "$first/team/app:v1" "$second/copies/app:arm" >/dev/null
assert_equals "$(skopeo inspect --tls-verify=false --override-arch arm64 "docker://$second/copies/app:arm" | jq -r .Architecture)" arm64
assert_status 1 strata copy -q --platform linux/s390x "$first/team/app:v1" "$second/copies/app:no"
assert_contains "$output" "it has linux/amd64, linux/arm64"
assert_status 75 strata copy -q "$first/team/app:v1" 127.0.0.1:1/app
assert_equals "$(grep -c 127.0.0.1:1/v2 <<<"$output")" 1
assert_status 75 strata build -q --push -t 127.0.0.1:1/app ctx
assert_equals "$(grep -c 127.0.0.1:1/v2 <<<"$output")" 1
assert_status 75 strata build https://127.0.0.1:1/x.git

# One platform of an index that goes back takes the place of all: said, with the way out.
STRATA_ROOT=$work/one strata pull -q "$first/team/app:v1" >/dev/null
STRATA_ROOT=$work/one strata tag "$first/team/app:v1" "$first/team/app:fresh"
assert_lacks "$(STRATA_ROOT=$work/one strata push "$first/team/app:fresh" 2>&1)" WARNING
strata copy -q "$first/team/app:v1" "$first/team/app:many" >/dev/null
STRATA_ROOT=$work/one strata tag "$first/team/app:v1" "$first/team/app:many"
output=$(STRATA_ROOT=$work/one strata push "$first/team/app:many" 2>&1)
assert_contains "$output" "WARNING: $first/team/app:many leads to an index of several platforms there"
assert_contains "$output" "strata copy $first/team/app@sha256:$(digest_of "$first/team/app:v1") $first/team/app:many"

# Tags, in the registry.
assert_equals "$(strata tags "$second/copies/app" | sort | tr '\n' ' ')" "arm v2 v3 "
assert_equals "$(strata tags --format json "$second/copies/app" | jq -r '.Tags | length')" 3
assert_status 1 strata tags "$second/none"

# Without pulling.
assert_equals "$(strata image inspect --remote "$first/team/app:v1" | jq -r '.[0].Config.Labels.kept')" yes
assert_equals "$(strata inspect --remote --platform linux/arm64 --format '{{.Architecture}}' "$first/team/app:v1")" arm64
assert_equals "$(strata inspect --remote --format '{{index .RepoDigests 0}}' "$first/team/app:v1")" "$first/team/app@sha256:$(digest_of "$first/team/app:v1")"
strata inspect --remote "$second/copies/app:v2" >/dev/null
assert_lacks "$(strata images)" copies/app

# A list of platforms.
list=$second/made/app:v1
assert_equals "$(strata manifest create "$list" "$first/team/amd:v1" "$first/team/arm:v1")" "Created manifest list $list"
assert_status 1 strata manifest create "$list" "$first/team/amd:v1"
assert_contains "$output" "refusing to amend an existing manifest list with no --amend flag"
strata manifest annotate --os-features seccomp --variant v8 "$list" "$first/team/arm:v1"
assert_status 1 strata manifest annotate --os linux "$list" "$first/team/none:v1"
assert_status 1 strata manifest annotate --arch bogus "$list" "$first/team/arm:v1"
assert_contains "$output" "unsupported os/arch combination: linux/bogus"
assert_equals "$(strata manifest inspect "$list" | jq -c '.manifests[1].platform')" '{"architecture":"arm64","os":"linux","os.features":["seccomp"],"variant":"v8"}'
assert_equals "$(strata manifest inspect "$list" "$first/team/arm:v1" | jq -c .)" "$(skopeo inspect --tls-verify=false --raw "docker://$first/team/arm:v1" | jq -c .)"
digest=$(strata manifest push --purge "$list" | tail -1)
assert_equals "$digest" "sha256:$(digest_of "$list")"
assert_status 1 strata manifest push "$list"
assert_contains "$output" "No such manifest: $list"
assert_equals "$(strata manifest inspect "$list" | jq -r '[.manifests[].platform.architecture] | join(" ")')" "amd64 arm64"
assert_equals "$(strata manifest inspect -v "$list" | jq -r '.[1].OCIManifest.layers | length')" 1
assert_equals "$(strata manifest inspect -v "$first/team/amd:v1" | jq -r .Descriptor.platform.architecture)" amd64
skopeo copy -q --all --src-tls-verify=false "docker://$list" oci:made:latest
strata manifest create "$list" "$first/team/amd:v1" >/dev/null
strata manifest rm "$list"
assert_status 1 strata manifest rm "$list"

# What refers to an image: by the tag that stands for the API that this registry has not got.
subject=$(digest_of "$first/team/amd:v1")
assert_equals "$(strata referrers -q "$first/team/amd:v1")" ""
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s,"artifactType":"application/example"}]}' \
  "$subject" "$(skopeo inspect --tls-verify=false --raw "docker://$first/team/amd:v1" | wc -c)" >index.json
curl -sf -X PUT -H 'Content-Type: application/vnd.oci.image.index.v1+json' --data-binary @index.json "http://$first/v2/team/amd/manifests/sha256-$subject"
assert_equals "$(strata referrers -q "$first/team/amd:v1")" "sha256:$subject"
assert_contains "$(strata referrers "$first/team/amd:v1")" application/example
assert_equals "$(strata referrers -q --artifact-type application/other "$first/team/amd:v1")" ""
