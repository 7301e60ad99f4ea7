"""Reads an image from an archive (OCI layout or docker's) as plain data: its root file system, configuration, history."""
import functools, hashlib, io, json, tarfile

# Times that came with the sources are compared. What the build itself makes is dated today, or 1970 by strata.
TIMES_OF_SOURCES = range(1, 1735689600)  # until 2025-01-01


class Node:
    """A file, shared by all of its names."""

    def __init__(self, kind, member, content=None):
        self.kind, self.mode, self.uid, self.gid = kind, member.mode & 0o7777, member.uid, member.gid
        self.mtime = int(member.mtime)
        self.size = self.sha256 = self.link = self.rdev = None
        self.xattrs = {}
        for name, value in member.pax_headers.items():
            if name.startswith("SCHILY.xattr."):
                self.xattrs[name[len("SCHILY.xattr."):]] = value.encode("utf-8", "surrogateescape").hex()
        if kind == "file":
            self.size, self.sha256 = member.size, hashlib.sha256(content).hexdigest()
        elif kind == "symlink":
            self.link, self.mode = member.linkname, None
        elif kind in ("char", "block"):
            self.rdev = f"{member.devmajor},{member.devminor}"


KINDS = {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink",
         tarfile.FIFOTYPE: "fifo", tarfile.CHRTYPE: "char", tarfile.BLKTYPE: "block", tarfile.LNKTYPE: "hardlink"}


@functools.lru_cache(maxsize=32)
def read_layer(data):
    """[(path, node or None for a removed path, True for 'hides what is below')] in the order of the tar."""
    entries, nodes = [], {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as tar:
        for member in tar:
            path = "/" + "/".join(part for part in member.name.split("/") if part not in ("", "."))
            parent, _, name = path.rpartition("/")
            if path == "/":
                continue
            if name == ".wh..wh..opq":
                entries.append((parent, None, True))
            elif name.startswith(".wh."):
                entries.append((parent + "/" + name[4:], None, False))
            elif member.islnk():
                entries.append((path, nodes["/" + member.linkname.lstrip("./")], False))
            else:
                content = tar.extractfile(member).read() if member.isreg() else None
                nodes[path] = Node(KINDS[member.type], member, content)
                entries.append((path, nodes[path], False))
    return entries


def drop_below(tree, path):
    for below in [other for other in tree if other.startswith(path + "/")]:
        del tree[below]


def apply_layer(tree, entries):
    """A layer's removals concern what was there before it, so they come first."""
    for path, node, hides in entries:
        if node is None:
            drop_below(tree, path)
            if not hides:
                tree.pop(path, None)
    for path, node, _ in entries:
        if node is None:
            continue
        if node.kind != "dir":
            drop_below(tree, path)
        tree[path] = node


class Archive:
    """The one image of an archive."""

    def __init__(self, file):
        self.tar = tarfile.open(fileobj=file) if hasattr(file, "read") else tarfile.open(file)
        names = set(self.tar.getnames())
        if "manifest.json" in names:
            manifest = json.loads(self.read("manifest.json"))[0]
            self.config_name, self.layer_names = manifest["Config"], manifest["Layers"]
        else:
            self.read_layout()
        self.document = json.loads(self.read(self.config_name))
        self.diff_ids = self.document.get("rootfs", {}).get("diff_ids") or []

    def read(self, name):
        return self.tar.extractfile(name).read()

    def read_layout(self):
        blob = lambda descriptor: "blobs/" + descriptor["digest"].replace(":", "/")
        manifest = json.loads(self.read(blob(json.loads(self.read("index.json"))["manifests"][0])))
        if "manifests" in manifest:
            manifest = json.loads(self.read(blob(manifest["manifests"][0])))
        self.config_name, self.layer_names = blob(manifest["config"]), [blob(layer) for layer in manifest["layers"]]

    @functools.cached_property
    def tree(self):
        """{path: node}; one node with several paths is a file with several names."""
        tree = {}
        for name in self.layer_names:
            apply_layer(tree, read_layer(self.read(name)))
        return tree


def entry_of(path, node, names, known_contents):
    entry = {"path": path, "type": node.kind, "uid": node.uid, "gid": node.gid}
    if node.mode is not None:
        entry["mode"] = format(node.mode, "04o")
    if node.kind == "file":
        known = known_contents.get(node.sha256) if node.size else None
        entry.update({"content_of": known} if known else {"size": node.size, "sha256": node.sha256})
    for field in ("link", "rdev"):
        if getattr(node, field) is not None:
            entry[field] = getattr(node, field)
    if node.xattrs:
        entry["xattrs"] = node.xattrs
    if len(names) > 1:
        entry["names"] = sorted(names)
    if node.mtime in TIMES_OF_SOURCES:
        entry["mtime"] = node.mtime
    return entry


def names_of(tree):
    names = {}
    for path, node in tree.items():
        names.setdefault(id(node), []).append(path)
    return names


def files_of(tree, base, known_contents):
    """What the image has over its base: entries that differ, and paths that are gone."""
    names, names_in_base = names_of(tree), names_of(base)
    changed = []
    for path in sorted(tree):
        entry = entry_of(path, tree[path], names[id(tree[path])], known_contents)
        before = entry_of(path, base[path], names_in_base[id(base[path])], known_contents) if path in base else None
        if before and "mtime" not in entry:  # a directory in which the build made something
            before.pop("mtime", None)
        if entry != before:
            changed.append(entry)
    return changed, sorted(path for path in base if path not in tree)


def describe(archive, bases):
    """The image as expectations have it. `bases`: archives of base images; that which the image stands on counts as
    known, and so do files of any, so that what is recorded does not depend on the busybox of the bases."""
    base = next((base for base in bases if base.diff_ids == archive.diff_ids[:len(base.diff_ids)]), None)
    known_contents = {}
    for other in bases:
        for path in sorted(other.tree, reverse=True):
            if other.tree[path].size:
                known_contents[other.tree[path].sha256] = path
    files, removed = files_of(archive.tree, base.tree if base else {}, known_contents)
    document = archive.document
    history = (document.get("history") or [])[len(base.document["history"]) if base else 0:]
    fields = ("created_by", "comment", "empty_layer", "author")
    return {"files": files, "removed": removed, "config": document.get("config") or {},
            "author": document.get("author", ""),
            "platform": {name: document[name] for name in ("os", "variant", "os.version", "os.features")
                         if document.get(name)},
            "history": [{name: entry[name] for name in fields if entry.get(name)} for entry in history]}
