#!/bin/bash
# The HTML report of a real build, opened in a real browser without a network: what it shows, how it is used with the
# keyboard and read aloud, in light and dark.
. "$(dirname "$0")/lib.sh"
needs_root
for program in chromium chromedriver; do command -v $program >/dev/null || skip "$program is not installed"; done

import_busybox
mkdir -p ctx/src ctx/data
head -c 600000 /dev/urandom >ctx/data/large
printf one >ctx/src/main
: >"ctx/src/<img src=x onerror=window.hostile=1>"
mkdir "ctx/src/<"
head -c 30000 /dev/urandom >"ctx/src/</script><script>window.hostile=1"
cat >ctx/Dockerfile <<'END_OF_FILE'
FROM busybox
COPY data /data
RUN head -c 400000 /dev/urandom > /gone && echo kept > /kept
RUN rm /gone
COPY src /src
RUN cat /src/main > /made
END_OF_FILE
strata build -q -t app:1 ctx >/dev/null
printf two >ctx/src/main
strata build -q -t app:1 ctx >/dev/null

strata inspect-layers --format html app:1 >report.html
assert_lacks "$(sed 's/.*id="data">//' report.html | head -n 1)" "<img"  # no name ends or opens an element
cat >wanted.json <<'END_OF_FILE'
{"title": "app:1", "layers": 6, "steps": 6, "bars": 6, "builds": 2, "directory": "data",
 "texts": ["src/main modified", "deleted later", "RUN rm /gone", "/data/large"]}
END_OF_FILE
timeout 120 python3 "$STRATA_SOURCE_DIR/tests/support/report_browser.py" report.html wanted.json

# Without a journal's build the report has the image alone.
strata save app:1 >app.tar
STRATA_ROOT=$work/other strata inspect-layers --format html app.tar >image.html
assert_contains "$(cat image.html)" '"layers":'
assert_lacks "$(sed -n 's/.*id="data">//p' image.html)" '"build":'
