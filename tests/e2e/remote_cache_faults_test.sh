#!/bin/bash
# A cache that is broken, slow, absent or in part gone: a warning, and the build that there would have been without it.
. "$(dirname "$0")/remote_cache_lib.sh"
start_registry
ref=$here/team/app:cache
mkdir ctx
echo one >ctx/file
printf 'FROM busybox\nRUN echo a > /a\nCOPY file /file\nRUN cat /file /a > /both\nCMD ["cat", "/both"]\n' >ctx/Dockerfile

# seconds COMMAND...: how long it took, whole seconds in $took
seconds() {
  local began=$SECONDS
  "$@"
  took=$((SECONDS - began))
}

covers COUT-1
# Nobody listens there.
on a
seconds build -t app --cache-from 127.0.0.1:1/app --cache-to type=registry,ref=127.0.0.1:1/app,mode=max ctx
assert_contains "$output" 'WARN: --cache-from 127.0.0.1:1/app'
assert_contains "$output" 'WARN: --cache-to 127.0.0.1:1/app'
assert_equals "$(strata run --rm --network host app)" "$(printf 'one\na')"
[ "$took" -le 25 ] || fail "a cache that is not there took $took seconds"

covers COUT-3
assert_status 75 strata build --cache-to type=registry,ref=127.0.0.1:1/app,mode=max,ignore-error=false ctx
assert_contains "$output" '--cache-to 127.0.0.1:1/app:latest'
build --cache-to type=registry,ref=127.0.0.1:1/app,mode=max,ignore-error=true ctx

# Somebody listens and never answers.
python3 - >hole.port <<'END' &
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(50)
print(s.getsockname()[1], flush=True)
held = []
while True: held.append(s.accept())
END
at_end kill $!
for _ in $(seq 50); do [ -s hole.port ] && break; sleep 0.1; done
hole=127.0.0.1:$(cat hole.port)
on b
seconds build -t app --cache-from "$hole/app" --cache-to "type=registry,ref=$hole/app" ctx
assert_contains "$output" "WARN: --cache-from $hole/app:latest: it does not answer"
assert_contains "$output" "WARN: --cache-to $hole/app:latest: it takes too long"
[ "$took" -le 25 ] || fail "a cache that never answers took $took seconds"
# The first answer of the cache was waited for while nothing else was; a build that the store knows asks nobody.
seconds build --cache-from "$hole/app" ctx
[ "$took" -le 2 ] || fail "a build that needs no cache waited $took seconds for it"

# Layers that the registry has no more.
on a
build --cache-to "type=registry,ref=$ref,mode=max" ctx
for digest in $(root team/app cache | jq -r '.layers[] | select(.mediaType | contains("image.layer")) | .digest'); do
  curl -sf -X DELETE "http://$here/v2/team/app/blobs/$digest"
done
on c
echo two >ctx/file
build -t app --cache-from "$ref" ctx
assert_contains "$output" 'building again without --cache-from'
assert_equals "$(strata run --rm --network host app)" "$(printf 'two\na')"
assert_equals "$(strata builds ls -q | wc -l)" 1
# The next export finds out and mends the cache.
on d
build --cache-to "type=registry,ref=$ref,mode=max" ctx
assert_lacks "$output" 'WARN'
on e
build -t app --cache-from "$ref" ctx
assert_equals "$(strata run --rm --network host app)" "$(printf 'two\na')"

# Something else stands under the name.
printf 'FROM scratch\nCOPY file /\n' | strata build -q --push -t "$here/team/image:latest" -f - ctx >/dev/null
on f
build --cache-from "$here/team/image" ctx
assert_contains "$output" 'WARN'
build --cache-from type=local,src="$work/nowhere" ctx
echo '{' >broken.json && mkdir broken && mv broken.json broken/index.json
echo three >ctx/file
build --cache-from type=local,src="$work/broken" ctx
assert_contains "$output" 'WARN'
# A directory in which nothing can be written.
touch afile
build --cache-to "type=local,dest=$work/afile/x" ctx
assert_contains "$output" 'WARN: --cache-to'

# A build that fails has still done something.
cat >failing <<'END'
FROM busybox
RUN echo "worth keeping" > /kept
RUN false
END
on h
assert_status 1 strata build --progress plain -f failing --cache-to "type=registry,ref=$here/team/failed:c,mode=max" ctx
on i
assert_status 1 strata build --progress plain -f failing --cache-from "$here/team/failed:c" ctx
assert_equals "$(outcome_of 'worth keeping')" hit

# The registry dies between the look-up and the reading of a layer.
on a
build --cache-to "type=registry,ref=$here/team/dies:c,mode=max" ctx
on g
build --cache-from "$here/team/dies:c" -t app ctx
kill "$registry"
assert_status 125 strata run --rm --network host app
echo four >ctx/file
build -t app --cache-from "$here/team/dies:c" ctx
assert_equals "$(strata run --rm --network host app)" "$(printf 'four\na')"
