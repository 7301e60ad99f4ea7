#!/bin/bash
# 16. Environment variables.
. "$(dirname "$0")/lib.sh"
import_busybox
printf 'FROM busybox\nENV PORT=80 MODE=plain\nCMD ["env"]\n' >Dockerfile
strata build -t app . 2>/dev/null
assert_contains "$(strata run --rm app)" "PORT=80"
output=$(strata run --rm -e PORT=8000 --env MODE= app)
assert_contains "$output" PORT=8000
assert_contains "$output" $'MODE=\n'
printf '# of the course\nPORT=9000\nNAME=a name with blanks\nHOSTS\n' >.env
output=$(HOSTS=own strata run --rm --env-file ./.env app)
assert_contains "$output" PORT=9000
assert_contains "$output" "NAME=a name with blanks"
assert_contains "$output" HOSTS=own
assert_contains "$output" MODE=plain
assert_contains "$(strata run --rm --env-file ./.env -e PORT=1 app)" PORT=1
