#!/bin/bash
# RUN steps that leave nothing: they share one layer and what they ran in, and none sees anything of another.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox base
empty=sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
mkdir ctx
cat >ctx/Dockerfile <<'END'
FROM base AS one
RUN echo text >/made && test -f /made && rm /made
RUN test ! -e /made && touch /dev/shm/left /dev/left && sleep 100 & :
RUN test ! -e /dev/shm/left && test ! -e /dev/left && ! pgrep sleep
RUN echo one >/file
RUN test "$(cat /file)" = one && mkdir /directory && rmdir /directory
RUN test ! -e /directory && rm /file
RUN test ! -e /file

FROM base AS two
RUN test ! -e /file
RUN --mount=type=tmpfs,target=/scratch echo text >/scratch/file
RUN test ! -e /scratch/file && test ! -e /file
RUN echo two >/file

FROM base
RUN true
COPY --from=two /file /two
RUN test "$(cat /two)" = two
RUN --mount=from=one,target=/one test ! -e /one/file
RUN chmod 0711 /
RUN touch /last
END
check() {
  strata build --progress=plain -t app "$@" ctx >log 2>&1 || fail "$(cat log)"
  # the base, true, COPY, test, --mount, chmod, touch
  got=$(layers app | sed "s/$empty/empty/" | grep -n empty | cut -d: -f1 | xargs)
  assert_equals "$got" "2 4 5 6"
  assert_equals "$(strata run --rm app ls /two /last | xargs)" "/last /two"
}
check
digests=$(layers app)
check
assert_equals "$(strata builds show --format json | jq '[.steps[] | select(.outcome == "executed")] | length')" 0
check --no-cache
assert_equals "$(layers app | sed -n 2p)" "$(echo "$digests" | sed -n 2p)"
strata system fsck >fsck || fail "$(cat fsck)"
assert_equals "$(find "$STRATA_ROOT"/tmp -name 'draft-*' | wc -l)" 0
assert_lacks "$(cat /proc/self/mounts)" "$work"

# The same where trees are copied, and in a store whose only layer of that digest changes /.
STRATA_ROOT=$work/copies
strata() { "$STRATA" --snapshotter native "$@"; }
import_busybox base
check
strata() { "$STRATA" "$@"; }
STRATA_ROOT=$work/other
import_busybox base
printf 'FROM base\nRUN chmod 0700 /\n' | strata build -q -t closed - >log 2>&1 || fail "$(cat log)"
assert_equals "$(layers closed | tail -1)" "$empty"
printf 'FROM base\nRUN true\nUSER nobody\nRUN ls / && true\n' | strata build -q --no-cache -t open - >log 2>&1 || fail "$(cat log)"
assert_contains "$(strata run --rm --user nobody open ls /)" bin

# A step that may change what is mounted hands it on to nobody.
STRATA_ROOT=$work/store
printf 'FROM base\nRUN --security=insecure mount -o remount,ro / && ! touch /file\nRUN touch /file\n' |
  strata build -q --allow security.insecure -t remounted - >log 2>&1 || fail "$(cat log)"
assert_equals "$(strata run --rm remounted ls /file)" /file
