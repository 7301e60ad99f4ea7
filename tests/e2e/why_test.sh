#!/bin/bash
# Each kind of change is made, and `why` names exactly it and nothing else.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox base
mkdir -p ctx/src
echo a >ctx/src/a
echo b >ctx/src/b
cat >ctx/Dockerfile <<'END'
FROM base
ARG VERSION=1
ENV MODE=fast
RUN echo $VERSION
COPY src /src
RUN --mount=type=cache,target=/c ls /src
END
build() { strata build -q -t app "$@" ctx >/dev/null; }
# causes: of the last build, a line a step that missed: its number, then kind and name of each cause
causes() {
  strata why --json | jq -r 'select(.causes | length > 0)
    | "\(.step + 1) \([.causes[] | .kind + (if .name then " " + .name else "" end)] | join(", "))"'
}
# because WANTED: exactly these causes
because() { assert_equals "$(causes)" "$1"; }
build
because $'2 first-build\n3 first-build\n4 first-build'
assert_contains "$(strata why)" 'never built before in this store'

build --build-arg VERSION=2
because $'2 argument VERSION\n4 argument VERSION'
why=$(strata why)
assert_contains "$why" 'VERSION: 1 -> 2 (--build-arg, before: Dockerfile:2)'
build
because ''
assert_contains "$(strata why)" 'Every step that was reached came from the cache.'

sed -i 's/MODE=fast/MODE=slow/' ctx/Dockerfile
build
because $'2 environment MODE\n4 environment MODE'
assert_contains "$(strata why)" 'MODE: fast -> slow (Dockerfile:3)'

echo more >>ctx/src/a
build
because $'3 files src\n4 parent-rebuilt'
assert_contains "$(strata why)" 'a modified (2B -> 7B)'
assert_contains "$(strata why)" 'rebuilt because of step 3 (COPY src /src)'
# on request what is in the file: the old content out of the earlier layer, the new one out of the new layer
output=$(strata why --diff 3)
assert_contains "$output" $'--- a/src/a\n+++ b/src/a\n@@ -1,1 +1,2 @@\n a\n+more'
assert_lacks "$(strata why --diff 4)" '+more'
printf 'x\0y' >ctx/src/b
build
assert_contains "$(strata why --diff)" 'b: no difference can be shown: it is no text'

head -c 5000 /dev/zero >ctx/src/large
echo new >ctx/src/c
build
because $'3 files src\n4 parent-rebuilt'
output=$(strata why --all)
assert_contains "$output" $'src: 2 files changed\n    src/large added (5kB)\n    src/c added (4B)'
rm ctx/src/large
build
assert_contains "$(strata why)" 'large removed (5kB)'
chmod 755 ctx/src/a
build
assert_contains "$(strata why)" 'a mode 0644 -> 0755'
because $'3 files src\n4 parent-rebuilt'

sed -i 's/^COPY src/COPY --chown=7:8 src/' ctx/Dockerfile
build
because $'3 instruction\n4 parent-rebuilt'
assert_contains "$(strata why)" 'COPY {+--chown=7:8+} src /src'

sed -i 's/ls .src/ls -l \/src/' ctx/Dockerfile
build
because '4 instruction'
assert_contains "$(strata why)" 'instruction changed: ls {+-l+} /src'
sed -i 's/type=cache/type=tmpfs/' ctx/Dockerfile
build
because '4 mount /c'
assert_contains "$(strata why)" 'mount /c: type=cache,rw -> type=tmpfs,rw'
sed -i '/^COPY/i USER 7' ctx/Dockerfile
build
because '4 option user'
build --network=none
because $'2 option network\n4 option network'
build
# what comes from another stage is its step's
cat >other.Dockerfile <<'END'
FROM base AS one
RUN echo 1 >/made
FROM base
COPY --from=one /made /made
END
other() { strata build -q -f other.Dockerfile "$@" ctx >/dev/null; }
other
sed -i 's/echo 1/echo 2/' other.Dockerfile
other
because $'2 instruction\n4 files /made'
assert_contains "$(strata why one:2)" 'echo [-1-]{+2+} >/made'
assert_contains "$(strata why --all)" 'out of step 2 (RUN echo 2 >/made)'
other --no-cache-filter=one
because '2 no-cache --no-cache-filter'

mkdir other
tar -C other -xf "$(busybox_tar)"
echo moved >other/moved
tar -C other -cf other.tar .
strata import other.tar base >/dev/null
build
because $'2 base-moved base\n4 parent-rebuilt'
assert_contains "$(strata why)" 'base base moved: sha256:'
build --no-cache
because $'2 no-cache --no-cache\n3 no-cache --no-cache\n4 no-cache --no-cache'
assert_contains "$(strata why)" '--no-cache was given'
build
assert_equals "$(outcomes | sort -u)" hit

# a platform's own, upon nothing
printf 'FROM scratch\nCOPY bin /bin\nRUN ["/bin/busybox", "true"]\n' >scratch.Dockerfile
mkdir -p ctx/bin
cp /bin/busybox ctx/bin/
strata build -q -f scratch.Dockerfile --platform linux/amd64 ctx >/dev/null
strata build -q -f scratch.Dockerfile --platform linux/amd64/v2 ctx >/dev/null
because '2 platform'
assert_contains "$(strata why 2)" 'platform: linux/amd64 -> linux/amd64/v2'

# records that were pruned: when and why
printf 'FROM base\nRUN echo kept >/kept\nRUN echo gone >/gone\n' >pruned.Dockerfile
pruned() { strata build -q -f pruned.Dockerfile "$@" ctx >/dev/null; }
pruned
strata builder prune --all --force >/dev/null
pruned
assert_equals "$(causes | cut -d' ' -f1,2)" $'2 record-pruned\n3 record-pruned'
assert_contains "$(strata why)" 'its cache record was pruned by `strata builder prune --all` '
assert_contains "$(strata why)" ' s to have it again, used '
pruned
because ''

# layers that were damaged: seen by a build, and by fsck
# layer_of STEP: the files of what it left
layer_of() { echo "$STRATA_ROOT/layers/$(strata builds show --format json | jq -r ".steps[$1].layer")"; }
layer=$(layer_of 2)
rm -rf "$layer"
pruned 2>err
because '3 damaged its files are missing'
assert_contains "$(strata why)" 'its cached layer was damaged and dropped (its files are missing)'
rm -rf "$(layer_of 2)"
strata system fsck >/dev/null || true
pruned
assert_contains "$(causes)" '3 damaged system fsck: layer '
assert_contains "$(strata why)" 'its cached layer was damaged and dropped '

# a failed step, and one that was not reached
printf 'FROM base\nRUN false\nRUN echo later\n' >failing.Dockerfile
! strata build -q -f failing.Dockerfile ctx 2>/dev/null || fail 'false succeeded'
why=$(strata why)
assert_contains "$why" 'failed; it ran because: never built before in this store'
assert_contains "$(strata why 2)" 'error: process "/bin/sh -c false" did not complete successfully: exit code: 1'
assert_contains "$why" 'not reached'
! strata build -q -f failing.Dockerfile ctx 2>/dev/null || fail 'false succeeded'
assert_contains "$(strata why)" 'nothing in its key changed; it failed in build'

# a build, an image, a step
build
build --build-arg VERSION=5
id=$(strata builds ls -q -n 1)
output=$(strata why "$id" 2)
assert_contains "$output" 'step 2  [2/4] RUN echo 5'
assert_contains "$output" 'VERSION: 1 -> 5'
assert_equals "$(strata why app:latest 2)" "$output"
assert_equals "$(strata why 2)" "$output"
assert_equals "$(strata why Dockerfile:4)" "$output"
assert_equals "$(strata why 'RUN echo 5')" "$output"
assert_status 1 strata why 17
assert_contains "$output" "no step 17 in build $id"
assert_status 1 strata why nowhere
assert_contains "$output" 'No such build or image: nowhere'
assert_status 1 strata why app nonsense
assert_contains "$output" 'no step nonsense in build'

# for CI
assert_status 3 strata why --assert-cached
assert_status 3 strata build -q --assert-cached --build-arg VERSION=6 -t app ctx
assert_contains "$output" 'not everything was cached (--assert-cached)'
assert_contains "$output" 'VERSION: 5 -> 6 (--build-arg)'
# a build that never came to its steps had nothing from the cache either
printf 'FROM base\nRUNX true\n' >wrong.Dockerfile
assert_status 1 strata build -q -f wrong.Dockerfile ctx
assert_status 3 strata why --assert-cached
assert_contains "$(strata why)" 'It failed before its first step: '
assert_lacks "$(strata why)" 'came from the cache'
assert_status 0 strata build -q --assert-cached --build-arg VERSION=6 -t app ctx
assert_status 0 strata why --assert-cached
