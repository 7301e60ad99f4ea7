#!/bin/bash
# kill -9 before every rename, removal and commit of each command in turn: what is left is a store that fsck finds clean, in
# which the same command then does its work, and a build gives the same image.
. "$(dirname "$0")/lib.sh"
needs_root
start_registry
busybox=$(busybox_tar)
mkdir -p ctx/tree lazy
printf 'FROM %s\nRUN cat /copied\n' "$here/app:1" >lazy/Dockerfile
echo 1 >ctx/tree/a
ln ctx/tree/a ctx/tree/b
cat >ctx/Dockerfile <<'END_OF_FILE'
FROM busybox
COPY tree /tree
RUN --mount=type=cache,target=/cache cat /tree/a > /cache/x && cp /cache/x /copied
WORKDIR /new
LABEL a=b
END_OF_FILE
# One image, whenever it is built.
build() { strata build -q --output type=image,name=app,rewrite-timestamp=true --build-arg SOURCE_DATE_EPOCH=0 ctx; }

# The commands, each on what those before it left.
commands=(
  "strata import $busybox busybox"
  "build"
  "strata tag app other"
  "strata save -o saved.tar app"
  "strata rmi --force app other"
  "strata load -i saved.tar"
  "strata tag app $here/app:1"
  "strata push $here/app:1"
  "strata system prune --force"
  "strata system prune --all --force"
  "strata pull $here/app:1"
  "strata rmi --force $here/app:1"
  "strata system prune --all --force"
  "strata build -q lazy"
)
points=0
wanted=
# crash COMMAND: kills it before each of its crash points, in copies of the store as it is, until it lives.
crash() {
  local number status
  cp -a store before
  [ "$1" != build ] || wanted=$(build)
  for ((number = 1; ; number++)); do
    rm -rf store && cp -a before store
    status=0
    # shellcheck disable=SC2086
    (export STRATA_CRASH_AT=$number; eval "$1") >out 2>&1 || status=$?
    [ "$status" != 0 ] || break
    [ "$status" = 137 ] || fail "'$1' killed before crash point $number ended with status $status: $(cat out)"
    points=$((points + 1))
    assert_status 0 strata system fsck
    assert_contains "$output" clean
    eval "$1" >out 2>&1 || fail "'$1' after a kill before crash point $number: $(cat out)"
    if [ "$1" = build ]; then assert_equals "$(cat out)" "$wanted"; fi
  done
  rm -rf before
}
mkdir -m 0700 store
for command in "${commands[@]}"; do crash "$command"; done
echo "$points crash points"
[ "$points" -gt 40 ] || fail "only $points crash points"
