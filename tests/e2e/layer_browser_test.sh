#!/bin/bash
# The terminal browser, in a terminal: keys as dive's, and the terminal as it was afterwards.
. "$(dirname "$0")/lib.sh"
needs_root
browse() { python3 "$STRATA_SOURCE_DIR/tests/support/terminal.py" "$@" -- "$STRATA" inspect-layers -i app; }

import_busybox
mkdir ctx
head -c 300000 /dev/urandom >ctx/large
printf 'FROM busybox\nCOPY large /data/large\nRUN rm /data/large && echo made > /made\n' >ctx/Dockerfile
strata build -q -t app ctx >/dev/null

# Layers, the chosen one's instruction, its files; then the other side, a filter, and out.
browse '=>busybox.tar' 'j=>COPY large' '\x06=>filter:' 'large=>+ large' '\r=>q leave' 'q=>'
browse '=>busybox.tar' '\x06=>filter:' 'made=>nothing to show' '\r=>q leave' '\tG=>+ made' '\x03=>'
browse 'w=>Waste of the image' '?=>fold all' '\x03=>'

# Without a terminal it says so.
assert_status 1 strata inspect-layers -i app </dev/null
assert_contains "$output" "needs a terminal"
