# Shared by the scenarios of advice: a project in the directory ctx, its image app, what was claimed and what came of it.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox base

build() { strata build -q -t app "$@" ctx >/dev/null; }
# fresh: an empty project, without a past
projects=0
fresh() { mkdir project$((++projects)) && ln -sfn project$projects ctx; }
advice() { strata advise --json app | jq -c "[.advice[] | select(.rule == \"advice/$1\")]"; }
# gain KIND MEMBER: of the one piece of advice of this kind
gain() { advice "$1" | jq -r "if length == 1 then .[0].$2 else error(\"\\(length) pieces of advice\") end"; }
# apply KIND: only this kind
apply() { strata advise --only "$1" --apply app >/dev/null; }
# within WHAT GOT CLAIMED: 20 %
within() { python3 -c 'import sys; got, claimed = map(float, sys.argv[1:]); sys.exit(not abs(got - claimed) <= 0.2 * claimed)' "$2" "$3" ||
  fail "$1: got $2, claimed $3"; }
image_bytes() { strata inspect-layers app --json | jq '.tarBytes'; }
# files OUTPUT: of the image, times apart
files() {
  strata build -q -o type=tar,dest=rootfs.tar ctx >/dev/null
  python3 - >"$1" <<'END'
import hashlib, tarfile
with tarfile.open("rootfs.tar") as tar:
    for entry in sorted(tar, key=lambda entry: entry.name):
        content = hashlib.sha256(tar.extractfile(entry).read()).hexdigest() if entry.isreg() else ""
        print(entry.name, entry.type, oct(entry.mode), entry.uid, entry.gid, entry.linkname, content)
END
}
same_files() { diff "$1" "$2" >differences || fail "other files:"$'\n'"$(head -20 differences)"; }
random_file() { mkdir -p "$(dirname "$1")" && head -c "$2" /dev/urandom >"$1"; }

# checked KIND: advice of this kind is applied, the image has the same files and is smaller by what was claimed
checked() {
  local before claimed
  build
  before=$(image_bytes)
  claimed=$(gain "$1" bytes)
  files before
  apply "$1"
  build
  files after
  same_files before after
  within "$1 bytes" $((before - $(image_bytes))) "$claimed"
  assert_equals "$(advice "$1")" '[]'
}

# durations N FILTER: nanoseconds that executed steps took in the last N builds
durations() {
  for id in $(strata builds ls --format json | jq -r '.ID' | head -"$1"); do strata builds show "$id" --format json; done |
    jq -s "[.[].steps[] | select(.outcome == \"executed\" and $2) | .duration] | add // 0"
}
run_time() { durations "$1" '.instruction == "run"'; }
spent() { durations "$1" true; }
edits() { for number in 1 2 3; do echo "$1 $number" >ctx/src/file && build; done; }
