#include "analyzer/diff/package_diff.h"

#include "analyzer/packages/package_place.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <map>
#include <tuple>

namespace strata::analyzer {

namespace {

using ChangeId = ImageTree::ChangeId;
using PathId = ImageTree::PathId;
constexpr size_t kMostDatabases = 50'000;  ///< files, on each side

/// What both images have of one kind at one place.
struct Group {
  std::vector<Package> before, after;
  bool unread = false;  ///< one side is not known as a whole
};

class Collection {
public:
  explicit Collection(const ImagePair& pair) : pair_(pair) {}

  llvm::Expected<PackageDiff> run(const FileDiff& files) {
    for (const FileChange& change : files.changes) {
      if (change.kind == FileChange::Kind::Metadata) continue;
      if (auto error = take(pair_.before, change.before, true)) return error;
      if (auto error = take(pair_.after, change.after, false)) return error;
    }
    for (auto& [place, group] : groups_) {
      if (group.unread) continue;
      llvm::append_range(diff_.changes,
                         comparePackages(place.first, place.second, std::move(group.before), std::move(group.after)));
    }
    return std::move(diff_);
  }

private:
  llvm::Error take(const ReadSide& side, ChangeId id, bool before) {
    if (id == ImageTree::kNone) return llvm::Error::success();
    PathId path = side.tree.change(id).path;
    if (path == ImageTree::kRoot) return llvm::Error::success();
    if (!mayBePackagePlace(side.tree.nameOf(path), side.tree.nameOf(side.tree.parentOf(path))))
      return llvm::Error::success();
    ChangeId content = side.contentOf(id);
    std::string name = side.tree.pathOf(path);
    auto place = packagePlaceOf(name);
    if (!place || !side.tree.change(content).isFile() || !isChosen(*place)) return llvm::Error::success();
    return read(side, content, name, *place, before);
  }

  llvm::Error read(const ReadSide& side, ChangeId content, llvm::StringRef path, const PackagePlace& place,
                   bool before) {
    Group& group = groups_[{place.kind, place.where}];
    auto packages = packagesIn(side, content, place.format, before);
    if (packages) {
      llvm::append_range(before ? group.before : group.after, std::move(*packages));
      return llvm::Error::success();
    }
    auto error = packages.takeError();
    if (kindOf(error) == FaultKind::Io) return withContext(std::move(error), printable("/" + path.str()));
    // One package's own file tells nothing of the others.
    group.unread |= place.format != PackageFormat::NpmManifest && place.format != PackageFormat::PythonMetadata;
    std::string note = printable("/" + path.str()) + " not read: " + printable(messageOf(std::move(error)));
    if (!llvm::is_contained(diff_.unread, note)) diff_.unread.push_back(std::move(note));
    return llvm::Error::success();
  }

  Packages packagesIn(const ReadSide& side, ChangeId content, PackageFormat format, bool before) {
    if (mostBytesOf(format) == 0) return readPackages(format, {});  // which says why not
    if (++databases_[before] > kMostDatabases) return fault(FaultKind::Invalid, "there are too many of them");
    auto text = side.read(content, mostBytesOf(format));
    if (!text) return text.takeError();
    return readPackages(format, std::move(*text));
  }

  // --- npm ---

  /// Of what npm leaves in a project the same is read on both sides: npm's own list of all that is installed; the
  /// packages at the top; what is locked but not installed.
  bool isChosen(const PackagePlace& place) {
    if (place.kind != PackageKind::Npm) return true;
    auto [known, isNew] = npmFormats_.try_emplace(place.where);
    if (isNew) known->second = npmFormatOf(place.where);
    return known->second == place.format;
  }

  PackageFormat npmFormatOf(const std::string& project) const {
    std::string top = project.empty() ? "" : project + "/";
    bool installed = false, listed = true;
    for (const ReadSide* side : {&pair_.before, &pair_.after}) {
      bool here = isVisible(*side, top + "node_modules"),
           list = isVisible(*side, top + "node_modules/.package-lock.json");
      installed |= here;
      listed &= list || !(here || isVisible(*side, top + "package-lock.json"));
    }
    if (!installed) return PackageFormat::NpmLock;
    return listed ? PackageFormat::NpmInstalledLock : PackageFormat::NpmManifest;
  }

  static bool isVisible(const ReadSide& side, llvm::StringRef path) {
    PathId found = side.tree.find(path);
    return found != ImageTree::kNone && side.tree.isVisible(found);
  }

  const ImagePair& pair_;
  std::map<std::pair<PackageKind, std::string>, Group> groups_;
  std::map<std::string, PackageFormat> npmFormats_;
  size_t databases_[2] = {0, 0};
  PackageDiff diff_;
};

}  // namespace

llvm::Expected<PackageDiff> diffPackages(const ImagePair& pair, const FileDiff& files) {
  return Collection(pair).run(files);
}

}  // namespace strata::analyzer
