#!/bin/bash
# build --trace-reads writes down what each RUN opened of the files before it; builds reads shows it.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox base
mkdir -p ctx/src/deep/er
for i in $(seq 200); do echo "file $i" >"ctx/src/$i"; done
echo deep >ctx/src/deep/er/x
printf 'a name' >ctx/src/$'two\nlines'
# a program with shared libraries, which the loader maps
mkdir -p ctx/dynamic/bin
cp "$(type -P cat)" ctx/dynamic/bin/dynamic-cat
for library in $(ldd "$(type -P cat)" | grep -o '/[^ ]*'); do cp --parents -L "$library" ctx/dynamic/; done
library=$(cd ctx/dynamic && find . -name 'libc.so*' | cut -c3-)
cat >ctx/Dockerfile <<'END'
FROM base
COPY dynamic /
COPY src /src
RUN cat /src/1 && sh -c 'sh -c "cat /src/2"'
RUN dynamic-cat /src/deep/er/x /src/two*
RUN ls /src/deep && cat /src/3 && sleep 0.3 && mv /src/3 /src/renamed && rm /src/4 && echo new >/src/5
RUN echo own >/own && cat /own
END
build() { strata build -q -t app "$@" ctx >/dev/null; }
# reads STEP SOURCE FILTER: of what one RUN read of one step before it (both counted from 1)
reads() {
  strata builds reads --format json | jq -rc "select(.step == $1 - 1) | .sources[] | select(.step == $2 - 1) | $3"
}

build
assert_contains "$(strata builds reads)" 'not known: it was not traced (strata build --trace-reads)'
build --trace-reads
assert_contains "$(strata builds reads)" 'not known: it came from the cache, and its execution was not traced'
build --trace-reads --no-cache
id=$(strata builds ls -q -n 1)

# files read by the step's own process and by its children; what was not read, by directory
assert_equals "$(reads 4 3 '[.files, .readFiles, [.read[].path]]')" '[202,2,["src/1","src/2"]]'
assert_equals "$(reads 4 3 '.unread[] | select(.directory) | [.path, .files]')" '["src/deep",1]'
# the program in the base, and nothing of the files that a RUN has copied there
assert_equals "$(reads 4 1 '[.read[] | select(.executed).path]')" '["bin/busybox"]'
assert_equals "$(reads 4 2 .readFiles)" 0
# libraries, deep paths, names with a line feed
assert_equals "$(reads 5 3 '[.read[].path]')" '["src/deep/er/x","src/two\nlines"]'
assert_contains "$(reads 5 2 '.read[].path')" "$library"
assert_contains "$(reads 5 2 '.read[] | select(.executed).path')" bin/dynamic-cat
# a directory that is listed is no file; a file that is renamed later was read, one that is removed was not
assert_equals "$(reads 6 3 '[.read[].path]')" '["src/3","src/5"]'
assert_contains "$(strata builds reads --format json | jq -c 'select(.step == 5).listed')" '"src/deep"'
# what the step itself made is nothing that was there before; what steps before it took away neither
assert_equals "$(reads 7 3 .files)" 199
assert_equals "$(reads 7 6 '[.files, .readFiles]')" '[2,0]'

# as text
output=$(strata builds reads)
assert_contains "$output" $'step 4  [4/7] RUN cat /src/1'
assert_contains "$output" '2 of 202 files ('
assert_contains "$output" ' of step 3  [3/7] COPY src /src'
output=$(strata builds reads app 5)
assert_contains "$output" $'opened:\n        /src/deep/er/x\n        /src/two\\x0alines'
assert_contains "$output" 'more (--all)'
assert_lacks "$(strata builds reads --all app 5)" 'more (--all)'
assert_lacks "$output" 'step 4'
assert_status 1 strata builds reads app 3
assert_contains "$output" 'is no RUN'

# out of the cache: what was read when it was executed
build
assert_equals "$(outcomes | sort -u)" hit
assert_equals "$(reads 4 3 '[.readFiles, .files]')" '[2,202]'
assert_contains "$(strata builds reads)" "as traced in build $id"

# each RUN has its own reads alone, when several run at once
for stage in 1 2 3 4; do
  printf 'FROM base AS s%s\nCOPY src /src\nRUN sleep 0.3; cat /src/1%s /src/2%s; sleep 0.3; echo >/%s\n' $stage $stage $stage $stage
done >ctx/parallel.Dockerfile
printf 'FROM base\nCOPY --from=s%s /%s /\n' 1 1 >>ctx/parallel.Dockerfile
for stage in 2 3 4; do echo "COPY --from=s$stage /$stage /"; done >>ctx/parallel.Dockerfile
strata build -q --trace-reads -f ctx/parallel.Dockerfile ctx >/dev/null
for stage in 1 2 3 4; do
  assert_equals "$(strata builds reads --format json | jq -c "select(.name | contains(\"/src/1$stage \")) | [.sources[1].read[].path]")" \
    "[\"src/1$stage\",\"src/2$stage\"]"
done

# where the kernel does not let us, the build says so once and goes on
printf 'FROM base\nRUN cat /src/1 || true\nRUN echo 2\n' >ctx/denied.Dockerfile
limit=/proc/sys/fs/fanotify/max_user_groups
had=$(cat $limit)
at_end "echo $had >$limit"
echo 0 >$limit
output=$(strata build --progress=plain --trace-reads -f ctx/denied.Dockerfile ctx 2>&1)
echo "$had" >$limit
assert_equals "$(grep -c 'WARN: --trace-reads: ' <<<"$output")" 1
assert_contains "$output" max_user_groups

# a build that fails or is killed leaves nothing but what its finished steps have
printf 'FROM base\nCOPY src /src\nRUN cat /src/7 && sleep 30\n' >ctx/killed.Dockerfile
mounts() { grep -c "$work" /proc/mounts || true; }
before=$(mounts)
strata build -q --trace-reads -f ctx/killed.Dockerfile ctx >/dev/null 2>&1 &
killed=$!
sleep 2
kill -9 $killed
wait $killed || true
assert_equals "$(mounts)" "$before"
sed -i 's/sleep 30/false/' ctx/killed.Dockerfile
! strata build -q --trace-reads -f ctx/killed.Dockerfile ctx 2>/dev/null || fail 'false succeeded'
assert_contains "$(strata builds reads)" 'not known: it did not come to its end'

# exported builds carry what was read
wanted=$(strata builds reads --format json "$id")
strata builds export -o traced.builds "$id"
(
  export STRATA_ROOT=$work/elsewhere
  strata builds import traced.builds >/dev/null
  assert_equals "$(strata builds reads --format json "$id")" "$wanted"
  assert_equals "$(strata system fsck --json | jq '.checked.reads > 0')" true
)
