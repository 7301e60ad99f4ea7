#!/bin/bash
# Cache mounts that travel: the contents of RUN --mount=type=cache directories go with the cache, a small change as a small
# upload.
. "$(dirname "$0")/remote_cache_lib.sh"
start_registry
ref=$here/team/app:cache
mkdir ctx
cat >ctx/Dockerfile <<'END'
FROM busybox
COPY number /number
RUN --mount=type=cache,id=packages,target=/c --mount=type=cache,id=other,target=/o \
    [ -e /c/p1 ] && echo warm || echo cold; touch /o/x; n=$(cat /number); \
    for i in 1 2 3 4 5 6 7 8; do [ -e /c/p$i ] || dd if=/dev/urandom of=/c/p$i bs=1000000 count=1 2>/dev/null; done; \
    dd if=/dev/urandom of=/c/n$n bs=10000 count=1 2>/dev/null; cat /c/p* | md5sum > /sum
CMD ["cat", "/sum"]
END
bytes_there() { du -sb registry/data | cut -f1; }

on a
echo 1 >ctx/number
build -t app --cache-to "type=registry,ref=$ref,mode=max,mounts=packages" ctx
assert_contains "$output" cold
assert_contains "$output" 'and 1 cache mount added, 8'
assert_lacks "$output" 'WARN'
sum=$(strata run --rm --network host app)
[ "$(bytes_there)" -gt 8000000 ] || fail 'the mount did not go along'
assert_equals "$(packs team/app cache | jq -r '.mounts[].id')" /packages

# A machine that has nothing starts with it.
on b
echo 2 >ctx/number
before=$(bytes_there)
build -t app --cache-from "$ref" --cache-to "type=registry,ref=$ref,mode=max,mounts=packages" ctx
assert_contains "$output" warm
assert_equals "$(strata run --rm --network host app)" "$sum"
grown=$(($(bytes_there) - before))
[ "$grown" -lt 1000000 ] || fail "one new file of 10 kB took $grown bytes"
echo "a new file of 10 kB in a mount of 8 MB: $grown bytes"

# An id that no step has is said.
build -t app --cache-to "type=registry,ref=$ref,mode=max,mounts=nosuch" ctx
assert_contains "$output" "WARN: --cache-to $ref: mounts=nosuch: no RUN of this build has a cache mount of this id; there are /other, /packages"

# What is here already stays.
echo 3 >ctx/number
build -t app --cache-from "$ref" ctx
assert_contains "$output" warm
on c
build --cache-from "$ref" ctx
assert_contains "$output" warm

# Too large: it stays behind, and everything else goes.
on d
echo 4 >ctx/number
build --cache-to "type=registry,ref=$here/team/small:c,mode=max,mounts=packages,mounts-max-size=1m" ctx
assert_contains "$output" 'cache mount /packages: it is larger than mounts-max-size=1.05MB'
assert_equals "$(packs team/small c | jq -r '.mounts | length')" 0
assert_equals "$(packs team/small c | jq -r '.records | length')" 2

# Damaged on the way: the mount begins empty, as without a cache.
on a
echo 5 >ctx/number
build --cache-to "type=local,dest=shared,mode=max,mounts=packages" ctx
for digest in $(jq -r '.layers[] | select(.mediaType | contains("cache.chunks")) | .digest' \
  "shared/blobs/sha256/$(jq -r '.manifests[0].digest' shared/index.json | cut -d: -f2)"); do
  printf 'x' | dd of="shared/blobs/sha256/${digest#sha256:}" bs=1 seek=5000 conv=notrunc 2>/dev/null
done
on e
echo 6 >ctx/number
build --cache-from type=local,src=shared ctx
assert_contains "$output" 'WARN: --cache-from'
assert_contains "$output" cold
