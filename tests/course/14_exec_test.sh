#!/bin/bash
# 14. exec: another process in a running container, and another one instead of the image's.
. "$(dirname "$0")/lib.sh"
import_httpd
strata run -d --name web httpd >/dev/null
types '=># ' 'echo $((6 * 7))\r=>42' 'exit\r=>' -- "$STRATA" exec -it web /bin/bash
assert_contains "$(strata exec web cat /usr/local/apache2/htdocs/index.html)" "It works!"
assert_equals "$(strata exec -e A=b -w /tmp web sh -c 'echo $A $PWD')" "b /tmp"
assert_status 7 strata exec web sh -c 'exit 7'
assert_status 127 strata exec web no-such-program
assert_equals "$(strata ps --format '{{.Names}}')" web

types '=># ' 'cat /proc/1/comm\r=>bash' 'exit\r=>' -- "$STRATA" run -it --name shell httpd /bin/bash
assert_equals "$(strata inspect --format '{{.State.Status}}' shell)" exited
assert_status 1 strata exec shell true
assert_contains "$output" "is not running"
