#!/bin/bash
# RUN --mount=type=bind: sources, keys, and that nothing of a mount stays in the layer.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir -p ctx/src/deep ctx/odd
echo one >ctx/src/a
echo two >ctx/src/deep/b
echo secret >ctx/src/ignored
echo star >'ctx/odd/x*y'
chown -R 1234:1234 ctx/src
printf 'src/ignored\n' >ctx/.dockerignore
build() { strata build --progress plain "$@" ctx 2>&1; }
# step_ran TEXT: whether the last build executed the step whose name contains TEXT
outcome_of() { strata builds show --format json | jq -r --arg text "$1" '.steps[] | select(.name | contains($text)) | .outcome'; }
# run_step DOCKERFILE-LINES: builds a stage of these on busybox, output in $output
build_lines() { printf '%s\n' "$@" >ctx/Dockerfile; build; }

covers MNT-11 MNT-13
output=$(build_lines 'FROM busybox AS made' 'RUN mkdir -p /out/sub && echo made > /out/file && ln -s ../../out /out/sub/up' \
  'FROM busybox' \
  'RUN --mount=type=bind,source=src,target=/s cat /s/a /s/deep/b; ls /s; stat -c "owner %u:%g" /s/a' \
  'RUN --mount=source=src/a,target=/etc/one echo "file: $(cat /etc/one)"' \
  'RUN --mount=target=/all ls /all' \
  'RUN --mount=from=made,source=/out,target=/m echo "stage: $(cat /m/file)"' \
  'RUN --mount=from=made,source=out/file,target=/m echo "stage file: $(cat /m)"' \
  'RUN --mount=from=made,source=/out/sub/up/file,target=/m echo "through a link: $(cat /m)"' \
  'RUN --mount=from=busybox,target=/i echo "image: $(ls -d /i/bin)"' \
  'RUN --mount=source=../../src/../src,target=/r echo "rooted: $(cat /r/a)"' \
  'RUN --mount=source=odd/x*y,target=/r echo "literal: $(cat /r)"') || fail "$output"
assert_contains "$output" $'one\n'
assert_contains "$output" 'two'
assert_contains "$output" 'owner 0:0'
assert_contains "$output" 'file: one'
assert_contains "$output" 'stage: made'
assert_contains "$output" 'stage file: made'
assert_contains "$output" 'through a link: made'
assert_contains "$output" 'image: /i/bin'
assert_contains "$output" 'rooted: one'
assert_contains "$output" 'literal: star'
assert_lacks "$output" 'ignored'

covers MNT-5
output=$(build_lines 'FROM busybox' 'RUN --mount=source=src,target=/s touch /s/new 2>&1 || echo refused') || fail "$output"
assert_contains "$output" 'Read-only file system'
assert_contains "$output" 'refused'

covers MNT-12
output=$(build_lines 'FROM busybox AS made' 'RUN mkdir /out && echo made > /out/file' 'FROM busybox' \
  'RUN --mount=source=src,target=/s,rw echo changed > /s/a; touch /s/new; ls /s' \
  'RUN --mount=source=src,target=/s echo "a is $(cat /s/a)"; ls /s' \
  'RUN --mount=from=made,source=/out,target=/m,readwrite echo changed > /m/file && echo "now $(cat /m/file)"' \
  'RUN --mount=from=made,source=/out/file,target=/m,rw=true echo changed > /m && echo "file now $(cat /m)"' \
  'COPY --from=made /out/file /copied' 'RUN echo "still $(cat /copied)"' \
  'RUN --mount=from=made,source=/out,target=/m,rw=0 echo x > /m/file || echo "rw=0 is read-only"') || fail "$output"
assert_contains "$output" 'new'
assert_contains "$output" 'a is one'
assert_contains "$output" 'now changed'
assert_contains "$output" 'file now changed'
assert_contains "$output" 'still made'
assert_contains "$output" 'rw=0 is read-only'
assert_equals "$(cat ctx/src/a)" one
[ ! -e ctx/src/new ] || fail 'a write through a mount reached the context'

covers MNT-9 MNT-10 RUN-8
printf '%s\n' 'FROM busybox' \
  'RUN --mount=source=src/deep,target=/new/place/nested/deep --mount=type=tmpfs,target=/new/place --mount=source=src/a,target=/new/place/one \
     cat /new/place/one /new/place/nested/deep/b && touch /new/place/own && echo x > /result' >ctx/Dockerfile
build -t stub >log || fail "$(cat log)"
assert_contains "$(cat log)" 'two'
strata save stub | tar -xO --wildcards 'blobs/sha256/*' >/dev/null
strata save -o stub.tar stub
mkdir stub
tar -xf stub.tar -C stub
layer=$(jq -r '.[0].Layers[-1]' stub/manifest.json)
assert_equals "$(tar -tf "stub/$layer" | grep -v '/$')" result
assert_lacks "$(tar -tf "stub/$layer")" new
assert_lacks "$(tar -tf "stub/$layer")" hosts

covers MNT-14
output=$(build_lines 'FROM busybox' 'RUN --mount=source=nowhere,target=/s true') && fail 'a missing source was taken'
assert_contains "$output" '"/nowhere": not found'
assert_contains "$output" '>>> RUN --mount=source=nowhere'
output=$(build_lines 'FROM busybox AS made' 'FROM busybox' 'RUN --mount=from=made,source=/nowhere,target=/s true') && fail 'a missing source was taken'
assert_contains "$output" '"/nowhere": not found'
output=$(build_lines 'FROM busybox' 'RUN --mount=source=src/ignored,target=/s true') && fail 'an ignored source was taken'
assert_contains "$output" '"/src/ignored": not found'

covers MNT-15 CACHE-6
lines=('FROM busybox AS made' 'ARG HOW=first' 'RUN echo $HOW && mkdir -p /out /other && echo made > /out/file && date +%N > /other/now'
  'FROM busybox' 'RUN --mount=from=made,source=/out,target=/m cat /m/file')
build_lines "${lines[@]}" >log || fail "$(cat log)"
printf '%s\n' "${lines[@]}" >ctx/Dockerfile
build --build-arg HOW=second >log || fail "$(cat log)"
assert_equals "$(outcome_of 'mkdir -p /out')" executed
assert_equals "$(outcome_of 'cat /m/file')" hit
build --build-arg HOW=second >log || fail "$(cat log)"
assert_equals "$(outcome_of 'cat /m/file')" hit

# Both of two overlapping mounts count, times do not, and the journal knows which file it was.
covers MNT-13 CACHE-4
build_lines 'FROM busybox' 'RUN --mount=source=src,target=/s --mount=source=src/deep,target=/d cat /s/a /d/b' >log || fail "$(cat log)"
touch ctx/src/a ctx/src/deep/b
build >log
assert_equals "$(outcome_of 'cat /s/a')" hit
echo three >ctx/src/deep/b
build >log
assert_equals "$(outcome_of 'cat /s/a')" executed
assert_contains "$(strata why)" 'deep/b'
echo four >ctx/src/a
build >log
assert_equals "$(outcome_of 'cat /s/a')" executed
assert_contains "$(strata why)" 's/a'
echo other >ctx/odd/unrelated
echo hidden >ctx/src/ignored
build >log
assert_equals "$(outcome_of 'cat /s/a')" hit

covers STAGE-12 MNT-11
output=$(build_lines 'FROM busybox AS first' 'RUN --mount=from=later,target=/m true' 'FROM busybox AS later' 'FROM first') && fail 'a later stage was mounted'
assert_contains "$output" 'cannot mount from stage "later"'
