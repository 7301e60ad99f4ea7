#!/bin/bash
# kill -9 at random moments of a build, many times: the next build just works, nothing stays mounted or running.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir -p ctx/tree
for i in $(seq 400); do echo "$i" >"ctx/tree/f$i"; done
marker=strata-kill9-$$
seconds=1$$  # of nobody else's sleep
cat >ctx/Dockerfile <<END
FROM busybox AS one
COPY tree /tree
RUN cat /tree/* > /all && sleep 0.05
RUN : $marker; (sleep $seconds &) ; rm -r /tree && mkdir /tree && echo new > /tree/f1
FROM busybox
WORKDIR /app
COPY --from=one /all /app/all
RUN wc -l /app/all > /count
END
strata build -q -t app ctx >/dev/null  # also says how long it takes
RANDOM=$$
for round in $(seq 40); do
  echo "$round" >ctx/tree/f1
  "$STRATA" build -q -t app ctx >/dev/null 2>&1 &
  victim=$!
  sleep "0.$(printf %03d $((RANDOM % 300)))"
  kill -9 "$victim" 2>/dev/null || true
  wait "$victim" 2>/dev/null || true
done
for _ in $(seq 50); do pgrep -f "$marker" >/dev/null || break; sleep 0.1; done
! pgrep -fa "sleep $seconds" || fail "a process of a killed build still runs"
assert_lacks "$(cat /proc/self/mountinfo)" "$work"

assert_equals "$(strata build -q -t app ctx)" "$(strata build -q -t app ctx)"
assert_equals "$(strata run --rm --network host app cat /count)" "400 /app/all"
strata system df >/dev/null
strata system prune --force >/dev/null
assert_equals "$(find "$STRATA_ROOT/tmp" -mindepth 2 ! -name lock)" ""
assert_equals "$(strata build -q -t app ctx)" "$(image_id app)"
