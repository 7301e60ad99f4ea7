#!/bin/bash
# 11. save and load: the same image on another machine.
. "$(dirname "$0")/lib.sh"
import_busybox
printf 'FROM busybox\nRUN echo kept >/kept\n' >Dockerfile
strata build -t app . 2>/dev/null
id=$(image_id app)
strata save -o app.tar app
other() { STRATA_ROOT=$work/other "$STRATA" "$@"; }
assert_equals "$(other load -i app.tar)" "Loaded image: app:latest"
assert_equals "$(other inspect --format '{{.Id}}' app)" "$id"
assert_equals "$(other run --rm app cat /kept)" kept
strata save app | other load >/dev/null
