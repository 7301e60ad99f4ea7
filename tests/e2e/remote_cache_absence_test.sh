#!/bin/bash
# The place that has a machine's layers does not answer, and later does again: nothing is lost over it, and a build goes
# on with what is here.
. "$(dirname "$0")/remote_cache_lib.sh"
start_registry
ref=$here/team/app:cache
mkdir ctx
echo one >ctx/file
cat >ctx/Dockerfile <<'END'
FROM busybox
RUN echo a > /a && date +%s%N > /made
COPY file /file
RUN cat /file /a > /both
CMD ["cat", "/both"]
END
on filler
build -t app --cache-to "type=registry,ref=$ref,mode=max" ctx
for machine in b c; do
  on "$machine"
  build -t app --cache-from "$ref" ctx
  assert_equals "$(outcomes | sort -u)" hit
done

kill "$registry"
assert_status 125 strata run --rm --network host app
assert_contains "$output" 'onnect'
assert_lacks "$output" 'dropped'
assert_status 75 strata save -o app.tar app
assert_lacks "$output" 'dropped'
strata tag app "$here/team/pushed:1"
assert_status 75 strata push "$here/team/pushed:1"

# A build that has records of such layers alone, from an earlier build, makes them itself, and says so once.
on b
echo two >ctx/file
build -t app ctx
assert_equals "$(grep -c 'WARN' <<<"$output")" 1
assert_contains "$output" 'building again without layers that are elsewhere'
assert_lacks "$output" 'dropped'
assert_equals "$(strata run --rm --network host app)" "$(printf 'two\na')"

# The registry is back: so is everything.
docker-registry serve registry/config.yml >>registry/log 2>&1 &
at_end "kill $!"
for _ in $(seq 100); do curl -sf "http://$here/v2/" >/dev/null && break || sleep 0.1; done
on c
assert_equals "$(strata run --rm --network host app)" "$(printf 'one\na')"
strata save -o app.tar app
