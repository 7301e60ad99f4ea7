#!/bin/bash
# A base that strata pushed: a machine that starts empty, without any cache, copies onto it, makes directories on it, sets
# metadata and pushes, and fetches of the base its documents and the names at the end of its blob. No layer moves.
. "$(dirname "$0")/lib.sh"
needs_root
start_registry
# whole BLOB, parts BLOB: how often it was fetched in these ways. The registry writes that down when the client has long
# had its answer.
answers() { sleep 0.3; grep '"http.request.method":"GET"' registry/log | grep "/blobs/$1" | grep -c "\"http.response.status\":$2" || true; }
whole() { answers "$1" 200; }
parts() { answers "$1" 206; }
raw() { skopeo inspect --tls-verify=false --raw "docker://$here/$1"; }

mkdir -p base/tree/usr/srv base/tree/opt/app app
cp "$(command -v busybox)" base/tree/busybox
ln -s usr/srv base/tree/srv
chmod 0711 base/tree/opt/app
head -c 1000000 /dev/urandom >base/tree/ballast
printf 'FROM scratch\nCOPY tree /\nENV BASE=1\n' >base/Dockerfile
cat >app/Dockerfile <<END
ARG BASE
FROM \$BASE
COPY Dockerfile /srv/deep/
COPY Dockerfile /opt/app/
WORKDIR /srv/other
ENV COLOUR=blue
LABEL a=b
END

for form in gzip zstd; do
  export STRATA_ROOT=$work/first
  strata build -q --compression $form -t "$here/base:$form" --push base >/dev/null
  blob=$(raw base:$form | jq -r '.layers[0].digest')
  raw base:$form | jq -e '.layers[0].annotations["dev.strata.outline"]' >/dev/null

  export STRATA_ROOT=$work/second-$form
  strata build -q --build-arg "BASE=$here/base:$form" --compression $form -t "$here/app:$form" --push app >/dev/null
  assert_equals "$(whole "$blob") $(parts "$blob")" "0 1"
  # Once known, they are not asked for again.
  date >app/more
  strata build -q --build-arg "BASE=$here/base:$form" --compression $form -t "$here/app:$form" --push app >/dev/null
  assert_equals "$(whole "$blob") $(parts "$blob")" "0 1"
  # The base's layer is the same blob, and says the same of itself.
  assert_equals "$(raw app:$form | jq -c '.layers[0]')" "$(raw base:$form | jq -c '.layers[0]')"

  # A machine that has everything makes the same image, and says of every layer what the other one said.
  export STRATA_ROOT=$work/first
  strata build -q --build-arg "BASE=$here/base:$form" --compression $form -t "$here/full:$form" --push app >/dev/null
  assert_equals "$(raw full:$form | jq -cS .layers)" "$(raw app:$form | jq -cS .layers)"
  export STRATA_ROOT=$work/third-$form
  assert_equals "$(strata run -q --rm --network host "$here/app:$form" /busybox sh -c 'cat /usr/srv/deep/Dockerfile | head -n 1; pwd')" \
    "ARG BASE"$'\n'/usr/srv/other
  assert_equals "$(strata run -q --rm --network host "$here/app:$form" /busybox stat -c %a /opt/app)" 711
  # What was brought says of itself what its maker said.
  strata tag "$here/app:$form" "$here/copy:$form"
  strata push -q "$here/copy:$form" >/dev/null
  assert_equals "$(raw copy:$form | jq -cS .layers)" "$(raw app:$form | jq -cS .layers)"

  # Others read the blobs.
  skopeo copy -q --src-tls-verify=false "docker://$here/app:$form" "oci:$form-copy:app"
done
gzip -t <(curl -sf "http://$here/v2/base/blobs/$(raw base:gzip | jq -r '.layers[0].digest')")

# A manifest that lies of where its names are costs a transfer, and nothing else.
export STRATA_ROOT=$work/first
raw base:gzip | jq -c '.layers[0].annotations["dev.strata.outline"] |= sub("^[0-9]+"; "7")' >lie.json
curl -sf -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' --data-binary @lie.json "http://$here/v2/base/manifests/lie"
blob=$(raw base:gzip | jq -r '.layers[0].digest')
before=$(whole "$blob")
export STRATA_ROOT=$work/fourth
strata build -q --build-arg "BASE=$here/base:lie" -t "$here/app:lie" --push app >/dev/null
assert_equals "$(whole "$blob")" $((before + 1))
assert_equals "$(raw app:lie | jq -c '.layers[0] | {digest}')" "$(raw base:gzip | jq -c '.layers[0] | {digest}')"
assert_equals "$(layers "$here/app:lie")" "$(STRATA_ROOT=$work/second-gzip strata inspect "$here/app:gzip" | jq -r '.[0].RootFS.Layers[]')"
