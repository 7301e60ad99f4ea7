#!/bin/bash
# A cache in a directory, and one inside an image.
. "$(dirname "$0")/remote_cache_lib.sh"
mkdir ctx
echo one >ctx/file
printf 'FROM busybox\nRUN date +%%s%%N > /a\nCOPY file /file\nRUN cat /file /a > /both\nCMD ["cat", "/file"]\n' >ctx/Dockerfile

covers COUT-6
on a
build -t app --cache-to "type=local,dest=shared,mode=max" ctx
first=$(image_id app)
[ -e shared/oci-layout ] || fail 'no image layout'
digest=$(jq -r '.manifests[0].digest' shared/index.json)
assert_equals "$(jq -r '.manifests[0].annotations."org.opencontainers.image.ref.name"' shared/index.json)" latest
on b
build -t app --cache-from "type=local,src=$work/shared" ctx
assert_equals "$(outcomes | sort -u)" hit
assert_equals "$(image_id app)" "$first"
echo two >ctx/file
on c
build -t app --cache-from type=local,src=shared --cache-to type=local,dest=shared,mode=max ctx
assert_equals "$(outcome_of 'RUN date')" hit
assert_contains "$(strata why)" 'file modified'
# Another tag; the first state is still there by its digest until blobs are dropped.
build --cache-to type=local,dest=shared,tag=other,mode=max ctx
assert_equals "$(jq '.manifests | length' shared/index.json)" 2
touch shared/blobs/sha256/stray
build --no-cache --cache-to type=local,dest=shared,tag=other,mode=max,reset=true ctx
[ ! -e shared/blobs/sha256/stray ] || fail 'reset=true left a blob that nothing names'
on d
build --cache-from type=local,src=shared,tag=other ctx
assert_equals "$(outcomes | sort -u)" hit
skopeo inspect --raw oci:shared:latest >/dev/null

covers COUT-5 COUT-7 BARG-1
start_registry
on a
echo inline >ctx/file
build --push -t "$here/team/inline" --cache-to type=inline ctx
[ "$(skopeo inspect --tls-verify=false --config --raw "docker://$here/team/inline" | jq '."strata.cache.v1".records | length')" = 3 ] ||
  fail 'no records in the configuration'
first=$(image_id "$here/team/inline")
build --push -t "$here/team/inline:arg" --build-arg BUILDKIT_INLINE_CACHE=1 ctx
assert_equals "$(image_id "$here/team/inline:arg")" "$first"  # the same build, the same image
on e
build -t app --cache-from "$here/team/inline" --cache-to type=inline ctx
assert_equals "$(outcomes | sort -u)" hit
assert_equals "$(image_id app)" "$first"
assert_equals "$(strata run --rm --network host app)" inline
echo changed >ctx/file
on f
build -t app --cache-from "$here/team/inline" ctx
assert_equals "$(outcome_of 'RUN date')" hit
assert_equals "$(outcome_of 'COPY file')" executed
assert_contains "$(strata why)" "of the cache $here/team/inline"
# An image without a cache is none.
build --push -t "$here/team/plain" ctx
on g
build --cache-from "$here/team/plain" ctx
assert_contains "$output" "WARN: --cache-from $here/team/plain"

# What there is not says what there is.
for type in gha s3 azblob; do
  assert_status 125 strata build --cache-to "type=$type" ctx
  assert_contains "$output" 'registry, local'
done
for value in rf=x bad/Ref/; do assert_status 125 strata build --cache-from "$value" ctx; done
for key in mode=bogus ignore-error=maybe unknown=1; do
  assert_status 125 strata build --cache-to "type=local,dest=shared,$key" ctx
  assert_contains "$output" "${key%%=*}"
done

# A shared cache shows no secret of a build; who builds elsewhere is told whether it changed.
cat >ctx/secret.Dockerfile <<'END'
FROM busybox
ARG API_PASSWORD
ARG VERSION
RUN echo $VERSION; true $API_PASSWORD
END
secretly() { build -f ctx/secret.Dockerfile --build-arg API_PASSWORD="$1" --build-arg VERSION="$2" "${@:3}" ctx; }
on h
secretly old-Waterfall-17 1 --cache-to type=local,dest=secrets,mode=max
for blob in secrets/blobs/sha256/*; do
  ! { zstd -dcf "$blob" | grep -a Waterfall; } || fail "$blob has a secret"
done
on i
secretly old-Waterfall-17 2 --cache-from type=local,src=secrets
assert_contains "$(strata why)" 'VERSION: 1 -> 2'
assert_lacks "$(strata why)" 'API_PASSWORD'
assert_lacks "$(strata builds ls --imported --format json)" '"Status":"Error"'
assert_equals "$(strata builds ls --imported --format json | jq -r 'select(.Cache != "").Status' | sort -u)" Completed
on j
secretly new-Waterfall-18 1 --cache-from type=local,src=secrets
assert_contains "$(strata why)" 'API_PASSWORD: *** -> ***'
