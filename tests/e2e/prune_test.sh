#!/bin/bash
# The store fits under any cap, least valuable first, and prune says what goes, why, and why not.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
cat >ctx/Dockerfile <<'END_OF_FILE'
FROM busybox AS one
RUN dd if=/dev/urandom of=/cheap bs=1M count=8
FROM busybox AS two
RUN dd if=/dev/urandom of=/dear bs=1M count=8 && sleep 2
FROM busybox
RUN --mount=from=one,target=/one --mount=from=two,target=/two --mount=type=cache,target=/cache \
    dd if=/dev/zero of=/cache/x bs=1M count=4 && ls /one /two > /listing
END_OF_FILE
strata build -q -t app ctx >/dev/null
size() { du -s -B1 "$STRATA_ROOT" | cut -f1; }
records() { strata info --format '{{.CacheRecords}}'; }
before=$(ls "$STRATA_ROOT/layers")

# The sum of what df says is what is there.
strata system df >/dev/null
assert_contains "$(strata system df)" Metadata

# A dry run removes nothing, and names the cheap layer before the dear one.
plan=$(strata system prune --max-size 12m --dry-run)
assert_contains "$plan" "to have it again"
assert_equals "$(ls "$STRATA_ROOT/layers")" "$before"
cap=$((14 << 20))
strata system prune --max-size "$cap" --force >/dev/null
[ "$(size)" -le "$cap" ] || fail "the store takes $(size) bytes, more than $cap"
strata build -q -t app ctx >/dev/null
assert_equals "$(strata builds show --format json | jq -r '.steps[] | select(.name | test("/cheap")) | .outcome')" executed
assert_equals "$(strata builds show --format json | jq -r '.steps[] | select(.name | test("/dear")) | .outcome')" hit

# Images with a name stay without --all, and it says so; with it every cap holds that an empty store can meet.
status=0
output=$(strata system prune --max-size 100k --force 2>&1) || status=$?
assert_equals "$status" 1
assert_contains "$output" "--all lets them go"
assert_equals "$(strata run --rm --network host app cat /listing | head -1)" "/one:"
assert_equals "$(find "$STRATA_ROOT/cache/mounts" -name x | wc -l)" 0
strata system prune --all --max-size 800k --force >/dev/null
[ "$(size)" -le $((800 << 10)) ] || fail "the store takes $(size) bytes: $(du -a "$STRATA_ROOT")"
assert_equals "$(strata images -q | wc -l)" 0
assert_status 0 strata system fsck

# docker's flags
import_busybox
strata build -q -t app ctx >/dev/null
assert_status 0 strata system prune --force --filter until=24h
[ "$(records)" != 0 ] || fail "cache of today was older than a day"
assert_status 0 strata builder prune --force --keep-storage 1g
[ "$(records)" != 0 ] || fail "what was to be kept is gone"
assert_status 0 strata builder prune --all --force --keep-storage 1g
[ "$(records)" != 0 ] || fail "what was to be kept is gone"
assert_status 0 strata builder prune --force
assert_equals "$(records)" 1  # an image has it
assert_status 0 strata builder prune --all --force
assert_equals "$(records)" 0
strata tag busybox spare && strata rmi spare >/dev/null
assert_status 0 strata image prune --all --force --filter label=keep
assert_equals "$(strata images -q | wc -l)" 2
assert_status 125 strata system prune --nonsense
assert_status 1 strata system prune --force --filter nonsense=1
assert_status 0 strata system prune -a --volumes --force
assert_equals "$(strata images -q | wc -l)" 0
