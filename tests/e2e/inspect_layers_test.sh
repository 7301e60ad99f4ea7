#!/bin/bash
# What an image holds and wastes: the same in the store, in every form of an archive and in a registry, and in agreement with
# tar and with the history.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx ctx/.git
head -c 20000 /dev/urandom >ctx/a
cp ctx/a ctx/b
head -c 30000 /dev/urandom >ctx/.git/pack
cat >ctx/Dockerfile <<'END'
FROM busybox
COPY . /app
RUN chown -R 5:6 /app
RUN mkdir -p /var/cache/apk && head -c 10000 /dev/urandom >/var/cache/apk/index && echo more >>/app/b
RUN rm /app/a
END
strata build -q -t app:1 ctx >/dev/null

# Each kind of waste, once: in the text and in JSON, with its instruction.
text=$(strata inspect-layers app:1)
assert_contains "$text" "COPY --chown=5:6 in layer 2, COPY . /app (line 2) saves this copy"
assert_contains "$text" "version control, git history: 1 file of layer 2, COPY . /app (line 2)"
assert_contains "$text" "caches, apk cache: 1 file of layer 4"
assert_contains "$text" "deleted later: 1 file of layer 2, COPY . /app (line 2), by layer 5, RUN rm /app/a (line 5)"
assert_contains "$text" "overwritten later: 1 file of layer 2, COPY . /app (line 2), by layer 4"
json() { strata inspect-layers --json "$@"; }
json app:1 >app.json
assert_equals "$(jq -r '[.waste.findings[] | .cause] | sort | join(" ")' app.json)" \
  "deleted-later metadata-only overwritten-later package-cache version-control"
assert_equals "$(jq '([.waste.findings[].bytes] | add) == .waste.bytes' app.json)" true
dockerfile=$(stat -c %s ctx/Dockerfile)
assert_equals "$(jq '.waste.findings[] | select(.cause == "metadata-only") | .bytes' app.json)" $((20000 + 20000 + 30000 + dockerfile))

# Sizes are those of the history and of the tars; files and bytes those that tar counts.
assert_equals "$(jq '[.layers[].tarBytes] | add' app.json)" "$(jq .tarBytes app.json)"
assert_equals "$(strata history --no-trunc --human=false --format '{{.Size}}' app:1 | sort -n)" "$(jq '.layers[].tarBytes' app.json | sort -n)"
strata save -o saved.tar app:1
mkdir saved
tar -xf saved.tar -C saved
number=0
for layer in $(jq -r '.[0].Layers[]' saved/manifest.json); do
  jq ".layers[$number]" app.json >layer.json
  assert_equals "$(jq .tarBytes layer.json)" "$(stat -c %s "saved/$layer")"
  assert_equals "$(jq .files layer.json)" "$(tar -tvf "saved/$layer" | grep '^-' | grep -vc '/\.wh\.' || true)"
  assert_equals "$(jq .directories layer.json)" "$(tar -tvf "saved/$layer" | grep '^d' | grep -vc ' \./$' || true)"
  assert_equals "$(jq .links layer.json)" "$(tar -tvf "saved/$layer" | grep -c '^[hl]' || true)"
  assert_equals "$(jq .fileBytes layer.json)" "$(tar -tvf "saved/$layer" | awk '/^-/ { sum += $3 } END { print sum + 0 }')"
  number=$((number + 1))
done
assert_equals "$number" 5

# The same wherever the image is.
strip() { jq -S 'del(.names, .build, .sharedBytes, .compressedBytes, .waste.findings[].hint) | .layers |= map(del(.line, .outcome, .nanoseconds, .reason, .sharedWith, .compressedBytes))'; }
strip <app.json >wanted.json
same() { json "$@" | strip | diff wanted.json - || fail "$* is another"; }
same saved.tar
same docker-archive:saved.tar
same oci-archive:saved.tar
same oci:saved
same ./saved
gzip -k saved.tar
same saved.tar.gz
skopeo copy -q oci-archive:saved.tar oci:compressed:app
json oci:compressed:app >compressed.json
assert_equals "$(jq '.compressedBytes < .tarBytes and .compressedBytes > 10000' compressed.json)" true
assert_equals "$(strip <compressed.json | jq -c '[.waste, .efficiency, .layers]')" "$(jq -c '[.waste, .efficiency, .layers]' wanted.json)"

# A registry's image without pulling it; what is here already is not asked for.
start_registry
strata tag app:1 "$here/team/app:1"
strata push "$here/team/app:1" >/dev/null 2>&1
blobs() { grep '"http.request.method":"GET"' registry/log | grep -c 'response completed.*/blobs/\|/blobs/.*response completed' || true; }
before=$(blobs)
json --remote "$here/team/app:1" | jq -e '.compressedBytes < .tarBytes' >/dev/null
assert_equals "$(($(blobs) - before))" 1 # the configuration
root=$STRATA_ROOT
export STRATA_ROOT=$work/empty
same --remote "$here/team/app:1"
same "docker://$here/team/app:1"
assert_equals "$(strata images -q)" ""
assert_status 1 strata inspect-layers "docker://$here/team/none"
export STRATA_ROOT=$root
json "$here/team/app:1" | jq -e '.compressedBytes < .tarBytes' >/dev/null # what was pushed is remembered

# A local name wins over a file of that name; without one the file counts.
cp saved.tar app
assert_equals "$(json app:1 | jq -r .build)" "$(jq -r .build app.json)"
assert_equals "$(json app | jq -r .id)" "$(jq -r .id app.json)"

# Trees.
tree=$(strata inspect-layers --tree --depth 1 app:1)
assert_contains "$tree" "app/"
assert_lacks "$tree" "busybox"
assert_contains "$(strata inspect-layers --tree=5 app:1)" "-               a"
assert_contains "$(strata inspect-layers --tree=3 app:1)" "="
assert_status 125 strata inspect-layers --tree=9 app:1
assert_contains "$output" "layers 1 to 5"
for unfit in --tree=x "--tree --json" "--tree --format sarif" "--depth 2" --depth=-2 --largest=-1 "--platform x" "--format foo"; do
  assert_status 125 strata inspect-layers $unfit app:1
done
assert_status 75 strata inspect-layers "docker://127.0.0.1:$(free_port)/team/app"
assert_equals "$(json --largest 2 app:1 | jq '.largest | length')" 2

# What is no image.
head -c 5000 /dev/urandom >noise
assert_status 1 strata inspect-layers ./noise
assert_status 1 strata inspect-layers docker-archive:none.tar
assert_status 1 strata inspect-layers ./none
assert_contains "$output" "./none: no such file"
head -c 100000 saved.tar >cut.tar
assert_status 1 strata inspect-layers ./cut.tar
