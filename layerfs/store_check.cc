#include "layerfs/store_check.h"

#include "layerfs/host_note.h"
#include "layerfs/snapshot_drivers.h"
#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>

#include <set>

namespace strata::layerfs {

namespace {
class NullSink : public ByteSink {
public:
  llvm::Error write(llvm::StringRef) override { return llvm::Error::success(); }
};

class Checker {
public:
  explicit Checker(Store& store) : store_(store) {}
  StoreCheck check;

  llvm::Error run() {
    if (auto error = blobs()) return error;
    if (auto error = layers()) return error;
    if (auto error = layerDirectories()) return error;
    if (auto error = images()) return error;
    return store_.layers().dropDirectories().takeError();
  }

private:
  void report(const char* kind, const llvm::Twine& name, const llvm::Twine& problem) {
    store_.database().reportDamage({kind, name.str(), problem.str()});
  }

  llvm::Error blobs() {
    auto names = entriesOf(joinPath(store_.root(), "blobs/sha256"));
    if (!names) return names.takeError();
    for (const std::string& name : *names) {
      std::string path = "blobs/sha256/" + name;
      auto digest = Digest::parseHex(name);
      if (!digest) {
        llvm::consumeError(digest.takeError());
        if (auto error = drop("stray", path, "it is no blob", path)) return error;
        continue;
      }
      ++check.blobs;
      auto wrong = readBlob(*digest);
      if (!wrong) continue;
      if (!isDamage(wrong)) return wrong;
      if (auto error = drop("blob", digest->str(), messageOf(std::move(wrong)), path)) return error;
    }
    return llvm::Error::success();
  }

  llvm::Error drop(const char* kind, const std::string& shown, const std::string& problem, const std::string& below) {
    report(kind, shown, problem);
    return removeTree(joinPath(store_.root(), below));
  }

  /// What cannot be read for another reason (no rights, no memory, a failing disk) may be sound.
  static bool isDamage(const llvm::Error& error) {
    FaultKind kind = kindOf(error);
    return kind == FaultKind::Corrupt || kind == FaultKind::Invalid || kind == FaultKind::NotFound;
  }

  llvm::Error readBlob(const Digest& digest) {
    auto source = store_.content().open(digest);
    if (!source) return source.takeError();
    NullSink nowhere;
    return copyAll(**source, nowhere).takeError();
  }

  llvm::Error layers() {
    auto rows = store_.layers().list();
    if (!rows) return rows.takeError();
    for (const LayerStore::Usage& row : *rows) {
      ++check.layers;
      uint64_t before = store_.database().damageReports();
      auto wrong = readLayer(row.id);
      if (!wrong) continue;
      if (!isDamage(wrong)) return wrong;
      bool reported = store_.database().damageReports() != before;
      std::string problem = messageOf(std::move(wrong));
      if (!reported) report("layer", llvm::Twine(row.id.value), problem);
      if (auto error = store_.layers().remove(row.id)) return error;
    }
    return llvm::Error::success();
  }

  /// A layer that nobody has asked for its digest yet gets it now; then it is read against it.
  llvm::Error readLayer(LayerId id) {
    auto layer = store_.layers().load(id);
    return layer ? (*layer)->verify() : layer.takeError();
  }

  /// What no row names was left by a process killed between a rename and its commit, or between a commit and a removal.
  llvm::Error layerDirectories() {
    auto names = entriesOf(joinPath(store_.root(), "layers"));
    if (!names) return names.takeError();
    for (const std::string& name : *names) {
      std::string path = "layers/" + name;
      int64_t number = 0;
      bool isNumber = !llvm::StringRef(name).getAsInteger(10, number);
      if (isNumber && store_.layers().contains({number})) continue;
      if (isNumber) {
        ++check.leftovers;
        if (auto error = removeTree(joinPath(store_.root(), path))) return error;
      } else if (llvm::is_contained(HostNote::names(), name)) {
        continue;
      } else if (name != SnapshotBase::kName) {
        if (auto error = drop("stray", path, "it is no layer", path)) return error;
      } else if (!SnapshotBase::isWhole(joinPath(store_.root(), path))) {
        if (auto error = drop("stray", path, "mount points are missing in it", path)) return error;
      }
    }
    return llvm::Error::success();
  }

  /// Loading is comparing: what cannot be loaded is dropped and reported by who loads.
  llvm::Error images() {
    auto indexes = store_.images().indexes().list();
    if (!indexes) return indexes.takeError();
    for (const Digest& id : *indexes)
      if (auto error = unlessGone(store_.images().indexes().load(id).takeError())) return error;
    auto rows = store_.images().list();
    if (!rows) return rows.takeError();
    check.images = rows->size();
    std::set<Digest> ids;
    for (const ImageSummary& row : *rows) {
      if (row.members.empty()) ids.insert(row.id);
      ids.insert(row.members.begin(), row.members.end());
    }
    for (const Digest& id : ids)
      if (auto error = unlessGone(store_.images().load(id).takeError())) return error;
    return llvm::Error::success();
  }

  static llvm::Error unlessGone(llvm::Error error) {
    takeIf(error, FaultKind::NotFound);
    return error;
  }

  Store& store_;
};
}  // namespace

llvm::Expected<StoreCheck> checkStore(Store& store) {
  Checker checker(store);
  if (auto error = checker.run()) return error;
  return checker.check;
}

}  // namespace strata::layerfs
