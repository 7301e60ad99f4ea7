#!/bin/bash
# skopeo, podman and docker read what save writes; strata loads what each of them saves.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
printf 'FROM busybox\nRUN echo built > /file && ln /file /hard && mkdir /gone\nRUN rmdir /gone\nENV A=1\nCMD ["cat", "/file"]\n' >ctx/Dockerfile
strata build -q -t app:1 ctx >id
id=$(cat id)
strata save -o app.tar app:1
diff_ids=$(layers app:1)

# Ourselves, in another store: the same id.
STRATA_ROOT=$work/other strata load -i app.tar
assert_equals "$(STRATA_ROOT=$work/other image_id app:1)" "$id"
assert_equals "$(STRATA_ROOT=$work/other strata run --rm --network host app:1)" built
STRATA_ROOT=$work/other strata save -o again.tar app:1
cmp app.tar again.tar || fail "an archive that was loaded and saved again is another one"

# skopeo
skopeo inspect --config docker-archive:app.tar | jq -e '.config.Env | index("A=1")' >/dev/null
skopeo copy -q docker-archive:app.tar oci:layout:app
skopeo copy -q docker-archive:app.tar docker-archive:skopeo.tar:app:skopeo
skopeo copy -q oci-archive:app.tar oci:layout2:app
STRATA_ROOT=$work/skopeo strata load -i skopeo.tar
assert_equals "$(STRATA_ROOT=$work/skopeo layers app:skopeo)" "$diff_ids"
tar -C layout -cf layout.tar .
STRATA_ROOT=$work/oci strata load -i layout.tar
assert_equals "$(STRATA_ROOT=$work/oci strata images -q | wc -l)" 1

# Compressed as a whole: as `docker save | gzip`, with the same bytes on one core and on all.
for kind in gzip zstd; do
  strata save --compression $kind -o app.tar.$kind app:1
  $kind -dc <app.tar.$kind | cmp - app.tar || fail "$kind reads something else"
  taskset -c 0 "$STRATA" save --compression $kind app:1 | cmp - app.tar.$kind || fail "$kind gives other bytes on one core"
  STRATA_ROOT=$work/from-$kind strata load -i app.tar.$kind
  assert_equals "$(STRATA_ROOT=$work/from-$kind image_id app:1)" "$id"
done
head -c -3 app.tar.gzip >torn
! STRATA_ROOT=$work/torn-store strata load -i torn 2>torn.log || fail "a torn archive was loaded"
assert_contains "$(cat torn.log)" "ends early"
! strata save --compression brotli -o x app:1 2>brotli.log || fail "there is no brotli"
assert_contains "$(cat brotli.log)" "gzip[:LEVEL]"

# podman
podman=(podman --root "$work/podman" --runroot "$work/podman-run" --storage-driver vfs)
"${podman[@]}" load -q -i app.tar >podman.log 2>&1 || { cat podman.log; fail "podman load"; }
assert_equals "sha256:$("${podman[@]}" images -q --no-trunc | head -n 1 | sed s/sha256://)" "$id"
"${podman[@]}" save -q -o podman.tar app:1
"${podman[@]}" save -q --format oci-archive -o podman-oci.tar app:1
STRATA_ROOT=$work/from-podman strata load -i podman.tar
assert_equals "$(STRATA_ROOT=$work/from-podman layers localhost/app:1 2>/dev/null || STRATA_ROOT=$work/from-podman layers app:1)" "$diff_ids"
STRATA_ROOT=$work/from-podman-oci strata load -i podman-oci.tar

# docker: its daemon runs for this test alone, with nothing but image storage
start_docker
docker load -q -i app.tar
assert_equals "$(docker images -q --no-trunc app:1)" "$id"
docker save -o docker.tar app:1
STRATA_ROOT=$work/from-docker strata load -i docker.tar
assert_equals "$(STRATA_ROOT=$work/from-docker image_id app:1)" "$id"
