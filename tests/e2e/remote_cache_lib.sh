# Shared by the scenarios of caches elsewhere: a registry whose requests can be counted, and machines, each a store of its
# own with the same base image.
. "$(dirname "$0")/lib.sh"
needs_root

# requests METHOD PATTERN: how many answered so far
requests() { grep -a "\"http.request.method\":\"$1\"" registry/log | grep -a '"http.response.status"' | grep -ac "$2" || true; }
# forget_requests: the registry writes down a request when the client has long had its answer
forget_requests() { sleep 0.3 && : >registry/log; }
layer_downloads() { requests GET '/blobs/sha256:'; }
uploads() { requests PUT '/blobs/uploads/'; }

# on MACHINE: the commands that follow run there
on() {
  export STRATA_ROOT=$work/machine-$1
  [ ! -e "$STRATA_ROOT" ] || return 0
  [ -e base.tar ] || { STRATA_ROOT=$work/base-store import_busybox && STRATA_ROOT=$work/base-store strata save -o base.tar busybox; }
  strata load -q -i base.tar >/dev/null
}
# build ARGUMENT...: output in $output
build() { output=$(strata build --progress plain "$@" 2>&1) || fail "$output"; }
# outcome_of TEXT: how the step with this text ended in the last build
outcome_of() { strata builds show --format json | jq -r --arg text "$1" '.steps[] | select(.name | contains($text)) | .outcome'; }
# root REPOSITORY TAG: the manifest that stands for a cache
root() { curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$here/v2/$1/manifests/$2"; }
# packs REPOSITORY TAG: every pack, one JSON document a line
packs() {
  root "$1" "$2" | jq -r '.layers[] | select(.mediaType | contains("cache.pack")) | .digest' | while read -r digest; do
    curl -sf "http://$here/v2/$1/blobs/$digest" | zstd -dcq
    echo
  done
}
