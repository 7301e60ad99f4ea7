#!/bin/bash
# Each kind of advice: it appears with the expected edit, --apply writes it, and what is built then is the same files and
# saves what was claimed.
. "$(dirname "$0")/advice_lib.sh"

# --- --chown and --chmod
fresh
random_file ctx/data/sub/file 500000
printf 'FROM base\nCOPY data /home/data\n# ours\nRUN chown -R 7:8 /home/data\n' >ctx/Dockerfile
build && before=$(run_time 1) seconds=$(gain copy-chown nanoseconds)
checked copy-chown
assert_equals "$(cat ctx/Dockerfile)" $'FROM base\nCOPY --chown=7:8 data /home/data\n# ours'
build --no-cache
within 'seconds of the chown' $((before - $(run_time 1))) "$seconds"

# a directory that was there before stays with the RUN, alone
printf 'FROM base\nWORKDIR /app\nCOPY data .\nRUN chown -R 7:8 /app\n' >ctx/Dockerfile
checked copy-chown
assert_equals "$(cat ctx/Dockerfile)" $'FROM base\nWORKDIR /app\nCOPY --chown=7:8 data .\nRUN chown 7:8 /app'

printf 'FROM base\nCOPY data/sub/file /tool\nRUN chmod 755 /tool\n' >ctx/Dockerfile
checked copy-chmod
assert_equals "$(cat ctx/Dockerfile)" $'FROM base\nCOPY --chmod=0755 data/sub/file /tool'

# what stands between may do no more than what cannot see the owner
printf 'FROM base\nCOPY data /home/data\nRUN mkdir /made\nRUN chown -R 7:8 /home/data\n' >ctx/Dockerfile
checked copy-chown
assert_equals "$(cat ctx/Dockerfile)" $'FROM base\nCOPY --chown=7:8 data /home/data\nRUN mkdir /made'
for between in 'cp -a /home/data /copy' 'mkdir /home/data/made' 'ls -l /home/data'; do
  printf 'FROM base\nCOPY data /home/data\nRUN %s\nRUN chown -R 7:8 /home/data\n' "$between" >ctx/Dockerfile
  build
  assert_equals "$(advice copy-chown)" '[]'
done

# files that only some of what was copied is changed of: no flag can say that
echo more >ctx/data/more
printf 'FROM base\nCOPY data /home/data\nRUN chown 7:8 /home/data/more\n' >ctx/Dockerfile
build
assert_equals "$(advice copy-chown)" '[]'

# --- RUN and rm
fresh
cat >ctx/Dockerfile <<'END'
FROM base
RUN cd /tmp && dd if=/dev/zero of=big bs=1000 count=900
# away with it

RUN rm /tmp/big || \
    exit 4
END
checked merge-runs
assert_equals "$(cat ctx/Dockerfile)" "$(cat <<'END'
FROM base
RUN ( cd /tmp && dd if=/dev/zero of=big bs=1000 count=900 ) && \
# away with it
    ( rm /tmp/big || \
    exit 4 )
END
)"

# line ends and the mark of a Dockerfile from elsewhere stay
printf '\xef\xbb\xbfFROM base\r\nRUN dd if=/dev/zero of=/big bs=1000 count=900\r\nRUN rm /big\r\n' >ctx/Dockerfile
checked merge-runs
printf '\xef\xbb\xbfFROM base\r\nRUN dd if=/dev/zero of=/big bs=1000 count=900 && \\\r\n    rm /big\r\n' >wanted
cmp ctx/Dockerfile wanted

# --- what is on disk is not what was built
printf 'FROM base\nRUN dd if=/dev/zero of=/big bs=1000 count=900\nRUN rm /big\n' >ctx/Dockerfile
build
echo 'LABEL a=b' >>ctx/Dockerfile
cp ctx/Dockerfile wanted
assert_status 1 strata advise --apply app
assert_contains "$output" 'no advice: Dockerfile was changed since build'
cmp ctx/Dockerfile wanted

# --- a cache mount
fresh
cat >ctx/npm <<'END'
#!/bin/sh
mkdir -p /root/.npm/_cacache node_modules
for blob in 1 2 3 4 5; do
  [ -e /root/.npm/_cacache/$blob ] || { sleep 0.4 && dd if=/dev/zero of=/root/.npm/_cacache/$blob bs=1000 count=160 2>/dev/null; }
done
cat package.json >node_modules/installed
sleep 1
mkdir -p /root/.npm/_logs && echo done >/root/.npm/_logs/last
END
chmod 755 ctx/npm
echo '{"name": "app", "dependencies": {}}' >ctx/package.json
printf 'FROM base\nCOPY npm /bin/npm\nWORKDIR /app\nCOPY package.json .\nRUN npm ci\n' >ctx/Dockerfile
new_package() { for number in 1 2; do echo "{\"name\": \"app\", \"$1\": $number}" >ctx/package.json && build; done; }
build
assert_equals "$(gain cache-mount nanoseconds)" null # executed once: another time is not known
new_package first
before=$(image_bytes) claimed=$(gain cache-mount bytes) seconds=$(gain cache-mount nanoseconds) spent=$(run_time 2)
assert_contains "$(gain cache-mount detail)" 'It ran 3 times in the last 3 builds'
assert_contains "$(gain cache-mount detail)" 'in 2 executions after the first'
files all && grep -v '^root/.npm' all >before
apply cache-mount
assert_contains "$(cat ctx/Dockerfile)" 'RUN --mount=type=cache,target=/root/.npm npm ci'
build
files after
same_files before after
within 'cache mount' $((before - $(image_bytes))) "$claimed"
assert_equals "$(advice cache-mount)" '[]'
new_package second
within 'seconds of the cache mount' $((spent - $(run_time 2))) "$seconds"
# where times of files are a server's, the share is not known, and that is said
sed -i 's/^sleep 1$/touch -d @1000000000 \/root\/.npm\/_cacache\/*; sleep 1/' ctx/npm
printf 'FROM base\nCOPY npm /bin/npm\nWORKDIR /app\nCOPY package.json .\nRUN npm ci\n' >ctx/Dockerfile
new_package third
assert_equals "$(gain cache-mount nanoseconds)" null
assert_contains "$(gain cache-mount detail)" 'how much of that was downloading is not known'

# --- a .dockerignore that is not there yet: it does not come into the image itself
fresh
random_file ctx/.git/pack 700000
printf 'FROM base\nCOPY . /src\nRUN sleep 1\n' >ctx/Dockerfile
build
files all && grep -Ev '^src/(\.git|Dockerfile)' all >before
apply dockerignore
assert_equals "$(sort ctx/.dockerignore)" $'.dockerignore\n.git\nDockerfile'
build
files after
same_files before after
assert_equals "$(advice dockerignore)" '[]'
fresh
mkdir ctx/src
random_file ctx/src/.git/pack 700000
printf 'FROM base\nCOPY src /src\n' >ctx/Dockerfile
build
apply dockerignore
assert_equals "$(cat ctx/.dockerignore)" '**/.git'
assert_status 125 strata advise --only foo app
assert_contains "$output" "no advice is called 'foo'; there are cache-mount, "
assert_status 125 strata advise -n 0 app

# --- .dockerignore
fresh
random_file ctx/.git/pack 700000
echo 'int main;' >ctx/main.c
printf 'FROM base\nCOPY . /src\nRUN sleep 1\n' >ctx/Dockerfile
printf 'secret.txt' >ctx/.dockerignore
build
random_file ctx/.git/pack 700000
build
random_file ctx/.git/pack 700000
build
before=$(image_bytes) claimed=$(gain dockerignore bytes)
within 'seconds of misses' "$(gain dockerignore nanoseconds)" \
  "$(for id in $(strata builds ls --format json | jq -r '.ID' | head -2); do strata builds show "$id" --format json; done |
    jq -s '[.[].steps[] | select(.outcome == "executed") | .duration] | add')"
assert_contains "$(gain dockerignore detail)" '2 of the last 3 builds'
files all && grep -Ev '^src/(\.git|Dockerfile|\.dockerignore)' all >before
apply dockerignore
assert_equals "$(sort ctx/.dockerignore)" $'.dockerignore\n.git\nDockerfile\nsecret.txt'
build
files after
same_files before after
within dockerignore $((before - $(image_bytes))) "$claimed"
random_file ctx/.git/pack 700000
build
assert_equals "$(outcomes | sort -u)" hit

# --- .dockerignore with lines that bring files back
# ignoring BEFORE AFTER: what the file holds, and what it holds when the advice is applied; the files are checked
ignoring() {
  printf '%s\n' "$1" >ctx/.dockerignore
  build
  before=$(image_bytes) claimed=$(gain dockerignore bytes)
  files all && grep -Ev "$3" all >wanted
  apply dockerignore
  assert_equals "$(cat ctx/.dockerignore)" "$2"
  build
  files got
  same_files wanted got
  within 'dockerignore with !' $((before - $(image_bytes))) "$claimed"
  assert_equals "$(advice dockerignore)" '[]'
}
fresh
random_file ctx/src/main.c 100
random_file ctx/src/.DS_Store 300000
random_file ctx/src/debug.log 200000
random_file ctx/src/keep.log 100000
random_file ctx/other 100000
printf 'FROM base\nCOPY . /src\n' >ctx/Dockerfile
# the last line wins: what comes behind "!src" holds in src, too
ignoring $'*\n!src' $'*\n!src\n**/.DS_Store\n**/*.log' '^src/src/(\.DS_Store|.*\.log)'
# nothing is taken from a line that brings such files back, and where it brings back all of them there is no advice
ignoring $'other\nDockerfile\n.dockerignore\n# wanted\n!src/keep.log' \
  $'other\nDockerfile\n.dockerignore\n# wanted\n**/*.log\n!src/keep.log\n**/.DS_Store' \
  '^src/src/(\.DS_Store|debug\.log)'
printf 'Dockerfile\n.dockerignore\n.DS_Store\n*.log\n!src/*.log\n!src/.DS_Store\n' >ctx/.dockerignore
build
assert_equals "$(advice dockerignore)" '[]'

# --- a COPY below the RUN that reads nothing of it
fresh
mkdir ctx/src
printf 'FROM base\n# all of it\nCOPY src /src\nRUN echo tools && sleep 1\nRUN sleep 1 && true\nRUN cat /src/file\n' >ctx/Dockerfile
edits first
claimed=$(gain reorder nanoseconds)
before=$(run_time 2)
files before
apply reorder
assert_equals "$(cat ctx/Dockerfile)" \
  $'FROM base\nRUN echo tools && sleep 1\nRUN sleep 1 && true\n# all of it\nCOPY src /src\nRUN cat /src/file'
build
files after
same_files before after
edits second
within reorder $((before - $(run_time 2))) "$claimed"
assert_equals "$(advice reorder)" '[]'
# a RUN that reads what is copied stays below
printf 'FROM base\nCOPY src /src\nRUN sleep 1 && cat /src/file\n' >ctx/Dockerfile
edits third
assert_equals "$(advice reorder)" '[]'

# --- only what the next RUN reads
fresh
mkdir ctx/src
cat >ctx/npm <<'END'
#!/bin/sh
mkdir node_modules && cat package.json package-lock.json >node_modules/installed
sleep 2
END
chmod 755 ctx/npm
echo '{"name": "app", "scripts": {"test": "true"}}' >ctx/package.json
echo '{}' >ctx/package-lock.json
printf 'FROM base\nCOPY npm /bin/npm\nWORKDIR /app\nCOPY . .\nRUN npm ci\n' >ctx/Dockerfile
edits first
claimed=$(gain narrow-copy nanoseconds)
assert_equals "$(gain narrow-copy title)" \
  'of all that is copied before it `npm ci` needs package.json package-lock.json'
assert_contains "$(gain narrow-copy detail)" 'is known of the command, not observed: build --trace-reads observes it'
before=$(run_time 2)
files all && grep -v ' Dockerfile$' all | grep -v '^app/Dockerfile ' >before
apply narrow-copy
assert_equals "$(tail -3 ctx/Dockerfile)" $'COPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .'
build
files all && grep -v '^app/Dockerfile ' all >after
same_files before after
edits second
within narrow-copy $((before - $(run_time 2))) "$claimed"
# a hook may read anything
echo '{"name": "app", "scripts": {"prepare": "make"}}' >ctx/package.json
printf 'FROM base\nCOPY npm /bin/npm\nWORKDIR /app\nCOPY . .\nRUN npm ci\n' >ctx/Dockerfile
edits third
assert_equals "$(advice narrow-copy)" '[]'

# --- a base by its digest
fresh
start_registry
for version in 1 2 3 4; do
  printf 'FROM base\nRUN echo %s >/version\n' $version >ctx/Dockerfile
  strata build -q -t version:$version ctx >/dev/null
done
fresh
# moves VERSION...: the name leads to each of them in turn, and a build finds that out
moves() {
  for version in "$@"; do
    strata tag version:$version "$here/base:1"
    strata push -q "$here/base:1" >/dev/null
    build --pull
  done
}
printf 'FROM %s/base:1\nRUN cat /version && sleep 1\n' "$here" >ctx/Dockerfile
moves 1 2 3
digest=$(strata inspect "$here/base:1" | jq -r '.[0].RepoDigests[0]' | sed 's/.*@//')
claimed=$(gain pin-base nanoseconds)
before=$(spent 2)
assert_contains "$(gain pin-base detail)" 'It moved in 2 of the last 3 builds'
files wanted
apply pin-base
assert_equals "$(head -1 ctx/Dockerfile)" "FROM $here/base:1@$digest"
files got
same_files wanted got
build
assert_equals "$(outcomes | sort -u)" hit
moves 4 1
assert_equals "$(outcomes | sort -u)" hit
within pin-base $((before - $(spent 2))) "$claimed"
files got
same_files wanted got
assert_equals "$(advice pin-base)" '[]'

# --- beside the image, in every form
fresh
printf 'FROM base\nRUN dd if=/dev/zero of=/big bs=1000 count=900\nRUN rm /big\n' >ctx/Dockerfile
build
assert_contains "$(strata inspect-layers --advice app)" '+    rm /big'
assert_contains "$(strata inspect-layers --advice --format markdown app)" '+    rm /big'
strata inspect-layers --advice --json app | jq -e '.advice.advice[] | select(.rule == "advice/merge-runs") | .edit' >/dev/null
strata inspect-layers --advice --format sarif app | jq -e '.runs[0].results[] | select(.ruleId == "advice/merge-runs")' >/dev/null
assert_contains "$(strata inspect-layers --advice --format html app)" 'advice/merge-runs'
# the diff is one that git and patch take
strata advise --json app | jq -r '.advice[] | select(.rule == "advice/merge-runs") | .edit' >edit
(cd ctx && git apply) <edit
assert_equals "$(tail -1 ctx/Dockerfile)" '    rm /big'
assert_status 1 strata advise app
