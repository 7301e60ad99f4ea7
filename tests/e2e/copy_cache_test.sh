#!/bin/bash
# What a COPY, ADD or WORKDIR is done again for, and what not; told by how each step of the build ended.
. "$(dirname "$0")/lib.sh"
needs_root
import_busybox
mkdir -p ctx/d/sub
echo a >ctx/a.txt
echo f >ctx/d/f
echo g >ctx/d/sub/g
ln -s f ctx/d/link

# build [FLAG...] <Dockerfile: $ended is how its steps but FROM ended, one word each
build() {
  cat >Dockerfile
  strata build -q -t app -f Dockerfile "$@" ctx >/dev/null
  ended=$(strata builds show --format json | jq -r '.steps[] | select(.instruction != "from") | .outcome' | xargs)
}
again() { build "$@" <Dockerfile.kept; }
keep() { cat >Dockerfile.kept; again; }
ended() { assert_equals "$ended" "$1"; }

covers CACHE-3
# Each part of the key by itself: content, destination, owner, mode, the name that a wildcard matched.
build <<<$'FROM busybox\nCOPY a.txt /x'
ended "executed"
build <<<$'FROM busybox\nCOPY a.txt /x'
ended "hit"
for other in 'a.txt /y' '--chown=1 a.txt /x' '--chown=1:2 a.txt /x' '--chmod=600 a.txt /x' 'd/f /x' '--link a.txt /z'; do
  build <<<$'FROM busybox\nCOPY '"$other"
  ended "executed"
done
echo changed >>ctx/a.txt
build <<<$'FROM busybox\nCOPY a.txt /x'
ended "executed"
keep <<<$'FROM busybox\nCOPY *.txt /one'
mv ctx/a.txt ctx/b.txt
again
ended "executed"
mv ctx/b.txt ctx/a.txt
# A name in --chown stands for what the databases of the destination say.
keep <<<$'FROM busybox\nARG N=5\nRUN echo "me:x:$N:6::/:" >>/etc/passwd\nCOPY --chown=me a.txt /x'
ended "executed executed"
again
ended "hit hit"
again --build-arg N=7
ended "executed executed"
# The parent counts by what the destination is like in it. With --link it does not count at all.
keep <<<$'FROM busybox\nARG MODE=755\nRUN mkdir -m $MODE /dest\nCOPY a.txt /dest/\nCOPY --link a.txt /dest/b'
again --build-arg MODE=700
ended "executed executed hit"

covers CACHE-4
keep <<<$'FROM busybox\nCOPY d /d'
touch -d 2001-01-01 ctx/d ctx/d/f ctx/d/sub
again
ended "hit"
chmod 600 ctx/d/f
again
ended "executed"
ln -sfn sub/g ctx/d/link
again
ended "executed"
setfattr -n user.mark -v 1 ctx/d/f
again
ended "executed"
rm ctx/d/sub/g && mkfifo ctx/d/sub/g
again
ended "executed"
again
ended "hit"

covers CACHE-5
keep <<<$'FROM busybox\nCOPY d/f /f\nCOPY d/sub /sub\nCOPY *.md /md/'
echo other >ctx/unrelated
echo more >>ctx/a.txt
again
ended "hit hit hit"
echo ignored >ctx/.dockerignore
mkdir ctx/ignored && head -c 100 /dev/urandom >ctx/ignored/noise
build <<<$'FROM busybox\nCOPY . /all'
head -c 100 /dev/urandom >ctx/ignored/noise
build <<<$'FROM busybox\nCOPY . /all'
ended "hit"

covers CACHE-6
keep <<<$'FROM busybox AS made\nARG N=1\nRUN echo $N >/noise && mkdir /out && echo same >/out/file\nFROM busybox\nCOPY --from=made /out /out\nRUN cat /out/file'
again --build-arg N=2
ended "executed hit hit"

covers CACHE-7
build <<<$'FROM busybox\nRUN echo cached-7\nCOPY d/f /f\nLABEL v=1\nCMD one\nEXPOSE 1'
build <<<$'FROM busybox\nLABEL v=2\nEXPOSE 2\nRUN echo cached-7\nVOLUME /v\nSTOPSIGNAL 9\nCOPY d/f /f\nHEALTHCHECK NONE\nCMD two\nENTRYPOINT ["e"]'
ended "hit hit"
build <<<$'FROM busybox\nENV NEW=1\nARG ALSO=2\nCOPY d/f /f\nRUN echo env-7'
build <<<$'FROM busybox\nENV NEW=2\nARG ALSO=3\nCOPY d/f /f\nRUN echo env-7'
ended "hit executed"

covers CACHE-8
keep <<<$'FROM busybox AS One\nRUN echo one >/1\nFROM busybox AS two\nRUN echo two >/2\nFROM busybox\nCOPY --from=one /1 /1\nCOPY --from=two /2 /2\nWORKDIR /w'
again
ended "hit hit hit hit hit"
again --no-cache
ended "executed executed executed executed executed"
again --no-cache-filter ONE
ended "executed hit hit hit hit"
again --no-cache-filter one,two
ended "executed executed hit hit hit"
again --no-cache-filter other
ended "hit hit hit hit hit"

covers CACHE-9
# A tag is looked up for every build, so what it names now is built upon.
strata import -c 'ENV BASE=1' "$(busybox_tar)" moving >/dev/null
keep <<<$'FROM moving\nRUN echo $BASE'
strata import -c 'ENV BASE=2' "$(busybox_tar)" moving >/dev/null
again --pull
ended "executed"

covers CACHE-10
digests() {
  strata build -q -t "$1" --metadata-file metadata -f Dockerfile.kept ctx >/dev/null
  jq -r '."containerimage.digest", ."containerimage.config.digest"' metadata
}
keep <<<$'FROM busybox\nRUN echo 1 >/x\nCOPY d /d\nLABEL a=b\nCMD x'
first=$(digests app)
sleep 1.1
assert_equals "$(digests other)" "$first"

covers CACHE-12
layer_count() { find "$STRATA_ROOT/layers" -mindepth 1 -maxdepth 1 -name '[0-9]*' | wc -l; }
staged() { find "$STRATA_ROOT/tmp" -mindepth 2 ! -name lock | wc -l; }
strata system prune -a -f >/dev/null
import_busybox
again
count=$(layer_count)
for _ in 1 2 3; do again; done
assert_equals "$(layer_count)" "$count"
for _ in 1 2; do again --no-cache; done
strata system prune -f >/dev/null
again
assert_equals "$(layer_count)" "$count"
assert_status 1 strata build -q -f - ctx <<<$'FROM busybox\nRUN echo half >/x; exit 1'
assert_equals "$(layer_count)" "$count"
assert_equals "$(staged)" 0
assert_lacks "$(cat /proc/self/mountinfo)" "$STRATA_ROOT"

covers COPY-42
keep <<<$'FROM busybox\nARG N=1\nRUN mkdir -m 75$N /dest && echo $N >/dest/n\nCOPY --link --chown=3:4 d /dest/'
before=$(layers app | tail -1)
again --build-arg N=0
ended "executed hit"
assert_equals "$(layers app | tail -1)" "$before"

covers WORKDIR-6
printf 'FROM busybox\nWORKDIR /made/here\n' >Dockerfile
export SOURCE_DATE_EPOCH=1700000000
strata build -q --no-cache -t app -f Dockerfile ctx >/dev/null
first=$(layers app | tail -1)
strata build -q --no-cache -t app -f Dockerfile ctx >/dev/null
assert_equals "$(layers app | tail -1)" "$first"
assert_equals "$(strata run --rm --network host app stat -c %Y /made/here /made | xargs)" "1700000000 1700000000"

# A COPY that is done again although nothing changed reads its files, and writes nothing where the same comes of them.
head -c 8000000 /dev/urandom >ctx/large
printf 'FROM busybox\nCOPY large /large\n' >Dockerfile
strata build -q -t app -f Dockerfile ctx >/dev/null
first=$(layers app | tail -1)
writing_little() { (ulimit -f 4096; exec "$STRATA" "$@"); }
writing_little build --no-cache -q -t app -f Dockerfile ctx >/dev/null || fail "it writes what is there"
assert_equals "$(layers app | tail -1)" "$first"
echo more >>ctx/large
! writing_little build --no-cache -q -t app -f Dockerfile ctx >/dev/null 2>&1 || fail "the limit means nothing"
strata build --no-cache -q -t app -f Dockerfile ctx >/dev/null
[ "$(layers app | tail -1)" != "$first" ] || fail "the layer is the old one"
