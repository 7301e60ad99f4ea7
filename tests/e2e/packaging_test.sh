#!/bin/bash
# What is installed: by cmake, by the Debian package, and as an image of strata that strata built.
. "$(dirname "$0")/lib.sh"
needs_root
build=$(dirname "$STRATA")
[ -f "$build/packaging/cmake_install.cmake" ] || skip "$build is no build directory of cmake"

cmake --install "$build" --prefix "$work/prefix" >/dev/null
assert_contains "$("$work/prefix/bin/strata" version)" "strata version"
[ -s "$work/prefix/share/bash-completion/completions/strata" ] || fail "bash has no completion"
assert_contains "$(cat "$work/prefix/share/zsh/vendor-completions/_strata")" "#compdef strata"
assert_contains "$(cat "$work/prefix/share/man/man1/strata-why.1")" ".SH OPTIONS"

(cd "$build" && flock packaging cpack -B "$work/deb" >cpack.log 2>&1) || fail "$(cat "$build/cpack.log")"
package=$(echo "$work"/deb/*.deb)
assert_contains "$(dpkg-deb -f "$package" Depends)" libtbb12
assert_contains "$(dpkg-deb -f "$package" Depends)" libcurl4
dpkg-deb -x "$package" unpacked
assert_contains "$(unpacked/usr/bin/strata version)" "strata version"
assert_equals "$(nm unpacked/usr/bin/strata 2>&1 | grep -c 'no symbols')" 1
[ ! -e unpacked/usr/bin/strata_bench ] || fail "benchmarks are packed"

# The image needs nothing of the host, and builds without a privilege what has no RUN.
STRATA=$STRATA "$STRATA_SOURCE_DIR/scripts/make-image" strata-itself >image.log 2>&1 || fail "$(cat image.log)"
assert_equals "$(strata run --rm strata-itself version)" "$(strata version)"
mkdir context
printf 'FROM scratch\nCOPY a /b\nLABEL made=inside\n' >context/Dockerfile
echo content >context/a
strata run --rm -v "$work/context:/workspace" strata-itself build --quiet -o type=docker,dest=app.tar -t app . >/dev/null
strata load -i context/app.tar >/dev/null
assert_equals "$(strata inspect -f '{{.Config.Labels.made}}' app)" inside

# With RUN it takes user namespaces, and no capability: the container's /proc, of which parts are hidden, is shown as it is.
import_busybox
strata save -o context/base.tar busybox
printf 'FROM busybox\nRUN read -r name </proc/self/comm && echo "made by $name" >/made && : >/dev/null\n' >context/Dockerfile
mkdir -m 777 inner
chmod -R a+rwX context
inside() {
  strata run --rm -u 1000 --cap-drop ALL --security-opt no-new-privileges --security-opt seccomp=unconfined -e HOME=/tmp \
    -e STRATA_ROOT=/store -v "$work/inner:/store" -v "$work/context:/workspace" strata-itself "$@"
}
inside load -q -i base.tar >/dev/null
inside build --quiet -o type=docker,dest=run.tar -t run . >/dev/null
strata load -i context/run.tar >/dev/null
assert_equals "$(strata run --rm run cat /made)" "made by sh"
