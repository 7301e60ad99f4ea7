#!/bin/bash
# A RUN that fails: excerpt, last output, exit code; what does not depend on it stays cached.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir ctx
cat >ctx/Dockerfile <<'END'
FROM busybox AS good
RUN sleep 0.2 && echo fine > /out
FROM busybox AS bad
RUN echo the last words && exit 42
RUN echo never reached
FROM busybox
COPY --from=good /out /good
COPY --from=bad /out /bad
END
assert_status 1 strata build --progress plain -t app ctx
assert_contains "$output" 'did not complete successfully: exit code: 42'
assert_contains "$output" '>>> RUN echo the last words && exit 42'
assert_contains "$output" 'the last words'
assert_lacks "$output" $'\nnever reached'
assert_equals "$(strata images -q app | wc -l)" 0
sed -i '/^FROM busybox AS bad/,/^RUN echo never/d; /bad/d' ctx/Dockerfile
strata build -q -t app ctx >/dev/null
assert_equals "$(outcomes | paste -sd' ')" "hit hit hit executed"
