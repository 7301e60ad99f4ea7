#!/bin/bash
# What `strata build` makes of a result: layouts that skopeo and podman read, files in directories and tars, one layer of
# all, times of SOURCE_DATE_EPOCH, and what it tells about them.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
echo hello >ctx/a
cat >ctx/Dockerfile <<'END'
FROM busybox
WORKDIR /made
COPY a /a
RUN echo one > /one && chown 7:8 /one && ln /one /hard && mkdir /gone && echo x > /gone/x
RUN rm -r /gone && rm /etc/passwd && echo two > /two
LABEL written=yes
CMD ["cat", "/one"]
END
build() { strata build -q "$@" ctx; }
index() { tar -xOf "$1" index.json; }
# blob TAR DIGEST: the bytes
blob() { tar -xOf "$1" "blobs/sha256/${2#sha256:}"; }
manifest() { blob "$1" "$(index "$1" | jq -r '.manifests[0].digest')"; }

# Without an output the image is in the store.
covers OUT-2 CLI-10
id=$(build -t app)
assert_equals "$(image_id app)" "$id"
[[ $id =~ ^sha256:[0-9a-f]{64}$ ]] || fail "-q prints '$id'"

covers OUT-1 OUT-6 OUT-7 CLI-11
build -t app:1 -t other/app:2 -o type=oci,dest=app.tar -o type=local,dest=files >/dev/null
assert_equals "$(tar -xOf app.tar oci-layout)" '{"imageLayoutVersion":"1.0.0"}'
index app.tar | jq -e '.manifests | length == 2 and all(.annotations["org.opencontainers.image.created"] | startswith("20"))' >/dev/null
index app.tar | jq -e '[.manifests[].annotations["io.containerd.image.name"]] == ["docker.io/library/app:1", "docker.io/other/app:2"]' >/dev/null
index app.tar | jq -e '[.manifests[].annotations["org.opencontainers.image.ref.name"]] == ["1", "2"]' >/dev/null
assert_equals "$(manifest app.tar | jq -r .config.digest)" "$id"
skopeo copy -q oci-archive:app.tar:1 dir:skopeo
podman=(podman --root "$work/podman" --runroot "$work/podman-run" --storage-driver vfs)
"${podman[@]}" pull -q oci-archive:app.tar:1 >podman.log 2>&1 || { cat podman.log; fail "podman pull"; }
assert_equals "sha256:$("${podman[@]}" images -q --no-trunc | head -n 1 | sed s/sha256://)" "$id"
build -o type=oci,tar=false,dest=layout
cmp <(jq -S . layout/index.json) <(build -o type=oci | tar -xO index.json | jq -S .) || fail "directory and standard output differ"
skopeo inspect oci:layout >/dev/null
assert_status 125 strata build -o type=oci,tar=false ctx
assert_contains "$output" "dest is required"

# New layers are gzip unless said otherwise, the base's stay what they are.
covers OUT-9 OUT-10
types() { manifest "$1" | jq -r '[.layers[].mediaType | sub(".*(layer.v1|rootfs.diff)[.]"; "")] | join(" ")'; }
assert_equals "$(types app.tar)" "tar tar+gzip tar+gzip tar+gzip tar+gzip"
build -o type=oci,dest=zstd.tar,compression=zstd,compression-level=19,force-compression=true
assert_equals "$(types zstd.tar)" "tar+zstd tar+zstd tar+zstd tar+zstd tar+zstd"
build -o type=oci,dest=plain.tar,compression=uncompressed
assert_equals "$(types plain.tar)" "tar tar tar tar tar"
build -o type=oci,dest=forced.tar,force-compression=true
assert_equals "$(types forced.tar)" "tar+gzip tar+gzip tar+gzip tar+gzip tar+gzip"
for tar in zstd.tar plain.tar forced.tar; do
  assert_equals "$(manifest "$tar" | jq -r .config.digest)" "$id"
  STRATA_ROOT=$work/read strata load -q -i "$tar"
  assert_equals "$(STRATA_ROOT=$work/read image_id "$id")" "$id"
  skopeo copy -q "oci-archive:$tar" "dir:read-$tar"
done
build -o type=oci,dest=docker-types.tar,oci-mediatypes=false
assert_equals "$(manifest docker-types.tar | jq -r '.mediaType, .config.mediaType')" \
  "application/vnd.docker.distribution.manifest.v2+json"$'\n'"application/vnd.docker.container.image.v1+json"
assert_equals "$(types docker-types.tar)" "tar tar.gzip tar.gzip tar.gzip tar.gzip"

# A base whose layers may not be passed on, by its media types: what is made of it may.
covers OUT-14
mkdir nondist
strata save busybox | tar -xC nondist
for type in application/vnd.oci.image.layer.nondistributable.v1.tar application/vnd.docker.image.rootfs.foreign.diff.tar; do
  digest=$(jq -r '.manifests[0].digest' nondist/index.json)
  jq -c --arg type $type '.layers[] |= . + {mediaType: $type, urls: ["https://example.com/layer"]}' "nondist/blobs/sha256/${digest#sha256:}" >changed
  digest=$(sha256sum changed | cut -d ' ' -f 1)
  jq --arg digest "sha256:$digest" --argjson size "$(stat -c %s changed)" '.manifests[0] |= . + {digest: $digest, size: $size}' nondist/index.json >index
  mv changed "nondist/blobs/sha256/$digest" && mv index nondist/index.json
  strata build -q --build-context "busybox=oci-layout://$work/nondist" -o type=oci,dest=passed-on.tar ctx >/dev/null
  assert_equals "$(types passed-on.tar)" "tar tar+gzip tar+gzip tar+gzip tar+gzip"
  manifest passed-on.tar | jq -e 'all(.layers[]; has("urls") | not)' >/dev/null
done
strata build --progress plain -o type=oci,dest=kept.tar,prefer-nondist-layers=true ctx 2>notices
assert_contains "$(cat notices)" "gives all as distributable"
manifest kept.tar | cmp - <(manifest app.tar) || fail "prefer-nondist-layers changes layers"

covers OUT-8
build -t app:docker -o type=docker,dest=docker.tar
assert_equals "$(tar -xOf docker.tar manifest.json | jq -r '.[0].RepoTags[0]')" app:docker
skopeo inspect --config docker-archive:docker.tar | jq -e '.config.Labels.written == "yes"' >/dev/null
"${podman[@]}" load -q -i docker.tar >podman.log 2>&1 || { cat podman.log; fail "podman load"; }

covers OUT-3
build -t loaded --load >/dev/null
assert_equals "$(image_id loaded)" "$id"

# Files: owned by us, times kept, removals carried out.
covers OUT-15
assert_equals "$(cat files/a files/one files/two)" "hello"$'\n'one$'\n'two
assert_equals "$(stat -c %u:%g files/one)" 0:0
assert_equals "$(stat -c %h files/one)" 2
[ ! -e files/gone ] && [ ! -e files/etc/passwd ] && [ -x files/bin/busybox ] || fail "files that were removed are there"
echo mine >files/mine
strata build -q -o files ctx
assert_equals "$(cat files/mine)" mine

covers OUT-17
mkdir elsewhere
strata build -q -o type=local,dest=files,mode=copy ctx
assert_equals "$(cat files/mine)" mine
strata build -q -o type=local,dest=files,mode=delete ctx
[ ! -e files/mine ] && [ -e files/one ] || fail "mode=delete"
for place in . .. "$work" /var/tmp; do
  assert_status 1 strata build -o type=local,dest=$place,mode=delete ctx
  assert_contains "$output" "--allow buildx.local.delete"
done
(cd elsewhere && strata build -q --allow buildx.local.delete -o "type=local,dest=$work/files,mode=delete" ../ctx)

covers OUT-18
strata build -q -o - ctx >stdout.tar
strata build -q -o type=tar,dest=files.tar ctx
cmp stdout.tar files.tar || fail "a tar on standard output is another one"
assert_contains "$(tar --numeric-owner -tvf files.tar)" " 7/8 "
assert_lacks "$(tar -tf files.tar)" gone
assert_contains "$(tar -tvf files.tar)" "one link to hard"
assert_status 125 strata build -o type=tar,mode=delete,dest=x.tar ctx
assert_contains "$output" "unknown key 'mode'"
strata build -q -o type=tar,platform-split=true,dest=split.tar ctx
assert_contains "$(tar -tf split.tar)" "linux_$(strata info --format '{{.Architecture}}' | sed 's/x86_64/amd64/;s/aarch64/arm64/')/one"

covers OUT-19
mkdir empty
echo 'FROM scratch' >empty/Dockerfile
strata build -q -o nothing empty
assert_equals "$(ls -A nothing)" ""
strata build -q -o type=tar,dest=nothing.tar empty
assert_equals "$(tar -tf nothing.tar)" ""
strata build -q -o type=oci,dest=nothing-oci.tar empty
assert_equals "$(manifest nothing-oci.tar | jq '.layers | length')" 0

covers OUT-20 CLI-2
strata build -q -t app:meta --metadata-file meta.json ctx >/dev/null
jq -e --arg id "$id" '."containerimage.config.digest" == $id and ."image.name" == "docker.io/library/app:meta"
  and ."containerimage.descriptor".digest == ."containerimage.digest" and (."buildx.build.ref" | length > 0)
  and ."containerimage.descriptor".platform.os == "linux"' meta.json >/dev/null
strata build -q --metadata-file meta.json -o type=oci,dest=meta.tar ctx >/dev/null
assert_equals "$(jq -r '."containerimage.digest"' meta.json)" "$(index meta.tar | jq -r '.manifests[0].digest')"
strata build -q --metadata-file meta.json -o files ctx
jq -e 'has("containerimage.digest") | not' meta.json >/dev/null

covers OUT-21
strata build -q --iidfile iid ctx >/dev/null
assert_equals "$(cat iid)" "$id"
assert_equals "$(stat -c %s iid)" 71
for output in type=local,dest=x type=tar,dest=x; do
  assert_status 125 strata build --iidfile iid -o $output ctx
  assert_contains "$output" "--iidfile cannot be used"
done

covers ANN-2
strata build -q --annotation a=1 --annotation manifest-descriptor:b=2 -o type=oci,dest=ann.tar,annotation.c=3 ctx >/dev/null
manifest ann.tar | jq -e '.annotations == {"a": "1", "c": "3"}' >/dev/null
index ann.tar | jq -e '.manifests[0].annotations.b == "2"' >/dev/null
covers ANN-4
strata build -q --annotation manifest-descriptor:org.opencontainers.image.created=then -o type=oci,dest=ann.tar ctx >/dev/null
index ann.tar | jq -e '.manifests[0].annotations["org.opencontainers.image.created"] == "then"' >/dev/null
strata build -q -t plain --metadata-file plain.json ctx >/dev/null
strata build -q -t noted --annotation a=1 --metadata-file noted.json ctx >/dev/null
[ "$(jq -r '."containerimage.digest"' plain.json)" != "$(jq -r '."containerimage.digest"' noted.json)" ] || fail "annotations of the store's image"
covers ANN-3
assert_status 1 strata build --annotation index:a=1 ctx
assert_contains "$output" "index annotations are not supported"
covers ANN-1
assert_status 1 strata build --annotation "manifest[linux/s390x]:a=1" ctx
assert_contains "$output" "no platform linux/s390x"

# Pushing is checked before anything is built.
assert_status 125 strata build --push ctx
assert_contains "$output" "a tag is needed when pushing"

# --squash: what the layers since the base say together.
strata build -q -t app:squashed --squash ctx >squashed
assert_equals "$(layers app:squashed | wc -l)" 2
assert_equals "$(layers app:squashed | head -n 1)" "$(layers app | head -n 1)"
strata history --no-trunc --format '{{.Comment}}' app:squashed | head -n 1 >comment
assert_equals "$(cat comment)" "merge $id to $(image_id busybox)"
assert_equals "$(strata inspect app:squashed | jq -c '.[0].Config')" "$(strata inspect app | jq -c '.[0].Config')"
printf 'FROM app:squashed\n' | strata build -q -o type=tar,dest=squashed.tar -f - ctx
cmp squashed.tar files.tar || fail "a squashed image has other files"
assert_equals "$(strata build -q --squash ctx)" "$(cat squashed)"
strata build -q --squash -o type=oci,dest=squashed-oci.tar ctx >/dev/null
blob squashed-oci.tar "$(manifest squashed-oci.tar | jq -r '.layers[1].digest')" | tar -tz >names
assert_contains "$(cat names)" "etc/.wh.passwd"
assert_lacks "$(cat names)" gone/x

# What the build checks found, for those who ask.
printf 'FROM busybox AS Base\nCOPY a /a\n' >warned.Dockerfile
strata build -q -f warned.Dockerfile --metadata-file meta.json ctx >/dev/null
jq -e 'has("buildx.build.warnings") | not' meta.json >/dev/null
BUILDX_METADATA_WARNINGS=1 strata build -q -f warned.Dockerfile --metadata-file meta.json ctx >/dev/null
jq -e '."buildx.build.warnings" | length == 1 and (.[0] | (.short | @base64d) == "StageNameCasing: Stage name '"'Base'"' should be lowercase (line 1)"
  and .level == 1 and (.vertex | startswith("sha256:")) and (.url | endswith("/stage-name-casing/")) and (.detail[0] | @base64d | length > 0)
  and .range == [{"start": {"line": 1}, "end": {"line": 1}}] and .sourceInfo.filename == "warned.Dockerfile"
  and (.sourceInfo.data | @base64d | startswith("FROM busybox AS Base")))' meta.json >/dev/null
BUILDX_METADATA_WARNINGS=true strata build -q --metadata-file meta.json ctx >/dev/null
jq -e 'has("buildx.build.warnings") | not' meta.json >/dev/null

# Times
covers SDE-6
export SOURCE_DATE_EPOCH=1700000000
strata build -q -o type=oci,dest=dated.tar -o dated -o type=tar,dest=dated-files.tar ctx >/dev/null
assert_equals "$(index dated.tar | jq -r '.manifests[0].annotations["org.opencontainers.image.created"]')" 2023-11-14T22:13:20Z
config() { blob "$1" "$(manifest "$1" | jq -r .config.digest)"; }
assert_equals "$(config dated.tar | jq -r .created)" 2023-11-14T22:13:20Z
assert_equals "$(find dated -newermt @1700000000 | wc -l)" 0
assert_equals "$(stat -c %Y dated/one dated/made dated/bin | sort -u)" 1700000000
assert_equals "$(tar --full-time -tvf dated-files.tar | grep -vc '2023-11-14 22:13:20')" 0
covers CFG-12
assert_equals "$(config dated.tar | jq -r '.history[-1].created')" "$(config dated.tar | jq -r .created)"
covers CLI-12 SDE-1 BARG-1
env -u SOURCE_DATE_EPOCH "$STRATA" build -q --build-arg SOURCE_DATE_EPOCH=1700000000 ctx >arg
assert_equals "$(cat arg)" "$(strata build -q ctx)"
strata build -q --build-arg SOURCE_DATE_EPOCH=1600000000 -o type=oci,dest=other.tar ctx >/dev/null
assert_equals "$(config other.tar | jq -r .created)" 2020-09-13T12:26:40Z

covers SDE-7
strata build -q -o type=oci,dest=rewritten.tar,rewrite-timestamp=true,compression=uncompressed ctx >/dev/null
manifest rewritten.tar | jq -e '.layers[0] | has("annotations") | not' >/dev/null
manifest rewritten.tar | jq -e '.layers[1:] | all(.annotations["buildkit/rewritten-timestamp"] == "1700000000")' >/dev/null
assert_equals "$(manifest rewritten.tar | jq -r '.layers[0].digest')" "$(manifest dated.tar | jq -r '.layers[0].digest')"
for digest in $(manifest rewritten.tar | jq -r '.layers[1:][].digest'); do
  blob rewritten.tar "$digest" | tar --utc --full-time -tvf - | awk '$4 " " $5 > "2023-11-14 22:13:20" {print; bad = 1} END {exit bad}' || fail "a later time"
done
covers OUT-13
assert_status 125 strata build -o type=image,unpack=true,rewrite-timestamp=true ctx
assert_contains "$output" "exclude each other"

covers SDE-8
strata build -q -o type=oci,dest=own.tar,source-date-epoch=1600000000 ctx >/dev/null
assert_equals "$(config own.tar | jq -r .created)" 2020-09-13T12:26:40Z
strata build -q -o type=oci,dest=none.tar,source-date-epoch= ctx >/dev/null
[ "$(config none.tar | jq -r .created)" != 2023-11-14T22:13:20Z ] || fail "an empty source-date-epoch disables nothing"

# Nothing changed: the same manifest under another name.
covers CACHE-10
strata build -q -t repeated --metadata-file repeated.json --no-cache ctx >/dev/null
assert_equals "$(strata build -q -t again --metadata-file again.json ctx)" "$(image_id repeated)"
assert_equals "$(jq -r '."containerimage.digest"' again.json)" "$(jq -r '."containerimage.digest"' repeated.json)"

# All caches cleared, the same bytes.
covers SDE-9
strata save -o base.tar busybox
strata build -q -t app -o type=oci,dest=before.tar,rewrite-timestamp=true ctx >/dev/null
strata system prune -a -f >/dev/null
strata images -q | xargs -r "$STRATA" rmi -f >/dev/null
strata system prune -a -f >/dev/null
sleep 1.1
assert_equals "$(strata images -q | wc -l)" 0
strata load -q -i base.tar >/dev/null
strata build -q -t app -o type=oci,dest=after.tar,rewrite-timestamp=true ctx >/dev/null
cmp before.tar after.tar || fail "other bytes after clearing the caches"
unset SOURCE_DATE_EPOCH

covers CLI-1
for arguments in "" "ctx ctx"; do
  assert_status 1 strata build $arguments
  assert_contains "$output" "requires 1 argument"
done
covers CLI-3
printf 'FROM scratch\nARG GIVEN=default\nARG UNSET=default\nLABEL given=$GIVEN unset=$UNSET\n' >empty/Dockerfile
GIVEN=ours strata build -q -t args --build-arg GIVEN --build-arg UNSET --label alone empty >/dev/null
strata inspect args | jq -e '.[0].Config.Labels == {"given": "ours", "unset": "default", "alone": ""}' >/dev/null
covers CFG-11
strata build -q -t labelled --label written=over --label more=1 ctx >/dev/null
strata inspect labelled | jq -e '.[0].Config.Labels == {"written": "over", "more": "1"}' >/dev/null
covers CLI-8
strata build -q --compress --isolation default --security-opt x --rm --force-rm empty >/dev/null
covers CLI-9
assert_status 125 strata build --no-cache --no-cache-filter base ctx
assert_contains "$output" "cannot be used together"
printf 'FROM busybox AS one\nRUN date +%%N > /x\nFROM busybox AS two\nRUN date +%%N > /y\nCOPY --from=one /x /\n' >empty/Dockerfile
strata build -q empty >/dev/null
strata build -q --no-cache-filter ONE empty >/dev/null
assert_equals "$(strata builds show --format json | jq -r '[.steps[] | select(.name | contains("RUN")) | .outcome] | join(" ")')" "executed hit"
covers CLI-11
assert_status 125 strata build -t 'Bad Name' empty
assert_contains "$output" "invalid tag"
