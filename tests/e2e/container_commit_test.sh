#!/bin/bash
# Several at once on one container: commits, copies, stops and starts wait for each other; every image is of one moment,
# and nobody leaves the container standing still.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
at_end 'ids=$(strata ps -aq); [ -z "$ids" ] || strata rm -f $ids >/dev/null'

# A container that counts: /two is written after /one, so that an image of one moment has both equal, or /one ahead by one.
# There is enough beside that a commit takes a while.
count='[ -e /large ] || dd if=/dev/zero of=/large bs=1M count=400 2>/dev/null; i=$(cat /two || echo 0); while true; do i=$((i + 1)); echo $i >/one.new; mv /one.new /one; echo $i >/two.new; mv /two.new /two; [ $i != 1 ] || echo counts; done 2>/dev/null'
start_counting() {
  strata run -d --name "$1" --network none busybox sh -c "$count" >/dev/null
  for _ in $(seq 300); do [ -z "$(strata logs "$1")" ] || return 0; sleep 0.1; done
  fail "$1 does not count"
}
state() { strata inspect -f '{{.State.Status}}' "$1"; }
goes_on() {
  assert_equals "$(state "$1")" running
  local before
  before=$(strata exec "$1" cat /two)
  for _ in $(seq 50); do [ "$(strata exec "$1" cat /two)" -le "$before" ] || return 0; sleep 0.1; done
  fail "$1 stands still"
}
is_of_one_moment() {
  local one two
  read -r one two < <(strata run --rm --network none "$1" sh -c 'echo $(cat /one /two)')
  ((one == two || one == two + 1)) || fail "$1 is torn: $one $two"
  assert_equals "$(strata run --rm --network none "$1" stat -c %s /large)" 419430400
}
# all_well PID...: each has ended well
all_well() { for pid in "$@"; do wait "$pid" || fail "one of them failed: $(cat ./*.said)"; done; }
stands_still() {
  for _ in $(seq 200); do [ "$(state "$1")" != paused ] || return 0; sleep 0.02; done
  fail "$1 is not paused for its commit"
}

# --- Commits at once ---
start_counting busy
strata commit busy first >first.said 2>&1 & one=$!
strata commit busy second >second.said 2>&1 & two=$!
stands_still busy
strata commit busy third >third.said 2>&1 & three=$!
all_well $one $two $three
goes_on busy
for image in first second third; do is_of_one_moment $image; done

# --- With copies ---
head -c 5000000 /dev/urandom >page
strata commit busy copied >commit.said 2>&1 & one=$!
copies=()
for i in 1 2 3; do
  strata cp page busy:/page$i >cp$i.said 2>&1 &
  copies+=($!)
done
all_well $one "${copies[@]}"
goes_on busy
is_of_one_moment copied
for i in 1 2 3; do
  strata cp busy:/page$i back && cmp page back
  strata run --rm --network none copied sh -c "[ ! -e /page$i ] || cat /page$i" >back
  [ ! -s back ] || cmp page back
done

# --- A commit that is killed: whoever looks next lets the container go on ---
"$STRATA" commit busy none >killed.said 2>&1 & one=$!
stands_still busy
kill -9 $one
wait $one || true
assert_equals "$(strata ps --format '{{.Names}} {{.State}}')" "busy running"
goes_on busy
assert_lacks "$(strata images --format '{{.Repository}}')" none

# --- Its user's pause is its user's ---
strata pause busy >/dev/null
strata commit busy fourth >first.said 2>&1 & one=$!
strata commit busy fifth >second.said 2>&1 & two=$!
all_well $one $two
assert_equals "$(state busy)" paused
assert_equals "$(strata ps --format '{{.State}}')" paused
strata unpause busy >/dev/null
goes_on busy
is_of_one_moment fifth
# pause waits for the commit, and stays.
strata commit busy sixth >first.said 2>&1 & one=$!
stands_still busy
strata pause busy >/dev/null
all_well $one
assert_equals "$(state busy)" paused
strata unpause busy >/dev/null

# --- With a stop, which waits, and ends it ---
strata commit busy last >commit.said 2>&1 & one=$!
stands_still busy
strata stop -t 1 busy >stop.said 2>&1 & two=$!
all_well $one $two
assert_equals "$(state busy)" exited
is_of_one_moment last

# --- While it does not run: commits, copies and a start, all at once ---
strata commit busy seventh >first.said 2>&1 & one=$!
strata commit busy eighth >second.said 2>&1 & two=$!
strata cp page busy:/late >cp1.said 2>&1 & three=$!
strata cp busy:/page1 early >cp2.said 2>&1 & four=$!
all_well $one $two $three $four
cmp page early
strata commit busy ninth >first.said 2>&1 & one=$!
strata start busy >start.said 2>&1 & two=$!
all_well $one $two
for image in seventh eighth ninth; do is_of_one_moment $image; done
strata cp busy:/late back && cmp page back
goes_on busy
