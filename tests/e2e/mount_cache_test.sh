#!/bin/bash
# RUN --mount=type=cache and tmpfs: what is kept, by whom it is shared, what becomes of it.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
build() { strata build --progress plain "$@" ctx 2>&1; }
build_lines() { printf '%s\n' "$@" >ctx/Dockerfile; build; }
outcome_of() { strata builds show --format json | jq -r --arg text "$1" '.steps[] | select(.name | contains($text)) | .outcome'; }

covers MNT-16 MNT-20
output=$(build_lines 'FROM busybox AS a' 'RUN --mount=type=cache,target=/c echo kept > /c/file; ls -a /' 'FROM busybox' \
  'RUN --mount=type=cache,target=/c/../c/,rw --mount=from=a,target=/a echo "stage b sees $(cat /c/file)"' \
  'RUN --mount=type=cache,id=/c,target=/elsewhere echo "by id $(cat /elsewhere/file)"' \
  'RUN --mount=type=cache,target=/other echo "other: $(ls /other | wc -l)"') || fail "$output"
assert_contains "$output" 'stage b sees kept'
assert_contains "$output" 'by id kept'
assert_contains "$output" 'other: 0'
output=$(build --no-cache) || fail "$output"
assert_contains "$output" 'stage b sees kept'
build_lines 'FROM busybox' 'RUN --mount=type=cache,target=/c,id=x echo a > /c/file' >log || fail "$(cat log)"
build_lines 'FROM busybox' 'RUN --mount=type=cache,target=/c,id=y,sharing=locked echo a > /c/file' >log || fail "$(cat log)"
assert_equals "$(outcome_of 'echo a')" hit
build -t cached >log
strata save -o cached.tar cached
mkdir image
tar -xf cached.tar -C image
assert_equals "$(tar -tf "image/$(jq -r '.[0].Layers[-1]' image/manifest.json)")" ''

covers MNT-21 BARG-1
lines=('FROM busybox' 'RUN --mount=type=cache,target=/ns echo "holds $(ls /ns)"; touch /ns/mark')
build_lines "${lines[@]}" >log
output=$(build --no-cache --build-arg BUILDKIT_CACHE_MOUNT_NS=mine)
assert_lacks "$output" 'holds mark'
output=$(build --no-cache --build-arg BUILDKIT_CACHE_MOUNT_NS=mine)
assert_contains "$output" 'holds mark'

covers MNT-18
output=$(build_lines 'FROM busybox AS seed' 'RUN mkdir -p /seed/sub && echo seeded > /seed/file && chmod 0711 /seed && chown 7:8 /seed' 'FROM busybox' \
  'RUN --mount=type=cache,target=/p stat -c "plain %a %u:%g" /p' \
  'RUN --mount=type=cache,target=/q,mode=0750,uid=11,gid=22 stat -c "given %a %u:%g" /q' \
  'RUN --mount=type=cache,id=/q,target=/q2,mode=0700,uid=1 stat -c "later %a %u:%g" /q2' \
  'RUN --mount=type=cache,target=/s,from=seed,source=/seed,mode=0777 cat /s/file; stat -c "from source %a %u:%g" /s; echo added > /s/added' \
  'RUN --mount=type=cache,target=/s,from=seed,source=/seed echo "again $(cat /s/added)"' \
  'RUN --mount=from=seed,source=/seed,target=/seed echo "seed has $(ls /seed)"') || fail "$output"
assert_contains "$output" 'plain 755 0:0'
assert_contains "$output" 'given 750 11:22'
assert_contains "$output" 'later 750 11:22'
assert_contains "$output" 'seeded'
assert_contains "$output" 'from source 711 7:8'
assert_contains "$output" 'again added'
output=$(build_lines 'FROM busybox AS seed' 'RUN mkdir -p /seed && echo other > /seed/file' 'FROM busybox' \
  'RUN --mount=type=cache,target=/s,from=seed,source=/seed echo "another seed: $(cat /s/*)"') || fail "$output"
assert_contains "$output" 'another seed: other'
assert_lacks "$output" 'added'

covers MNT-19
output=$(build_lines 'FROM busybox' 'RUN --mount=type=cache,id=v,target=/v mkdir -p /v/sub && echo inside > /v/sub/file && ln -s /etc /v/out && ln -s ../../../../etc /v/up && ln -s sub /v/in' \
  'RUN --mount=type=cache,id=v,target=/w,source=sub cat /w/file' \
  'RUN --mount=type=cache,id=v,target=/w,source=/in echo "link inside: $(cat /w/file)"') || fail "$output"
assert_contains "$output" 'inside'
assert_contains "$output" 'link inside: inside'
for escape in out up out/ssl; do
  output=$(build_lines 'FROM busybox' "RUN --mount=type=cache,id=v,target=/w,source=$escape ls /w") && fail "left the cache by $escape"
  assert_contains "$output" "leads out of the cache"
done

covers MNT-22
output=$(build_lines 'FROM busybox' 'RUN --mount=type=cache,target=/c,ro touch /c/x 2>&1 || echo "read-only cache"') || fail "$output"
assert_contains "$output" 'read-only cache'

# Two steps at once: locked ones one after the other, private ones apart, shared ones together.
covers MNT-17
until_there() { echo "for i in \$(seq 50); do [ -e $1 ] && break; sleep 0.1; done"; }
together() { # together SHARING [WAIT_A WAIT_B]: two stages that each write, wait, and look at what is there
  build_lines 'FROM busybox AS a' "RUN --mount=type=cache,id=$1,target=/c,sharing=$1 : $1; touch /c/a; ${2:-sleep 1}; echo \"a sees \$(echo \$(ls /c))\"; rm /c/a" \
    'FROM busybox AS b' "RUN --mount=type=cache,id=$1,target=/c,sharing=$1 : $1; touch /c/b; ${3:-sleep 1}; echo \"b sees \$(echo \$(ls /c))\"; rm /c/b" \
    'FROM busybox' 'COPY --from=a /etc/passwd /a' 'COPY --from=b /etc/passwd /b'
}
output=$(together shared "$(until_there /c/b)" "$(until_there /c/a)") || fail "$output"
assert_contains "$output" 'sees a b'
for apart in locked private; do
  output=$(together $apart) || fail "$output"
  assert_contains "$output" 'a sees a'
  assert_contains "$output" 'b sees b'
  assert_lacks "$output" 'sees a b'
done
# Locked, of two processes: the second waits for the first.
printf '%s\n' 'FROM busybox' 'ARG WHO' 'RUN --mount=type=cache,id=two,target=/c,sharing=locked echo "$WHO sees $(ls /c)"; touch /c/$WHO; sleep 2; rm /c/$WHO' >ctx/Dockerfile
build --build-arg WHO=first >first.log &
sleep 0.7
build --build-arg WHO=second >second.log || fail "$(cat second.log)"
wait
assert_contains "$(cat first.log second.log)" 'first sees'
assert_lacks "$(cat first.log second.log)" 'second sees first'
assert_lacks "$(cat first.log second.log)" 'first sees second'
# A step that mounts one cache twice does not wait for itself.
output=$(build_lines 'FROM busybox' 'RUN --mount=type=cache,id=two,target=/c,sharing=locked --mount=type=cache,id=two,target=/d,sharing=locked touch /c/t && ls /d') || fail "$output"

covers MNT-16
cache_row() { strata system df --format json | jq -r 'select(.Type == "Build Cache") | .'"$1"; }
build_lines 'FROM busybox' 'RUN --mount=type=cache,target=/big dd if=/dev/zero of=/big/file bs=1M count=30 2>/dev/null' >log || fail "$(cat log)"
size=$(cache_row Size)
[ "${size%.*}" -ge 30 ] 2>/dev/null || [[ $size =~ ^[3-9][0-9].*MB ]] || fail "the cache's size shows as $size"
strata system prune --force >/dev/null # young caches stay
[ -n "$(find "$STRATA_ROOT/cache/mounts" -name file -size +20M)" ] || fail 'a fresh cache was pruned'
output=$(strata system prune --all --force)
assert_contains "$output" 'Deleted build cache objects'
assert_equals "$(find "$STRATA_ROOT/cache/mounts" -mindepth 1)" ''
import_busybox
output=$(build_lines 'FROM busybox' 'RUN --mount=type=cache,target=/big echo "after: $(ls /big | wc -l)"') || fail "$output"
assert_contains "$output" 'after: 0'

covers MNT-23
output=$(build_lines 'FROM busybox' 'RUN --mount=type=tmpfs,target=/t,size=2m,from=busybox,source=/bin ls -a /t; echo "empty: $(ls /t | wc -l)"; df -k /t | tail -1; dd if=/dev/zero of=/t/x bs=1M count=4 2>&1 || echo full' \
  'RUN --mount=type=tmpfs,target=/t echo "then: $(ls /t | wc -l)"; df -m /t | tail -1' 'RUN ls -d /t 2>&1 || echo "no stub"') || fail "$output"
assert_contains "$output" 'empty: 0'
assert_contains "$output" '2048'
assert_contains "$output" 'full'
assert_contains "$output" 'then: 0'
assert_contains "$output" 'no stub'
