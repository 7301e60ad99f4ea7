#!/bin/bash
# Damage of every kind: a build drops what it meets with a warning and makes it again; fsck finds and names the rest.
. "$(dirname "$0")/lib.sh"
needs_root
mkdir -p ctx
echo one >ctx/file
cat >ctx/Dockerfile <<'END_OF_FILE'
FROM busybox
COPY file /file
RUN --mount=type=cache,target=/cache echo cached > /cache/x && echo made > /made
END_OF_FILE
fresh() {
  rm -rf "$STRATA_ROOT"
  import_busybox
  strata build -q -t app ctx >/dev/null
}
# rebuilds PATTERN: the next build succeeds, warns of PATTERN (if any), and everything is sound then.
rebuilds() {
  assert_status 0 strata build -t app ctx
  if [ -n "$1" ]; then assert_contains "$output" "$1"; fi
  assert_equals "$(strata run --rm --network host app cat /file /made)" $'one\nmade'
  assert_status 0 strata save -o /dev/null app
  assert_status 0 strata system fsck
  assert_contains "$output" clean
}
# found KIND...: fsck drops something of each kind, says so by its status, and nothing is left to find.
found() {
  assert_status 1 strata system fsck --json
  for kind; do
    jq -e --arg kind "$kind" 'any(.damage[]; .kind == $kind)' <<<"$output" >/dev/null || fail "no $kind in $output"
  done
  assert_status 0 strata system fsck
}
query() { python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])' \
  "$STRATA_ROOT/strata.db" "$1"; }
layer_of() { query "SELECT layer FROM image_layers WHERE position = $1 AND image IN (SELECT image FROM image_names WHERE name LIKE '%app%')"; }
blob_of() { echo "$STRATA_ROOT/blobs/sha256/$(query "SELECT lower(hex($1)) FROM images WHERE id IN (SELECT image FROM image_names WHERE name LIKE '%app%')")"; }
flip() { printf '\377' | dd of="$1" bs=1 seek="${2:-0}" conv=notrunc status=none; }

fresh
assert_status 0 strata system fsck
assert_equals "$(strata system fsck --json | jq '.checked.images')" 2

echo "== a layer's files are gone"
rm -rf "$STRATA_ROOT/layers/$(layer_of 2)"
rebuilds "its files are missing"
rm -rf "$STRATA_ROOT/layers/$(layer_of 1)"
found layer
rebuilds ""

echo "== a layer's content changed"
changed=$(find "$STRATA_ROOT/layers/$(layer_of 1)" -name tar)
echo two >"$changed"
found layer image
rebuilds ""
changed=$(find "$STRATA_ROOT/layers/$(layer_of 2)" -name tar)
flip "$changed" 600
assert_status 0 strata build -o type=oci,dest=app.tar ctx
assert_contains "$output" "building again"
assert_equals "$(outcomes | grep -c executed)" 1
rebuilds ""

echo "== documents"
hit() { if [ "$1" = flip ]; then flip "$2"; else $1 "$2"; fi; }
for damage in flip "truncate -s 3" rm; do
  hit "$damage" "$(blob_of id)"  # an image is nothing without its configuration
  assert_status 0 strata images
  assert_status 125 strata run --rm --network host app true
  assert_contains "$output" "damaged"
  rebuilds ""
  hit "$damage" "$(blob_of manifest)"  # which follows from the rest
  assert_status 0 strata run --rm --network host app true
  assert_contains "$output" "damaged"
  rebuilds ""
done
flip "$(blob_of id)" 20
found blob image
rebuilds ""
rm -r "$STRATA_ROOT/blobs"
assert_status 0 strata images
fresh

echo "== the database"
garble() { head -c 100000 /dev/urandom >"$1"; }
for damage in "truncate -s 5000" flip garble; do
  query "PRAGMA wal_checkpoint(TRUNCATE)" >/dev/null  # so that the file itself has everything
  $damage "$STRATA_ROOT/strata.db"
  rm -f "$STRATA_ROOT/strata.db-wal" "$STRATA_ROOT/strata.db-shm"
  assert_status 0 strata images
  assert_contains "$output" "database strata.db is damaged"
  import_busybox
  rebuilds ""
done

echo "== what a context or a cache mount keeps"
for index in "$STRATA_ROOT"/context/*; do echo garbage >"$index"; done
rebuilds ""
for index in "$STRATA_ROOT"/context/*; do flip "$index" 50; done
found stat-index
slot=$(echo "$STRATA_ROOT"/cache/mounts/*/0)
rm -rf "$slot/data"; echo file >"$slot/data"
echo "RUN --mount=type=cache,target=/cache ls /cache" >>ctx/Dockerfile
rebuilds ""
rm -rf "$slot/data"; echo file >"$slot/data"
found cache-mount
rm -rf "$STRATA_ROOT/layers/base/mountpoints"
echo "RUN true" >>ctx/Dockerfile
rebuilds ""
rm -rf "$STRATA_ROOT/layers/base/mountpoints/etc"
found stray

echo "== what has no business there"
touch "$STRATA_ROOT/layers/what" "$STRATA_ROOT/blobs/sha256/what" "$STRATA_ROOT/cache/mounts/what"
found stray
mkdir -p "$STRATA_ROOT/layers/4711/fs"  # left by a kill: no damage
assert_status 0 strata system fsck
assert_contains "$output" "half done"
[ ! -e "$STRATA_ROOT/layers/4711" ] || fail "a leftover is still there"
assert_status 125 strata system fsck --nonsense
