#!/bin/bash
# Advice that rests on what a RUN was seen to open (build --trace-reads): the COPY above it is cut in two, the files come
# out the same, and edits of the others cost what was claimed no more.
. "$(dirname "$0")/advice_lib.sh"

# project LINE...: a Dockerfile, and 1,200 files in many directories
project() {
  fresh
  mkdir -p ctx/src ctx/tools/deep ctx/private
  for number in $(seq 1200); do echo "$number" >"ctx/src/$number"; done
  echo one >ctx/tools/deep/one
  echo '{"name": "app"}' >ctx/package.json
  echo lock >ctx/package-lock.json
  chmod 700 ctx/tools/deep ctx/private
  echo mine >ctx/private/mine
  printf '%s\n' "$@" >ctx/Dockerfile
}
# split: three builds with edits behind one without, the advice applied, three more
split() {
  edits first
  claimed=$(gain narrow-copy nanoseconds)
  title=$(gain narrow-copy title) detail=$(gain narrow-copy detail)
  before=$(run_time 3)
  files all && grep -v '/Dockerfile ' all >wanted
  apply narrow-copy
  build
  files all && grep -v '/Dockerfile ' all >got
  same_files wanted got
  edits second
  within narrow-copy $((before - $(run_time 3))) "$claimed"
  assert_equals "$(advice narrow-copy)" '[]'
}

# --- a program that nobody knows
program='mkdir out && cat package.json tools/deep/one >out/made && sleep 2'
project 'FROM base' 'WORKDIR /app' 'COPY . .' "RUN $program"
build
assert_equals "$(advice narrow-copy)" '[]'
build --no-cache --trace-reads
traced=$(strata builds ls -q -n 1)
split
assert_contains "$title" "read 2 of the 1,20"
assert_contains "$title" 'files that were copied before it'
assert_contains "$detail" "What it opened in build $traced, which was traced, is copied first."
assert_contains "$detail" 'is not recorded: look before you apply this'
assert_equals "$(tail -4 ctx/Dockerfile)" \
  $'COPY package.json ./\nCOPY tools/deep/one ./tools/deep/\nRUN '"$program"$'\nCOPY . .'

# --- a directory that it lists is copied whole, with the owner that was asked for, from below the context
program='mkdir out && ls tools/deep >out/names && cat package.json >out/made && sleep 2'
project 'FROM base' 'WORKDIR /app' 'COPY --chown=7:8 web /app' "RUN $program"
(cd ctx && mkdir web && mv src tools private package.json package-lock.json web/ && ln -s web/src src)
build --trace-reads
split
assert_equals "$(tail -4 ctx/Dockerfile)" "COPY --chown=7:8 web/tools/deep /app/tools/deep/
COPY --chown=7:8 web/package.json /app/
RUN $program
COPY --chown=7:8 web /app"
assert_contains "$detail" 'and whole each directory that it listed'

# --- npm, of which more is known, in a stage whose layers are in no image
cat >npm <<'SCRIPT'
#!/bin/sh
mkdir node_modules && cat package.json .extra >node_modules/installed
sleep 2
SCRIPT
chmod 755 npm
project 'FROM base AS modules' 'COPY tools/npm /bin/npm' 'WORKDIR /app' 'COPY . .' 'RUN npm ci' \
  'FROM base' 'COPY --from=modules /app /app'
cp npm ctx/tools/ && echo extra >ctx/.extra
build --trace-reads
split
assert_contains "$title" 'this `npm ci` read 2 of the 1,20'
assert_contains "$detail" 'and what such a command is known to read'
assert_equals "$(sed -n 4,6p ctx/Dockerfile)" $'COPY package.json package-lock.json .extra ./\nRUN npm ci\nCOPY . .'

# --- nothing is said where the split could change something
none() {
  project 'FROM base' 'WORKDIR /app' 'COPY . .' "RUN $1 && sleep 1"
  [ -z "${2:-}" ] || (cd ctx && eval "$2")
  build --trace-reads
  edits none
  assert_equals "$(advice narrow-copy)" '[]'
}
none 'ls && cat package.json'                    # every name counts
none 'cat package.json >src/1'                   # what it writes would be overwritten
none 'cat package.json && rm src/2'              # what it removes would come back
none 'cat package.json && mv src/2 src/moved'    #
none 'cat package.json && chmod 755 private'     # mode of a directory
none 'cat package.json && echo new >private/new' # needs a directory that would not be there
none '[ ! -e src/7 ] || cat package.json'        # asks without opening
none 'cat setup' 'ln -s package.json setup'      # reads through a link
none './tool' 'printf "#!/bin/sh\ncat package.json\n" >tool && chmod 755 tool'

# --- what was traced is of other content: it may read other files now
project 'FROM base' 'WORKDIR /app' 'COPY . .' "RUN cat package.json && sleep 1"
build --trace-reads
edits same
build # out of the cache: what was seen when it was executed counts
assert_contains "$(gain narrow-copy title)" 'this `cat package.json && sleep 1` read 1 of the 1,20'
echo '{"name": "other"}' >ctx/package.json
edits other
assert_equals "$(advice narrow-copy)" '[]'
