#!/bin/bash
# 12. commit: a changed container becomes an image.
. "$(dirname "$0")/lib.sh"
import_httpd
strata run -d --name web httpd >/dev/null
echo "<h1>Committed</h1>" >index.html
strata cp index.html web:/usr/local/apache2/htdocs/
strata exec web sh -c 'echo note >/note'
id=$(strata commit -a "a learner" -m "another page" web mysite:1)
[[ $id == sha256:* ]] || fail "id: $id"
assert_contains "$(strata images)" mysite
assert_contains "$(strata history mysite:1)" "another page"
assert_equals "$(strata inspect --format '{{.Author}}' mysite:1)" "a learner"
strata run -d -p 3000:80 --name again mysite:1 >/dev/null
assert_equals "$(page localhost:3000)" "<h1>Committed</h1>"
assert_equals "$(strata exec again cat /note)" note
# with another configuration
strata commit -c 'CMD ["echo", "changed"]' -c 'ENV A=1' web mysite:2 >/dev/null
assert_equals "$(strata run --rm mysite:2)" changed
