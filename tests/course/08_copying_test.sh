#!/bin/bash
# 8. Copying into and out of running containers.
. "$(dirname "$0")/lib.sh"
import_busybox
import_httpd
mkdir dummy
echo "a test" >dummy/test.txt
strata run -d --name boxed busybox sleep 1000 >/dev/null
strata cp dummy/. boxed:/test
assert_equals "$(strata exec boxed cat /test/test.txt)" "a test"
rm dummy/test.txt
strata cp boxed:/test/test.txt dummy
assert_equals "$(cat dummy/test.txt)" "a test"
rm -r dummy
strata cp boxed:/test dummy
assert_equals "$(cat dummy/test.txt)" "a test"

strata run -d --name web -p 3000:80 httpd >/dev/null
assert_equals "$(page localhost:3000)" "<h1>It works!</h1>"
echo "<h1>Another page</h1>" >index.html
strata cp index.html web:/usr/local/apache2/htdocs/
assert_equals "$(page localhost:3000)" "<h1>Another page</h1>"
strata cp web:/usr/local/apache2/htdocs/index.html back.html
cmp index.html back.html
