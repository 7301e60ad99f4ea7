#!/bin/bash
# A step that runs again and leaves the same files counts as the one before: what is below stays cached, the image keeps
# its digest, and `why` says so, or names the files that were different.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox base
mkdir -p ctx/src
cat >ctx/compile <<'END'
#!/bin/sh
grep -v '^ *//' /src/main.c >/app
sleep 0.2
END
chmod +x ctx/compile
printf '// version one\nint main() {}\n' >ctx/src/main.c
cat >ctx/Dockerfile <<'END'
FROM base
RUN --mount=type=bind,source=compile,target=/compile --mount=type=bind,source=src,target=/src /compile
RUN sleep 0.3; cat /app >/tested
COPY src /src
END
build() { strata build --progress=plain -t "${name:-app}" "$@" ctx >log 2>&1 || fail "$(cat log)"; }
ended() { assert_equals "$(strata builds show --format json | jq -r '.steps[] | select(.instruction != "from") | .outcome' | xargs)" "$1"; }
unchanged() { strata builds show --format json | jq -r '.steps[] | select(.unchanged) | .index' | xargs; }

# A comment in a source, where the source itself is no part of the image.
sed -i /COPY/d ctx/Dockerfile
build
id=$(image_id app)
ended "executed executed"
echo '// a comment' >>ctx/src/main.c
build
ended "executed hit"
assert_equals "$(image_id app)" "$id"
assert_equals "$(unchanged)" 1
assert_contains "$(cat log)" 's, same files as before'
why=$(strata why --all)
assert_contains "$why" 'main.c modified'
assert_contains "$why" 'it left the same files as before, so that 1 step below stayed cached'
assert_contains "$(strata builds show)" 'same files as before'
reason=$(strata why --json | jq -c 'select(.unchanged) | [.step, .savedSteps, .savedNanoseconds > 250000000]')
assert_equals "$reason" '[1,1,true]'

# What the compiler makes of a real change is different.
echo 'int more() {}' >>ctx/src/main.c
build
ended "executed executed"
assert_contains "$(strata why --all)" 'it left other files than before, 1 difference:'
assert_contains "$(strata why --all)" 'app modified'
assert_equals "$(strata why --json | jq -r '.outputChanges[0].path | values' | head -1)" app

# A comment in the command itself: the history tells it, the layers do not.
printf 'FROM base\nRUN date >/dev/null; echo same >/f\nRUN cat /f >/g\n' >ctx/Dockerfile
build
before=$(layers app)
sleep 1.1
printf 'FROM base\nRUN date >/dev/null; echo same >/f # edited\nRUN cat /f >/g\n' >ctx/Dockerfile
build
ended "executed hit"
assert_equals "$(layers app)" "$before"
build
ended "hit hit"

# --no-cache runs everything; what it leaves as it was keeps the image.
id=$(image_id app)
sleep 1.1
build --no-cache
ended "executed executed"
assert_equals "$(image_id app)" "$id"

# Almost the same: the log is named.
cat >ctx/Dockerfile <<'END'
FROM base
ARG N=1
RUN echo same >/f; mkdir -p /var/log /d; echo took $N ms >/var/log/tool
END
build
build --build-arg N=2
ended executed
assert_contains "$(strata why --all)" $'it left other files than before, 1 difference:\n    var/log/tool modified'

# Each of these is a difference that a file's content does not show. (The number keeps them from standing for one another.)
number=0
for change in 'chmod 60$(cat /n) /f' 'setfattr -n user.n -v $(cat /n) /f' '[ $(cat /n) = 1 ] || mkdir /empty' \
  'rm /g; if [ $(cat /n) = 1 ]; then ln /f /g; else cp -p /f /g; fi' '[ $(cat /n) = 1 ] || rm /bin/true'; do
  printf 'FROM base\nRUN --mount=type=bind,source=n,target=/n echo %s >/f; cp /f /g; %s\nRUN echo below >/below\n' \
    $((++number)) "$change" >ctx/Dockerfile
  echo 1 >ctx/n
  case $change in setfattr*) strata run --rm --network host base sh -c 'command -v setfattr' >/dev/null || continue ;; esac
  build
  echo 2 >ctx/n
  build
  ended "executed executed"
done

# An xattr without a program in the base: by ADD of an archive.
mkdir -p tree
echo same >tree/f
for value in 1 2; do
  setfattr -n user.n -v $value tree/f
  tar -C tree --xattrs --mtime=@$value -cf ctx/tree.tar .
  printf 'FROM base\nADD tree.tar /x/\nRUN cat /x/f >/below\n' >ctx/Dockerfile
  build
done
ended "executed executed"
tar -C tree --xattrs --mtime=@3 -cf ctx/tree.tar .
build
ended "executed hit"

# A base that moved: the layer above it stays, so that a push has nothing to send.
printf 'FROM base\nRUN mkdir /app; echo conf >/app/conf\n' >ctx/Dockerfile
build
before=$(layers app | tail -1)
mkdir other
tar -C other -xf "$(busybox_tar)"
echo moved >other/moved
tar -C other -cf other.tar .
strata import other.tar base >/dev/null
build
ended executed
assert_equals "$(layers app | tail -1)" "$before"
assert_equals "$(strata run --rm --network host app cat /moved /app/conf | xargs)" "moved conf"

# What has been pruned is no longer there to be equal to; the build goes on.
strata rmi app >/dev/null
strata system prune -a -f >/dev/null
strata import other.tar base >/dev/null
printf 'FROM base\nRUN mkdir /app; echo conf >/app/conf # again\n' >ctx/Dockerfile
build
ended executed
