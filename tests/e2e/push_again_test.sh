#!/bin/bash
# The next version of a large COPY is pushed with the compressed blocks that the last one has too: the bytes are those of
# a machine that never saw the last one, and others read them.
. "$(dirname "$0")/lib.sh"
needs_root
start_registry
import_busybox base
mkdir -p ctx/files
for i in 1 2 3 4; do seq "${i}000000" "${i}999999" >"ctx/files/$i"; done # 8 MB each
printf 'FROM base\nCOPY files /files\n' >ctx/Dockerfile
push() { strata build -q --push "${@:2}" -t "$here/app:$1" ctx >log 2>&1 || fail "$(cat log)"; }
layer() { skopeo inspect --tls-verify=false --raw "docker://$here/app:$1" | jq -r '.layers[-1].digest'; }
kept() { find "$STRATA_ROOT/layers" -path '*/compressed/*' -printf '%i %f\n' | sort; }

for form in gzip zstd; do
  push "$form-1" --compression $form
  before=$(kept | grep "$form")
  assert_equals "$(echo "$before" | wc -l)" 3
  echo "changed for $form" >>ctx/files/4
  push "$form-2" --compression $form
  # Three groups are before the change, or two and one that has it: links, not copies.
  assert_equals "$(kept | grep "$form" | wc -l)" 6
  shared=$(kept | grep "$form" | cut -d' ' -f1 | uniq -d | wc -l)
  [ "$shared" -ge 2 ] || fail "$shared groups are shared"
  STRATA_ROOT=$work/fresh-$form
  import_busybox base
  push "$form-3" --compression $form
  assert_equals "$(layer "$form-2")" "$(layer "$form-3")"
  STRATA_ROOT=$work/reader-$form
  assert_equals "$(strata run --rm --network host "$here/app:$form-2" cat /files/1 /files/2 /files/3 /files/4 | md5sum)" \
    "$(cat ctx/files/[1-4] | md5sum)"
  skopeo copy -q --src-tls-verify=false "docker://$here/app:$form-2" "oci:copied-$form"
  STRATA_ROOT=$work/store
done

# What is damaged is compressed again; the next version of a version finds it too.
for file in $(find "$STRATA_ROOT/layers" -path '*/compressed/gzip*'); do
  printf x | dd of="$file" bs=1 seek=1000 conv=notrunc status=none
done
echo "once more" >>ctx/files/4
push damaged
STRATA_ROOT=$work/fresh-gzip push other
assert_equals "$(layer damaged)" "$(layer other)"

# It is the layer's: measured with it, and gone with it.
strata system fsck >fsck || fail "$(cat fsck)"
strata system prune --all --force >/dev/null
assert_equals "$(kept)" ""
