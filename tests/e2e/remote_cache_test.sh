#!/bin/bash
# Two machines and a registry: what one has built, the other need not; and it can say what differs.
. "$(dirname "$0")/remote_cache_lib.sh"
start_registry
ref=$here/team/app:cache

mkdir -p ctx/src
echo one >ctx/src/a
echo two >ctx/src/b
cat >ctx/Dockerfile <<'END'
FROM busybox AS tools
RUN echo tool > /tool && date +%s%N > /made
FROM busybox AS build
COPY --from=tools /tool /made /
RUN head -c 3000000 /dev/urandom > /large
COPY src /src
RUN cat /src/* > /all
FROM busybox
WORKDIR /out
COPY --from=build /all /tool /made /out/
CMD ["cat", "/out/all"]
END

covers COUT-1 COUT-4
on a
build -t app --cache-from "$ref" --cache-to "type=registry,ref=$ref,mode=max" ctx
assert_contains "$output" "WARN: --cache-from $ref: there is no cache yet"
assert_contains "$output" "cache $ref: 7 steps added"
first=$(image_id app)
assert_equals "$(root team/app cache | jq -r '.config.mediaType')" application/vnd.strata.cache.config.v1+json
[ "$(root team/app cache | jq '.layers | length')" -ge 8 ] || fail "the cache does not name its layers"

# Nothing new: nothing is sent, nothing waits.
sent=$(uploads)
build -t app --cache-to "type=registry,ref=$ref,mode=max" ctx
assert_equals "$(uploads)" "$sent"
assert_lacks "$output" 'added'

covers COUT-2 COUT-11
on b
forget_requests
build -t app --cache-from "$ref" ctx
assert_equals "$(outcomes | sort -u)" hit
assert_equals "$(image_id app)" "$first"
assert_equals "$(layer_downloads)" 0
assert_equals "$(requests GET /manifests/)" 1
# The layers come when somebody reads them, and only those.
assert_equals "$(strata run --rm --network host app)" "$(printf 'one\ntwo')"
[ "$(layer_downloads)" -le 2 ] || fail "$(layer_downloads) layers were downloaded for an image of 2"
# What this machine knows now it asks nobody about.
forget_requests
build -t app --cache-from "$ref" ctx
assert_equals "$(requests GET /)" 0

# Another machine, other sources: what did not change is not run, and not downloaded unless a step stands on it.
on c
forget_requests
echo changed >>ctx/src/b
build -t app --cache-from "$ref" ctx
assert_equals "$(outcome_of 'RUN echo tool')" hit
assert_equals "$(outcome_of 'RUN head')" hit
assert_equals "$(outcome_of 'COPY src')" executed
assert_equals "$(outcome_of 'RUN cat')" executed
assert_equals "$(strata run --rm --network host app)" "$(printf 'one\ntwo\nchanged')"
tools=$(packs team/app cache | jq -r '.records[] | select(.tarSize > 3000000) | .blob.digest')
[ -n "$tools" ] || fail 'no record of the large layer'
output=$(strata why)
assert_contains "$output" "of the cache $ref"
assert_contains "$output" 'src/b modified (4B -> 12B)'
assert_lacks "$output" 'src/a'
assert_lacks "$output" 'never built before'
assert_contains "$output" "never built here; since the cache's build"
assert_equals "$(strata why --json | jq -r 'select(.name | contains("COPY src")).comparedCache')" "$ref"
# The other machine's build is there for comparison alone.
assert_equals "$(strata builds ls -q | wc -l)" 1
assert_equals "$(strata builds ls -q --imported | wc -l)" 2
assert_contains "$(strata builds ls --imported)" "$ref"

# What this machine adds is for the first one; the tool's stage was never needed as files, so it never came.
build -t app --cache-from "$ref" --cache-to "type=registry,ref=$ref,mode=max" ctx
on d
build -t app --cache-from "$ref" ctx
assert_equals "$(outcomes | sort -u)" hit

covers COUT-2
# mode=min takes the layers of the result alone.
on a
build -t app --cache-to "type=registry,ref=$here/team/app:min" ctx
assert_equals "$(packs team/app min | jq -s '[.[].records[]] | length')" 2

covers COUT-3
build --cache-to "type=registry,ref=$here/team/zstd:c,mode=max,compression=zstd,force-compression=true" ctx
assert_equals "$(packs team/zstd c | jq -r '.records[].blob.mediaType' | sort -u)" application/vnd.oci.image.layer.v1.tar+zstd
on e
build -t app --cache-from "$here/team/zstd:c" ctx
assert_equals "$(outcomes | sort -u)" hit
assert_equals "$(strata run --rm --network host app)" "$(printf 'one\ntwo\nchanged')"

# Several caches are asked in order; one that is missing does no harm.
on f
build -t app --cache-from "$here/team/none" --cache-from "type=registry,ref=$ref" ctx
assert_contains "$output" "WARN: --cache-from $here/team/none"
assert_equals "$(outcomes | sort -u)" hit

covers COUT-11
# Pushed from the cache's registry to another repository of it: no layer comes or goes, and nothing is asked twice.
on g
forget_requests
build --push -t "$here/other/app" --cache-from "$ref" ctx
sleep 0.3
assert_equals "$(layer_downloads)" 0
assert_equals "$(requests GET '"http.request.uri":"/v2/"')" 1
asked_twice=$(grep -a '"http.request.method":"HEAD"' registry/log | grep -a '"http.response.status"' |
  jq -r '."http.request.uri"' | sort | uniq -d)
assert_equals "$asked_twice" ''
# What is there under its tag takes one question; under a new tag two, and the manifest goes out again.
questions_of() { # questions_of TAG: how many questions and manifests are sent for it
  forget_requests
  build --push -t "$here/other/app:$1" --cache-from "$ref" ctx
  sleep 0.3
  echo "$(requests HEAD '"http.request.uri":"/v2/other/app/') $(requests PUT '"http.request.uri":"/v2/other/app/manifests/')"
}
assert_equals "$(questions_of latest)" "1 0"
assert_equals "$(questions_of again)" "2 1"
skopeo copy -q --src-tls-verify=false "docker://$here/other/app" docker-archive:pushed.tar:pushed
on d
strata load -q -i pushed.tar >/dev/null
assert_equals "$(strata run --rm --network host pushed)" "$(printf 'one\ntwo\nchanged')"

covers COUT-12
# Caches of several platforms are one.
printf 'FROM scratch\nARG TARGETARCH\nCOPY src /$TARGETARCH\n' >ctx/Dockerfile
build --platform linux/amd64,linux/arm64 --cache-to "type=registry,ref=$here/team/multi,mode=max" ctx
on h
build --platform linux/amd64,linux/arm64 --cache-from "$here/team/multi" ctx
assert_equals "$(outcomes | sort -u)" hit
