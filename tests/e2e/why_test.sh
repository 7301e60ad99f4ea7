#!/bin/bash
# Each kind of change is made, and `why` names exactly it.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox base
mkdir -p ctx/src
echo a >ctx/src/a
echo b >ctx/src/b
cat >ctx/Dockerfile <<'END'
FROM base
ARG VERSION=1
RUN echo $VERSION
COPY src /src
RUN ls /src
END
build() { strata build -q -t app "$@" ctx >/dev/null; }
build
build --build-arg VERSION=2
why=$(strata why)
assert_contains "$why" VERSION
assert_contains "$why" '1 -> 2'
assert_contains "$why" '--build-arg'
build

echo more >>ctx/src/a
build
why=$(strata why)
assert_contains "$why" 'a modified'
assert_lacks "$why" 'VERSION'
echo new >ctx/src/c
build
assert_contains "$(strata why)" 'c added'
rm ctx/src/b
build
assert_contains "$(strata why)" 'b removed'
chmod 755 ctx/src/a
build
assert_contains "$(strata why)" 'a'
assert_contains "$(strata why)" 'rebuilt because of'

sed -i 's/ls .src/ls -l \/src/' ctx/Dockerfile
build
why=$(strata why)
assert_contains "$why" 'ls -l /src'
assert_lacks "$why" 'added'

mkdir other
tar -C other -xf "$(busybox_tar)"
echo moved >other/moved
tar -C other -cf other.tar .
strata import other.tar base >/dev/null
build
assert_contains "$(strata why)" 'base'
build --no-cache
assert_contains "$(strata why)" '--no-cache'
build
assert_equals "$(outcomes | sort -u)" hit
