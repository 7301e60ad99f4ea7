# inspect-layers OLD --diff NEW: what changed between two builds, wherever the two images are.
. "$(dirname "$0")/lib.sh"
golden=$STRATA_SOURCE_DIR/tests/data/inspect_diff/report.md

# Two versions of a project, with a package database, a project of npm's, a hostile name, a file that moves.
package() { printf 'Package: %s\nStatus: install ok installed\nInstalled-Size: %s\nVersion: %s\n\n' "$1" "$2" "$3"; }
mkdir -p base/var/lib/dpkg old/app/node_modules/left-pad new/app/lib new/app/node_modules/left-pad
{ package libc6 100 2.36-9; package openssl 50 3.0.9-1~bpo1; package telnet 9 0.17; } >base/var/lib/dpkg/status
head -c 5000 /dev/zero >base/keep
echo '{"name": "left-pad", "version": "1.9.0"}' >old/app/node_modules/left-pad/package.json
echo '{"name": "left-pad", "version": "1.10.0"}' >new/app/node_modules/left-pad/package.json
seq 1000 | tee old/app/moved >new/app/lib/moved
seq 2000 >old/app/data
seq 3000 >new/app/data
echo same | tee old/app/run >new/app/run
chmod 755 new/app/run
echo x >'new/app/<b>|[a](b) @c `d`'
mkdir -p new/var/lib/dpkg
{ package libc6 100 2.36-9; package openssl 70 3.0.9-1; package curl 30 8.0; } >new/var/lib/dpkg/status

cat >Dockerfile.old <<'END'
FROM scratch
COPY base/ /
COPY old/ /
ENV MODE=old LEVEL=1
LABEL gone=yes
CMD ["/app/run"]
END
cat >Dockerfile.new <<'END'
FROM scratch
COPY base/ /
COPY new/ /
ENV MODE=new LEVEL=1
EXPOSE 80
USER 1000
HEALTHCHECK --interval=5s CMD ["/app/run", "check"]
CMD ["/app/run", "--fast"]
END
strata build -q -t app:1 -f Dockerfile.old . >/dev/null
strata build -q -t app:2 -f Dockerfile.new . >/dev/null

# --- JSON ---
strata inspect-layers --json app:1 --diff app:2 >diff.json
check() { jq -e "$1" diff.json >/dev/null || fail "not true: $1"$'\n'"$(cat diff.json)"; }
check '.schema == 1 and .before.name == "app:1" and .after.name == "app:2"'
check '[.layers[].change] == ["shared", "removed", "added"]'
check '.layers[1].instruction | startswith("COPY old/")'
check '[.config[] | [.member, .name, .before, .after]] == [
  ["cmd", null, "[\"/app/run\"]", "[\"/app/run\",\"--fast\"]"], ["user", null, null, "1000"],
  ["env", "MODE", "old", "new"], ["exposedPorts", "80/tcp", null, ""],
  ["healthcheck", "interval", null, "5.0s"], ["healthcheck", "test", null, "[\"CMD\",\"/app/run\",\"check\"]"],
  ["labels", "gone", "yes", null]]'
check '[.packages.changes[] | [.database, .change, .name, .before.version, .after.version]] == [
  ["dpkg", "added", "curl", null, "8.0"], ["dpkg", "upgraded", "openssl", "3.0.9-1~bpo1", "3.0.9-1"],
  ["dpkg", "removed", "telnet", "0.17", null], ["npm", "upgraded", "left-pad", "1.9.0", "1.10.0"]]'
check '.packages.changes[1].after.bytes == 71680'
check '[.files.changes[] | select(.change == "moved") | [.from, .path]] == [["/app/moved", "/app/lib/moved"]]'
check '[.files.changes[] | select(.change == "metadata") | [.path, .before.mode, .after.mode, .differs]] ==
  [["/app/run", "0644", "0755", ["mode"]]]'
check '.files.changes[0] | .change == "modified" and .path == "/app/data" and .after.size == 13893'
check '.files.added.files == 1 and .files.removed.files == 0 and .files.modified.files == 3'

# --- Markdown for a pull request, text for a person ---
strata inspect-layers --format markdown --largest 20 app:1 --diff app:2 >report.md
if [ "${STRATA_REWRITE:-}" = 1 ]; then
  mkdir -p "$(dirname "$golden")"
  cp report.md "$golden"
fi
diff -u "$golden" report.md || fail "the report has changed; see it, then run with STRATA_REWRITE=1"
text=$(strata inspect-layers app:1 --diff app:2)
assert_contains "$text" "1 shared, 1 gone, 1 new"
assert_contains "$text" "~ env MODE: old -> new"
assert_contains "$text" "/app/moved -> /app/lib/moved"
assert_contains "$text" "/app/run  mode 0644 -> 0755"
assert_contains "$(strata inspect-layers app:1 --diff app:1)" "No difference in configuration, packages and files"

# --- The same wherever the images are ---
strata save -o old.tar app:1
mkdir layout
strata build -q -f Dockerfile.new -o type=oci,dest=layout,tar=false . >/dev/null
normal() { jq 'del(.before.name, .after.name, .before.compressedBytes, .after.compressedBytes) |
  del(.layers[].compressedBytes)' "$1"; }
strata inspect-layers --json docker-archive:old.tar --diff oci:layout >elsewhere.json
assert_equals "$(normal elsewhere.json)" "$(normal diff.json)"
strata inspect-layers --json old.tar --diff app:2 >mixed.json
assert_equals "$(normal mixed.json)" "$(normal diff.json)"
if command -v docker-registry >/dev/null; then
  start_registry
  strata tag app:2 "$here/app:2"
  strata push -q "$here/app:2" >/dev/null
  strata inspect-layers --json app:1 --diff "docker://$here/app:2" >remote.json
  assert_equals "$(normal remote.json)" "$(normal diff.json)"
fi

# --- What cannot be ---
assert_status 1 strata inspect-layers app:1 --diff app:3
assert_contains "$output" "No such image: app:3"
assert_status 125 strata inspect-layers --format yaml app:1 --diff app:2
assert_contains "$output" "with --diff use table, json or markdown"
for option in -i --tree --depth=1 --secrets --advice --ci --ci-config=none --rule=highestImageSize=1MB --against=app:1; do
  assert_status 125 strata inspect-layers app:1 --diff app:2 $option
  assert_contains "$output" '--diff and --'
  assert_contains "$output" 'do not go together'
done

# --- A package manager at work ---
[ "$(id -u)" = 0 ] || exit 0
import_busybox
printf 'FROM busybox\nRUN mkdir -p /app && echo one >/app/a && chmod 700 /app\n' >Dockerfile.old
printf 'FROM busybox\nRUN mkdir -p /app && echo one >/app/a && rm /bin/vi\n' >Dockerfile.new
strata build -q -t run:1 -f Dockerfile.old . >/dev/null
strata build -q -t run:2 -f Dockerfile.new . >/dev/null
strata inspect-layers --json run:1 --diff run:2 >diff.json
check '[.files.changes[] | [.change, .path]] == [["removed", "/bin/vi"], ["metadata", "/app"]]'
if [ -e "$cache/debian.tar" ]; then
  strata import "$(debian_tar)" debian >/dev/null
  printf 'FROM debian\nRUN dpkg --purge --force-all mawk >/dev/null 2>&1\n' >Dockerfile.new
  strata build -q -t deb:2 -f Dockerfile.new . >/dev/null
  strata inspect-layers --json debian --diff deb:2 >diff.json
  check '[.packages.changes[] | [.database, .change, .name]] == [["dpkg", "removed", "mawk"]]'
  check '.packages.changes[0].before.bytes > 0 and .files.removed.files > 0'
fi
