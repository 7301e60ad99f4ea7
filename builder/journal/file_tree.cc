#include "builder/journal/file_tree.h"

#include "support/fault.h"

/// Encoding, version 1. "strata tree 1\n", one byte 'd' (directory) or 's' (selection), the number of entries, then
/// each entry: name, kind (one byte), a byte of flags saying which of the rare fields follow, mode, size, and as the
/// flags say: uid and gid, device, link target, content (32 bytes), xattrs (32 bytes). Numbers are LEB128 in their
/// shortest form, texts have their length before them. A field that is zero is left out, so that there is one encoding
/// only.
namespace strata::builder {

using layerfs::EntryKind;

namespace {
constexpr llvm::StringRef kTreeMagic = "strata tree 1\n";
enum Flag : uint8_t { kOwner = 1, kDevice = 2, kLink = 4, kContent = 8, kXattrs = 16, kAllFlags = 31 };

void putNumber(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(char(value | 0x80));
  out.push_back(char(value));
}

void putText(std::string& out, llvm::StringRef text) {
  putNumber(out, text.size());
  out.append(text.data(), text.size());
}

void putEntry(std::string& out, const TreeEntry& entry) {
  uint8_t flags = (entry.uid || entry.gid ? kOwner : 0) | (entry.device ? kDevice : 0) |
                  (entry.linkTarget.empty() ? 0 : kLink) | (entry.content ? kContent : 0) |
                  (entry.xattrs ? kXattrs : 0);
  putText(out, entry.name);
  out.push_back(char(entry.kind));
  out.push_back(char(flags));
  putNumber(out, entry.mode);
  putNumber(out, entry.size);
  if (flags & kOwner) {
    putNumber(out, entry.uid);
    putNumber(out, entry.gid);
  }
  if (flags & kDevice) putNumber(out, entry.device);
  if (flags & kLink) putText(out, entry.linkTarget);
  if (flags & kContent) out += entry.content.raw();
  if (flags & kXattrs) out += entry.xattrs.raw();
}

/// Reads what putEntry wrote; once something is wrong every further read gives nothing and `good` stays false.
class Decoder {
public:
  explicit Decoder(llvm::StringRef bytes) : rest_(bytes) {}
  bool good() const { return good_; }
  bool atEnd() const { return rest_.empty(); }

  uint8_t byte() {
    llvm::StringRef got = bytes(1);
    return got.empty() ? 0 : uint8_t(got[0]);
  }
  uint64_t number(uint64_t largest = UINT64_MAX) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      uint8_t part = byte();
      if (shift == 63 && part > 1) break;
      value |= uint64_t(part & 0x7f) << shift;
      if (part & 0x80) continue;
      if ((part == 0 && shift > 0) || value > largest) break;
      return good_ ? value : 0;
    }
    good_ = false;
    return 0;
  }
  llvm::StringRef bytes(uint64_t size) {
    if (size > rest_.size()) good_ = false;
    if (!good_) return {};
    llvm::StringRef got = rest_.take_front(size);
    rest_ = rest_.drop_front(size);
    return got;
  }
  llvm::StringRef text() { return bytes(number()); }
  Digest digest() {
    std::array<uint8_t, Digest::kSize> value{};
    llvm::StringRef got = bytes(value.size());
    llvm::copy(got, value.begin());
    return Digest(value);
  }
  void require(bool condition) { good_ = good_ && condition; }

private:
  llvm::StringRef rest_;
  bool good_ = true;
};

TreeEntry readEntry(Decoder& in) {
  TreeEntry entry;
  entry.name = in.text().str();
  in.require(entry.name.find('/') == std::string::npos);
  uint8_t kind = in.byte();
  in.require(kind <= uint8_t(EntryKind::Opaque));
  entry.kind = EntryKind(kind);
  uint8_t flags = in.byte();
  in.require(!(flags & ~kAllFlags));
  entry.mode = uint32_t(in.number(07777));
  entry.size = in.number();
  if (flags & kOwner) {
    entry.uid = uint32_t(in.number(UINT32_MAX));
    entry.gid = uint32_t(in.number(UINT32_MAX));
    in.require(entry.uid || entry.gid);
  }
  if (flags & kDevice) in.require((entry.device = in.number()) != 0);
  if (flags & kLink) in.require(!(entry.linkTarget = in.text().str()).empty());
  if (flags & kContent) in.require(bool(entry.content = in.digest()));
  if (flags & kXattrs) in.require(bool(entry.xattrs = in.digest()));
  return entry;
}
}  // namespace

std::string encodeTree(llvm::ArrayRef<const TreeEntry*> entries, bool isSelection) {
  std::string out;
  out.reserve(kTreeMagic.size() + 8 + entries.size() * 64);
  out += kTreeMagic;
  out.push_back(isSelection ? 's' : 'd');
  putNumber(out, entries.size());
  for (const TreeEntry* entry : entries) putEntry(out, *entry);
  return out;
}

std::string TreeObject::encode() const {
  std::vector<const TreeEntry*> pointers;
  for (const TreeEntry& entry : entries) pointers.push_back(&entry);
  return encodeTree(pointers, isSelection);
}

llvm::Expected<TreeObject> TreeObject::decode(llvm::StringRef bytes) {
  Decoder in(bytes);
  TreeObject object;
  in.require(in.bytes(kTreeMagic.size()) == kTreeMagic);
  uint8_t form = in.byte();
  in.require(form == 's' || form == 'd');
  object.isSelection = form == 's';
  uint64_t count = in.number();
  for (uint64_t i = 0; i < count && in.good(); ++i) {
    object.entries.push_back(readEntry(in));
    if (i > 0) in.require(object.entries[i - 1].name < object.entries[i].name);
  }
  if (!in.good() || !in.atEnd()) return fault(FaultKind::Corrupt, "a tree object in the journal is damaged");
  return object;
}

llvm::Expected<std::unique_ptr<TreeStore>> TreeStore::open(Database& database) {
  static constexpr llvm::StringRef kSteps[] = {
      "CREATE TABLE tree(digest BLOB PRIMARY KEY, object BLOB NOT NULL) WITHOUT ROWID"};
  if (auto error = database.migrate("trees", kSteps)) return error;
  return std::unique_ptr<TreeStore>(new TreeStore(database));
}

llvm::Error TreeStore::put(const Digest& digest, llvm::StringRef encoded) {
  auto insert = database_.prepare("INSERT OR IGNORE INTO tree VALUES (?, ?)");
  if (!insert) return insert.takeError();
  return insert->bind(digest).bindBlob(encoded).run();
}

llvm::Expected<bool> TreeStore::contains(const Digest& digest) {
  auto query = database_.prepare("SELECT 1 FROM tree WHERE digest = ?");
  if (!query) return query.takeError();
  return query->bind(digest).step();
}

llvm::Expected<std::optional<TreeObject>> TreeStore::find(const Digest& digest) {
  auto query = database_.prepare("SELECT object FROM tree WHERE digest = ?");
  if (!query) return query.takeError();
  auto row = query->bind(digest).step();
  if (!row) return row.takeError();
  if (!*row) return std::nullopt;
  auto object = TreeObject::decode(query->text(0));
  if (object) return std::move(*object);
  std::string problem = messageOf(object.takeError());
  query->rewind();
  auto remove = database_.prepare("DELETE FROM tree WHERE digest = ?");
  if (!remove) return remove.takeError();
  if (auto error = remove->bind(digest).run()) return error;
  database_.reportDamage({"tree", digest.shortHex(), problem});
  return std::nullopt;
}

namespace {
class Difference {
public:
  explicit Difference(TreeStore& store) : store_(store) {}

  llvm::Error compare(const Digest& before, const Digest& after, const std::string& above) {
    if (before == after) return llvm::Error::success();
    auto old = load(before);
    if (!old) return old.takeError();
    auto now = load(after);
    if (!now) return now.takeError();
    auto left = old->entries.begin(), right = now->entries.begin();
    while (left != old->entries.end() || right != now->entries.end()) {
      bool hasLeft = left != old->entries.end(), hasRight = right != now->entries.end();
      int order = !hasLeft ? 1 : !hasRight ? -1 : left->name.compare(right->name);
      const TreeEntry* oldEntry = order <= 0 ? &*left++ : nullptr;
      const TreeEntry* newEntry = order >= 0 ? &*right++ : nullptr;
      bool inSelection = oldEntry ? old->isSelection : now->isSelection;
      if (auto error = compareEntries(oldEntry, newEntry, above, inSelection)) return error;
    }
    return llvm::Error::success();
  }
  std::vector<TreeChange> changes;

private:
  llvm::Expected<TreeObject> load(const Digest& digest) {
    if (!digest) return TreeObject();
    auto object = store_.find(digest);
    if (!object) return object.takeError();
    if (!*object) return fault(FaultKind::NotFound, "tree " + digest.str() + " is no longer in the journal");
    return std::move(**object);
  }

  llvm::Error compareEntries(const TreeEntry* before, const TreeEntry* after, const std::string& above,
                             bool inSelection) {
    llvm::StringRef name = before ? before->name : after->name;
    if (inSelection) name = name.split(' ').second;
    std::string path = above.empty() || name.empty() ? above + name.str() : above + "/" + name.str();
    auto add = [&](TreeChange::Kind kind) {
      changes.push_back({.kind = kind,
                         .path = path,
                         .oldSize = before ? before->size : 0,
                         .newSize = after ? after->size : 0,
                         .before = before ? *before : TreeEntry(),
                         .after = after ? *after : TreeEntry()});
      return llvm::Error::success();
    };
    if (!before) return add(TreeChange::Kind::Added);
    if (!after) return add(TreeChange::Kind::Removed);
    if (before->kind != after->kind) return add(TreeChange::Kind::Type);
    bool directory = before->kind == EntryKind::Directory;
    if (!directory && (before->content != after->content || before->linkTarget != after->linkTarget ||
                       before->device != after->device || before->size != after->size))
      return add(TreeChange::Kind::Modified);  // says the most: a mode that changed with it is in before and after
    if (before->mode != after->mode)
      llvm::cantFail(add(TreeChange::Kind::Mode));
    else if (before->uid != after->uid || before->gid != after->gid)
      llvm::cantFail(add(TreeChange::Kind::Owner));
    else if (before->xattrs != after->xattrs)
      llvm::cantFail(add(TreeChange::Kind::Xattrs));
    return directory ? compare(before->content, after->content, path) : llvm::Error::success();
  }

  TreeStore& store_;
};
}  // namespace

llvm::Expected<std::vector<TreeChange>> diffTrees(TreeStore& store, const Digest& before, const Digest& after) {
  Difference difference(store);
  if (auto error = difference.compare(before, after, "")) return error;
  return std::move(difference.changes);
}

}  // namespace strata::builder
