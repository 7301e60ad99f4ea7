#!/bin/bash
# Stages that do not need each other run at the same time; a stage that needs another waits for it.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
for stage in a b c d; do
  printf 'FROM busybox AS %s\nRUN sleep 1 && echo %s > /%s\n' $stage $stage $stage
done >ctx/Dockerfile
cat >>ctx/Dockerfile <<'END'
FROM busybox
COPY --from=a /a /
COPY --from=b /b /
COPY --from=c /c /
COPY --from=d /d /
RUN cat /a /b /c /d > /all
END
strata build -q -t app ctx >/dev/null
assert_equals "$(strata run --rm --network host app cat /all | paste -sd' ')" "a b c d"

# The journal has when each step began and how long it took (nanoseconds).
steps=$(strata builds show --format json | jq '[.steps[] | {name, outcome, began: .started, ended: (.started + .duration)}]')
sleeping=$(jq '[.[] | select(.name | contains("sleep 1"))]' <<<"$steps")
assert_equals "$(jq length <<<"$sleeping")" 4
jq -e '([.[].began] | max) < ([.[].ended] | min)' <<<"$sleeping" >/dev/null || fail "the stages did not overlap: $sleeping"
jq -e '([.[] | select(.name | contains("sleep 1")) | .ended] | max) as $last |
  [.[] | select(.name | contains("cat /a")) | .began >= $last] == [true]' <<<"$steps" >/dev/null ||
  fail "the last step did not wait for what it needs: $steps"
