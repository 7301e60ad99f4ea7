#!/bin/bash
# One Dockerfile for several platforms: one name, an index, and each image as if it had been built alone.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
host=$(strata inspect busybox | jq -r '.[0].Os + "/" + .[0].Architecture')
host_arch=${host#linux/}
if [ "$host_arch" = arm64 ]; then other=amd64; else other=arm64; fi

mkdir ctx
cat >ctx/Dockerfile <<'EOF'
FROM --platform=$BUILDPLATFORM busybox AS tools
RUN echo run >>/ran && date +%s%N >>/ran
FROM --platform=$BUILDPLATFORM tools AS cross
ARG TARGETARCH TARGETVARIANT BUILDARCH
RUN echo "$BUILDARCH to $TARGETARCH$TARGETVARIANT" >/out
FROM scratch
COPY --from=cross /out /arch
COPY --from=tools /ran /ran
CMD ["/arch"]
EOF

covers PLAT-1 PLAT-5 PLAT-6 STAGE-19 CLI-8 OUT-20
strata build --progress=plain --platform "$host,linux/$other" --platform linux/arm/v7 -t multi:1 \
  --metadata-file meta.json --iidfile iid ctx 2>log
assert_equals "$(grep -c 'RUN echo run' log)" 1
assert_equals "$(grep -c 'COPY --from=tools' log)" 3
index=$(cat iid)
assert_equals "$(jq -r '."containerimage.digest"' meta.json)" "$index"
assert_equals "$(jq -r '."containerimage.descriptor".mediaType' meta.json)" application/vnd.oci.image.index.v1+json
jq -e '."image.name" == "docker.io/library/multi:1" and (has("containerimage.config.digest") | not)' meta.json >/dev/null
blob() { cat "$STRATA_ROOT/blobs/sha256/${1#sha256:}"; }
assert_equals "$(blob "$index" | jq -r '[.manifests[].platform | .architecture + (.variant // "")] | join(" ")')" \
  "$host_arch $other armv7"

covers PROG-1
assert_contains "$(cat log)" "[$host tools 1/2] FROM"
assert_contains "$(cat log)" "[$host->$other cross 1/1] RUN"
assert_contains "$(cat log)" "[$host->arm/v7 cross 1/1] RUN"

covers OUT-22
# One row, one name; each image by its platform.
assert_equals "$(strata images -q --no-trunc multi)" "$index"
assert_equals "$(image_id multi:1)" "$index"
assert_equals "$(strata inspect multi:1 | jq -r '.[0].Manifests | length')" 3
content() { # content PLATFORM: /arch of that image
  strata save --platform "$1" multi:1 >one.tar
  local config layer
  config=$(tar -xOf one.tar manifest.json | jq -r '.[0].Config')
  assert_equals "$(tar -xOf one.tar "$config" | jq -r '.os + "/" + .architecture + (if .variant then "/" + .variant else "" end)')" "$1"
  layer=$(tar -xOf one.tar manifest.json | jq -r '.[0].Layers[0]')
  tar -xOf one.tar "$layer" | tar -xO arch
}
assert_equals "$(content "$host")" "$host_arch to $host_arch"
assert_equals "$(content "linux/$other")" "$host_arch to $other"
assert_equals "$(content linux/arm/v7)" "$host_arch to armv7"
assert_equals "$(strata inspect --platform linux/arm/v7 multi:1 | jq -r '.[0].Variant')" v7
assert_contains "$(strata history --platform linux/arm/v7 multi:1)" "COPY /out /arch"
assert_status 1 strata inspect --platform linux/s390x multi:1
assert_contains "$output" "no linux/s390x"

# Nothing is built again, and the index is the same.
strata build -q --platform "$host,linux/$other,linux/arm/v7" -t multi:2 ctx >id
assert_equals "$(cat id)" "$index"
assert_equals "$(outcomes | sort -u)" hit
assert_contains "$(strata why multi:2)" "of $(strata builds show --format json | jq '.steps | length') steps"

# tag, save, load, rmi take the index as a whole.
strata tag multi:1 other:1
assert_equals "$(image_id other:1)" "$index"
strata save -o multi.tar multi:1
STRATA_ROOT=$work/second strata load -i multi.tar
assert_equals "$(STRATA_ROOT=$work/second image_id multi:1)" "$index"
STRATA_ROOT=$work/third strata load --platform linux/arm/v7 -i multi.tar
assert_equals "$(STRATA_ROOT=$work/third strata inspect multi:1 | jq -r '.[0].Variant')" v7
skopeo inspect --raw oci-archive:multi.tar:1 >/dev/null
assert_status 1 strata rmi "$(strata inspect multi:1 | jq -r '.[0].Manifests[2].Image')"
assert_contains "$output" "several platforms"
strata rmi multi:1 multi:2
strata image prune -f >/dev/null
assert_equals "$(image_id other:1)" "$index"

covers PLAT-10
# An index as a base: the stage's platform chooses.
printf 'FROM other:1\n' >ctx/from
strata build -q -f ctx/from --platform linux/arm/v7 -t based ctx >/dev/null
assert_equals "$(strata inspect based | jq -r '.[0].Variant')" v7
assert_status 1 strata build -f ctx/from --platform linux/s390x ctx
assert_contains "$output" "no linux/s390x"

covers NCTX-9
# As an image in the place of a base it is asked for the stage's platform, whatever the build is for.
printf 'FROM --platform=linux/arm/v7 app\n' >ctx/replaced
strata build -q -f ctx/replaced --platform "$host" --build-context app=docker-image://other:1 -t replaced ctx >/dev/null
assert_equals "$(layers replaced)" "$(strata inspect --platform linux/arm/v7 other:1 | jq -r '.[0].RootFS.Layers[]')"
strata rmi replaced >/dev/null
strata rmi other:1 based >/dev/null
assert_equals "$(strata images -q | wc -l)" 1

covers PLAT-1 PLAT-6 BARG-2
assert_status 125 strata build --platform 'linux/*' ctx
assert_contains "$output" "invalid platform"
strata build -q --platform "local,$host" -t twice ctx >/dev/null
assert_status 1 strata build --platform "$host,linux/$other" --build-arg BUILDKIT_MULTI_PLATFORM=0 ctx
assert_contains "$output" "BUILDKIT_MULTI_PLATFORM=0"
strata build -q --platform "$host" --build-arg BUILDKIT_MULTI_PLATFORM=1 -t forced ctx >id
assert_equals "$(blob "$(cat id)" | jq '.manifests | length')" 1

covers NCTX-3 PLAT-7
# A context for one platform is preferred there; and what is wrong with the file is said once, for the first platform.
mkdir every arm
echo every >every/file
echo arm >arm/file
printf 'FROM scratch AS Last\nARG TARGETARCH\nCOPY --from=files file /$TARGETARCH\nENV A=$NOT_THERE\n' >ctx/Dockerfile
strata build --progress=plain --platform "$host,linux/arm/v7" --build-context "files::linux/arm/v7=arm" \
  --build-context files=every -t sided ctx 2>log
file_of() { # file_of PLATFORM: the one file of that image
  strata save --platform "$1" sided >one.tar
  tar -xOf one.tar "$(tar -xOf one.tar manifest.json | jq -r '.[0].Layers[0]')" | tar -xO
}
assert_equals "$(file_of "$host")" every
assert_equals "$(file_of linux/arm/v7)" arm
assert_equals "$(grep -c 'WARN: StageNameCasing' log)" 1
assert_equals "$(grep -c 'WARN: UndefinedVar' log)" 1
assert_contains "$(cat log)" "2 warnings found"
strata rmi sided >/dev/null

covers CFG-9
assert_equals "$(strata import --platform linux/s390x "$(busybox_tar)" z && strata inspect z | jq -r '.[0].Architecture')" \
  "$(image_id z)"$'\n's390x

covers RUN-16 PLAT-8
# Programs of another processor do not run where nothing is registered for it: said before anything runs.
printf 'FROM z\nRUN echo never\n' >ctx/foreign
assert_status 1 strata build -f ctx/foreign --platform linux/s390x ctx
assert_contains "$output" ">>> RUN echo never"
assert_contains "$output" "install qemu-user-static"
