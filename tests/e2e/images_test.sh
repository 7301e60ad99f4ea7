#!/bin/bash
# Names, listings and removal as docker does them.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
printf 'FROM busybox\nRUN echo x > /x\nLABEL a=b\nEXPOSE 80\n' >ctx/Dockerfile
assert_equals "$(strata build -q -t app:1 -t localhost:5000/team/app:2 --iidfile iid --metadata-file meta ctx)" "$(cat iid)"
id=$(cat iid)
assert_equals "$(jq -r '.["containerimage.config.digest"]' meta)" "$id"
assert_contains "$(strata images)" "REPOSITORY"
assert_contains "$(strata image ls)" "localhost:5000/team/app"
assert_equals "$(strata images -q --no-trunc app)" "$id"
assert_equals "$(strata inspect --format '{{.Id}}' app:1)" "$id"
assert_equals "$(strata inspect app:1 | jq -c '.[0].Config.ExposedPorts')" '{"80/tcp":{}}'
assert_equals "$(strata images --filter label=a=b --format '{{.Repository}}')" "app
localhost:5000/team/app"
assert_equals "$(strata images --filter 'label!=a' --format '{{.Repository}}')" busybox
assert_equals "$(strata images --filter since=busybox --filter reference=app --format '{{.Tag}}')" 1
assert_equals "$(strata images --filter before=app:1 --format '{{.Repository}}')" busybox
assert_equals "$(strata images -q --filter dangling=true)" ""
assert_equals "$(strata images -q --filter until=2020-01-01T00:00:00Z)" ""
assert_status 1 strata images --filter before=none
assert_contains "$output" "No such image: none"
assert_status 1 strata images --filter size=1
assert_contains "$output" "invalid filter 'size=1'"
strata tag app:1 renamed
assert_equals "$(image_id renamed)" "$id"
assert_equals "$(strata rmi renamed)" "Untagged: renamed:latest"
assert_contains "$(strata history app:1)" 'LABEL a=b'
strata rmi app:1 localhost:5000/team/app:2 >removed
assert_contains "$(cat removed)" "Deleted: $id"
assert_status 1 strata inspect app:1
strata build -q -t app ctx >/dev/null
assert_equals "$(outcomes | sort -u)" hit
strata system df | grep -q 'Build Cache'
strata system prune --all --force >/dev/null
assert_equals "$(strata images -q | wc -l)" 0
assert_equals "$(ls "$STRATA_ROOT/layers" | grep -c '^[0-9]' || true)" 0
