#!/bin/bash
# strata debug: the examples that its two commands are explained by.
source "$(dirname "$0")/lib.sh"

dumps() { strata debug dump-dockerfile -; }
expands() { strata debug expand-word "$@"; }

# the tree, then lines, of a file of several kinds of instructions
cat > Dockerfile <<'FILE'
# the tool and its settings
FROM alpine:3.20 AS tools
env  MODE=fast  NOTE="two  words" \
     LEVEL=3
Run   apk add   jq \
  # a comment between
  && jq --version
CMD ["jq", "-r", "."]
COPY <<END /motd
hello
END
ONBUILD HEALTHCHECK --interval=5s CMD wget -q http://localhost/ || exit 1
FETCH something
FILE
assert_equals "$(strata debug dump-dockerfile Dockerfile)" '(from "alpine:3.20" "AS" "tools")
(env "MODE" "fast" "=" "NOTE" "\"two  words\"" "=" "LEVEL" "3" "=")
(run "apk add   jq   && jq --version")
(cmd "jq" "-r" ".")
(copy "<<END" "/motd")
(onbuild (healthcheck ["--interval=5s"] "CMD" "wget -q http://localhost/ || exit 1"))
(fetch "")'
assert_equals "$(strata debug dump-dockerfile --lines Dockerfile)" '2-2 from
3-4 env
5-7 run
8-8 cmd
9-11 copy
12-12 onbuild
13-13 fetch'
assert_equals "$(dumps < Dockerfile)" "$(strata debug dump-dockerfile Dockerfile)"

# what the parser turns down: nothing on standard output, a message, status 1
printf 'FROM a\nCMD [1]\n' > wrong
status=0
strata debug dump-dockerfile wrong > out 2> message || status=$?
assert_equals "$status $(cat out)" "1 "
assert_contains "$(cat message)" "dockerfile parse error on line 2: "
# ... and what it does not: meaning is for others
printf 'CMD --bogus a\nFROM\nENV\n' | dumps > out
assert_equals "$(cat out)" '(cmd ["--bogus"] "a")
(from)
(env)'

assert_equals "$(expands --env A=1 --env B= 'x${A:+y}${B:-z}$A')" xyz1
assert_equals "$(expands --env A=1 --env A=2 '$A')" 2
assert_equals "$(expands --escape '`' '`$A\')" '$A\'
assert_equals "$(expands -- '-$A-')" --
assert_equals "$(expands --split --env 'L=p  q' '$L"$L" r')" '["p","qp  q","r"]'
assert_equals "$(expands --split '')" '[]'
assert_equals "$(expands --split 'a"b <"\"&')" '["ab <\"&"]'
status=0
expands '${A' > out 2> message || status=$?
assert_equals "$status $(cat out)" "1 "
assert_contains "$(cat message)" 'failed to process "${A"'
