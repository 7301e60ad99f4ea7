#include "analyzer/report/diff_words.h"

#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/FormatVariadic.h>

namespace strata::analyzer {

namespace {

using layerfs::EntryKind;
using ChangeKind = FileChange::Kind;

void appendItem(std::string& list, const std::string& item) {
  if (item.empty()) return;
  if (!list.empty()) list += ", ";
  list += item;
}

std::string octal(uint16_t mode) {
  return llvm::formatv("{0}{1}{2}{3}", mode >> 9 & 7, mode >> 6 & 7, mode >> 3 & 7, mode & 7);
}
std::string ownerOf(const FileState& state) { return std::to_string(state.uid) + ":" + std::to_string(state.gid); }

std::string fileWord(ChangeKind kind) {
  return kind == ChangeKind::Metadata ? "with other mode or owner" : nameOf(kind).str();
}

llvm::StringRef wordFor(EntryKind kind) {
  switch (kind) {
    case EntryKind::Directory:
      return "directory";
    case EntryKind::Symlink:
      return "symbolic link";
    case EntryKind::CharacterDevice:
    case EntryKind::BlockDevice:
      return "device";
    case EntryKind::Fifo:
      return "fifo";
    default:
      return "file";
  }
}

}  // namespace

std::string signedSize(uint64_t before, uint64_t after) {
  if (before == after) return "0B";
  return after > before ? "+" + humanSize(after - before) : "-" + humanSize(before - after);
}

std::string signedNumber(uint64_t before, uint64_t after) {
  return after > before ? "+" + std::to_string(after - before)
                        : (after < before ? "-" : "") + std::to_string(before - after);
}

char markOf(ChangeKind kind) { return "+-~=>"[size_t(kind)]; }

char markOf(const ConfigChange& change) {
  if (!change.before) return '+';
  return change.after ? '~' : '-';
}

std::string layersSummary(const ImageDiff& diff) {
  size_t shared = 0, gone = 0, added = 0;
  for (const LayerChange& layer : diff.layers) ++(layer.isShared() ? shared : layer.before ? gone : added);
  std::string text;
  if (shared > 0) appendItem(text, std::to_string(shared) + " shared");
  if (gone > 0) appendItem(text, std::to_string(gone) + " gone");
  if (added > 0) appendItem(text, std::to_string(added) + " new");
  return text;
}

std::string packagesSummary(const PackageDiff& packages) {
  using Change = PackageChange::Kind;
  std::string text;
  for (Change kind : {Change::Upgraded, Change::Downgraded, Change::Changed, Change::Added, Change::Removed}) {
    auto count = llvm::count_if(packages.changes, [&](const PackageChange& one) { return one.kind == kind; });
    if (count > 0) appendItem(text, std::to_string(count) + " " + nameOf(kind).str());
  }
  return text;
}

std::string filesSummary(const FileDiff& files) {
  std::string text;
  for (ChangeKind kind :
       {ChangeKind::Added, ChangeKind::Removed, ChangeKind::Modified, ChangeKind::Moved, ChangeKind::Metadata}) {
    const FileDiff::Count& count = files.count(kind);
    if (count.files == 0) continue;
    bool sized = kind != ChangeKind::Moved && kind != ChangeKind::Metadata;
    appendItem(text, std::to_string(count.files) + " " + fileWord(kind) +
                         (sized ? " (" + signedSize(count.bytesBefore, count.bytesAfter) + ")" : ""));
  }
  return text;
}

std::string settingOf(const ConfigChange& change) {
  return change.name.empty() ? change.member : change.member + " " + change.name;
}

std::string versionOf(const PackageChange& change, const std::optional<Package>& side) {
  if (!side) return "";
  bool told = change.before && change.after && change.before->architecture != change.after->architecture;
  return side->version + (told ? " (" + side->architecture + ")" : "");
}

std::string sizeOf(const PackageChange& change) {
  uint64_t before = 0, after = 0;
  if (change.before && !change.before->bytes) return "";
  if (change.after && !change.after->bytes) return "";
  if (change.before) before = *change.before->bytes;
  if (change.after) after = *change.after->bytes;
  return signedSize(before, after);
}

std::string pathText(const ImagePair& pair, const FileChange& change) {
  std::string before, after;
  if (change.before != ImageTree::kNone) before = "/" + stateOf(pair.before, change.before).path;
  if (change.after != ImageTree::kNone) after = "/" + stateOf(pair.after, change.after).path;
  if (change.kind == ChangeKind::Moved) return before + " -> " + after;
  return after.empty() ? before : after;
}

std::string detailOf(const ImagePair& pair, const FileChange& change) {
  if (change.before == ImageTree::kNone || change.after == ImageTree::kNone) return "";
  FileState before = stateOf(pair.before, change.before), after = stateOf(pair.after, change.after);
  MetadataDifference differs = metadataOf(pair, change);
  std::string text;
  if (differs.kind) appendItem(text, (wordFor(before.kind) + " -> " + wordFor(after.kind)).str());
  if (before.target != after.target && !differs.kind) appendItem(text, before.target + " -> " + after.target);
  if (differs.mode) appendItem(text, "mode " + octal(before.mode) + " -> " + octal(after.mode));
  if (differs.owner) appendItem(text, "owner " + ownerOf(before) + " -> " + ownerOf(after));
  if (differs.xattrs) appendItem(text, "extended attributes");
  return text;
}

std::string sizeText(const ImagePair& pair, const FileChange& change) {
  if (change.before == ImageTree::kNone) return humanSize(sizeOf(pair.after, change.after));
  if (change.after == ImageTree::kNone) return humanSize(sizeOf(pair.before, change.before));
  uint64_t before = sizeOf(pair.before, change.before), after = sizeOf(pair.after, change.after);
  return humanSize(after) + (before == after ? "" : " (" + signedSize(before, after) + ")");
}

}  // namespace strata::analyzer
