#!/bin/bash
# The real bases in every form that a layer's tar can be seen in: no file, mode, owner, time, link or xattr differs, and
# programs run.
. "$(dirname "$0")/lib.sh"
needs_root

cat >tree.py <<'PY'
"""tree.py ROOT: a line for everything below, as a process in there would find it."""
import hashlib, os, stat, sys
root = sys.argv[1]
mounted = {"/proc", "/sys", "/dev", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}
first = {}
def line(path):
    full = root + path
    status = os.lstat(full)
    kind = stat.S_IFMT(status.st_mode)
    words = [path, oct(status.st_mode), status.st_uid, status.st_gid, status.st_mtime_ns, status.st_rdev]
    words += [(name, os.getxattr(full, name, follow_symlinks=False)) for name in sorted(os.listxattr(full, follow_symlinks=False))]
    if kind != stat.S_IFDIR:
        words += [status.st_size, status.st_nlink, first.setdefault((status.st_dev, status.st_ino), path)]
    if kind == stat.S_IFLNK:
        words.append(os.readlink(full))
    if kind == stat.S_IFREG:
        words.append(hashlib.sha256(open(full, "rb").read()).hexdigest())
    print(*words)
for directory, names, files in os.walk(root + "/"):
    below = directory[len(root):].rstrip("/")
    names[:] = sorted(name for name in names if below + "/" + name not in mounted)
    for name in sorted(names + files):
        if below + "/" + name not in mounted:
            line(below + "/" + name)
PY

tree() { # tree FORM IMAGE: the tree as a container of it has it
  local second=$((RANDOM + 100000)) pid=
  strata --layer-form "$1" run --rm --network host "$2" sleep "$second" &
  local run=$!
  for _ in $(seq 200); do
    for pid in $(pgrep -xf "sleep $second"); do [ "$(readlink "/proc/$pid/root/")" != / ] || break 2; done
    [ -z "$pid" ] || ! [ -e "/proc/$pid/root/etc/passwd" ] || [ "/proc/$pid/root/" -ef / ] || break
    sleep 0.05
  done
  python3 tree.py "/proc/$pid/root" || fail "the tree of $2 cannot be read"
  kill -9 "$pid"
  wait "$run" || true
}

runs() { strata --layer-form "$1" run --rm --network host "${@:2}"; }

forms=(erofs-file erofs-loop dir)
declare -A programs=([busybox]='ls -l /bin/busybox' [debian]='dpkg-query -W dpkg' [node]='node -p 6*7')
for base in busybox debian node; do
  tar=$("${base}_tar") || fail "the $base base could not be made"
  strata import "$tar" "$base" >/dev/null
  # A layer above it with what a base seldom has: hard links, removals, an opaque directory.
  printf 'FROM %s\nRUN ln /etc/passwd /etc/again; rm /etc/group; rm -r /home; mkdir /home; echo x >/home/new\n' "$base" |
    strata build -q -t "$base-changed" - >/dev/null
  strata save -o changed.tar "$base-changed"
  STRATA_ROOT=$work/second strata load -q -i changed.tar >/dev/null  # where all layers are tars
  for form in "${forms[@]}"; do
    tree "$form" "$base" >"$form.tree"
    cmp "${forms[0]}.tree" "$form.tree" || fail "$base as $form differs: $(diff "${forms[0]}.tree" "$form.tree" | head -n 5)"
    STRATA_ROOT=$work/second tree "$form" "$base-changed" >"$form.changed"
    cmp "${forms[0]}.changed" "$form.changed" ||
      fail "$base-changed as $form differs: $(diff "${forms[0]}.changed" "$form.changed" | head -n 5)"
    assert_equals "$(runs "$form" "$base" ${programs[$base]})" "$(runs dir "$base" ${programs[$base]})"
  done
  [ "$(wc -l <erofs-file.tree)" -gt 200 ] || fail "$base has $(wc -l <erofs-file.tree) files only"
  grep -q '^/etc/again .*/etc/again\|^/etc/passwd ' erofs-file.changed || fail "no hard link in $base-changed"
  ! grep -q '^/etc/group ' erofs-file.changed || fail "a file that was removed is there"
done

# The host's best form is told; nothing stays mounted, no loop device is kept.
assert_contains "$(strata info)" "Layer form:     erofs-file"
assert_equals "$(strata --layer-form dir info --format '{{.LayerForm}}')" dir
assert_status 125 strata --layer-form erofs-fuse run --rm busybox true
assert_contains "$output" "did you mean erofs-file?"
assert_lacks "$(losetup --all)" "$work"
assert_lacks "$(cat /proc/self/mountinfo)" "$work"
