#!/bin/bash
# A machine that starts empty copies a changed file onto a base and onto cached steps without bringing either: outlines in
# the cache say where the copy goes.
. "$(dirname "$0")/lib.sh"
needs_root
start_registry
# fetched HEX: how often the whole blob was. The registry writes down a request when the client has long had its answer.
fetched() { sleep 0.3; grep '"http.request.method":"GET"' registry/log | grep "/blobs/sha256:$1" | grep -c '"http.response.status":200' || true; }

# A base that another client pushed, with a link on the way and a directory of its own.
mkdir -p root/usr/srv
cp "$(command -v busybox)" root/busybox
ln -s usr/srv root/srv
head -c 1000000 /dev/urandom >root/ballast
tar -C root -cf base.tar .
strata import base.tar base >/dev/null
strata save -o base.archive base
skopeo copy -q --dest-tls-verify=false docker-archive:base.archive "docker://$here/base:1"
rm -r "$STRATA_ROOT"  # the layer too
base_layer=$(skopeo inspect --tls-verify=false --raw "docker://$here/base:1" | jq -r '.layers[0].digest')

mkdir ctx
echo one >ctx/file
cat >ctx/Dockerfile <<END
FROM $here/base:1
RUN ["/busybox", "sh", "-c", "/busybox head -c 700000 /ballast > /usr/srv/made"]
WORKDIR /srv
COPY file deep/
LABEL a=b
END
build() { strata build -q --cache-from "$here/cache" -t "$here/team/app:$1" --push "${@:2}" ctx; }
build a --cache-to "type=registry,ref=$here/cache,mode=max" >/dev/null
made_layer=$(skopeo inspect --tls-verify=false --raw "docker://$here/team/app:a" | jq -r '.layers[1].digest')
assert_equals "$(fetched "${base_layer#sha256:}")" 1

export STRATA_ROOT=$work/other
echo two >ctx/file
build b >/dev/null
assert_equals "$(outcomes | sort | uniq -c | xargs)" "1 executed 3 hit"
assert_equals "$(fetched "${base_layer#sha256:}")" 1
assert_equals "$(fetched "${made_layer#sha256:}")" 0
strata system df >/dev/null

# What came out is what a machine with everything makes of it.
assert_equals "$(strata run -q --rm --network host "$here/team/app:b" /busybox cat /usr/srv/deep/file)" two
other=$(image_id "$here/team/app:b")
export STRATA_ROOT=$work/store
build c >/dev/null
assert_equals "$(layers "$here/team/app:c")" "$(STRATA_ROOT=$work/other strata inspect "$here/team/app:b" | jq -r '.[0].RootFS.Layers[]')"
[ -n "$other" ]

# A sweep leaves outlines of layers that are still away; without them the layers come.
export STRATA_ROOT=$work/third
echo three >ctx/file
build d >/dev/null
strata system prune -f >/dev/null
echo four >ctx/file
build e >/dev/null
assert_equals "$(fetched "${made_layer#sha256:}")" 1  # run above read it, nobody since
