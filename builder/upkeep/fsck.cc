#include "builder/upkeep/fsck.h"

#include "builder/cache/record_store.h"
#include "builder/context/stat_index.h"
#include "builder/journal/upkeep.h"
#include "builder/sources/http_source.h"
#include "support/directory_entries.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/ScopeExit.h>
#include <llvm/ADT/StringExtras.h>

#include <sys/stat.h>

namespace strata::builder {

namespace {
bool isDirectory(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool isHex(llvm::StringRef name, size_t digits) {
  return name.size() == digits && llvm::all_of(name, [](char c) { return llvm::isHexDigit(c); });
}

/// `name.XXXXXX` or `name.partial-PID`: a file in the making when its writer was killed.
bool isHalfWritten(llvm::StringRef name) {
  return (name.size() > 7 && name[name.size() - 7] == '.') || name.contains(".partial-");
}

/// What this floor keeps in the store.
class Fsck {
public:
  Fsck(layerfs::Store& store, FsckReport& report) : store_(store), report_(report) {}

  llvm::Error run() {
    if (auto error = halfWritten()) return error;
    if (auto error = records()) return error;
    if (auto error = journal()) return error;
    if (auto error = cacheMounts()) return error;
    if (auto error = statIndexes()) return error;
    if (auto error = sources()) return error;
    return remoteCaches();
  }

private:
  std::string path(llvm::StringRef below) const { return joinPath(store_.root(), below); }

  llvm::Error drop(const char* kind, const std::string& below, const char* problem) {
    store_.database().reportDamage({kind, below, problem});
    return removeTree(path(below));
  }
  llvm::Error sweep(const std::string& below) {
    ++report_.store.leftovers;
    return removeTree(path(below));
  }

  /// What was found wrong with this one before; empty: nothing.
  std::string damageOf(llvm::StringRef kind, llvm::StringRef name) const {
    for (const Damage& one : report_.damage)
      if (one.kind == kind && one.name == name) return one.str();
    return "";
  }

  llvm::Error halfWritten() {
    auto names = entriesOf(store_.root());
    if (!names) return names.takeError();
    for (llvm::StringRef name : *names)
      if (isHalfWritten(name) && (name.starts_with("oci-layout.") || name.starts_with("strata.db-damaged.")))
        if (auto error = sweep(name.str())) return error;
    return llvm::Error::success();
  }

  llvm::Error records() {
    auto records = RecordStore::open(store_.database());
    if (!records) return records.takeError();
    auto list = (*records)->list();
    if (!list) return list.takeError();
    report_.records = list->size();
    for (const RecordStore::Use& use : *list) {
      if (store_.layers().contains(use.record.layer)) continue;
      std::string layer = std::to_string(use.record.layer.value), problem = damageOf("layer", layer);
      const RecordRemoval why{
          .kind = problem.empty() ? RecordRemoval::Kind::LayerGone : RecordRemoval::Kind::Damaged,
          .at = nowNanoseconds(),
          .reason = "system fsck: " + (problem.empty() ? "its layer " + layer + " is gone" : problem)};
      if (auto error = (*records)->remove(use.record.key, why)) return error;
      store_.database().reportDamage({"record", use.record.key.shortHex(), "its layer " + layer + " is gone"});
    }
    return llvm::Error::success();
  }

  llvm::Error journal() {
    auto looked = checkTrees(store_.database());
    if (!looked) return looked.takeError();
    report_.trees = *looked;
    auto reads = checkReads(store_.database());
    if (!reads) return reads.takeError();
    report_.reads = *reads;
    return visitBuilds(store_.database(), [&](const Build&) {
      ++report_.builds;
      return llvm::Error::success();
    });
  }

  llvm::Error cacheMounts() {
    auto keys = entriesOf(path("cache/mounts"));
    if (!keys) return keys.takeError();
    for (const std::string& key : *keys) {
      std::string below = "cache/mounts/" + key;
      if (!isHex(key, 64) || !isDirectory(path(below))) {
        if (auto error = drop("stray", below, "it is no cache mount")) return error;
        continue;
      }
      auto names = entriesOf(path(below));
      if (!names) return names.takeError();
      for (const std::string& name : *names)
        if (auto error = cacheSlot(below + "/" + name, name)) return error;
    }
    return llvm::Error::success();
  }

  llvm::Error cacheSlot(const std::string& below, llvm::StringRef name) {
    if (name == "id") return llvm::Error::success();
    if (isHalfWritten(name)) return sweep(below);
    if (!llvm::all_of(name, llvm::isDigit) || !isDirectory(path(below)))
      return drop("stray", below, "it is no cache mount");
    ++report_.mounts;
    std::string data = below + "/data";
    if (!pathExists(path(data))) return sweep(below);  // its maker was killed
    return isDirectory(path(data)) ? llvm::Error::success() : drop("cache-mount", below, "its data is no directory");
  }

  llvm::Error statIndexes() {
    auto names = entriesOf(path("context"));
    if (!names) return names.takeError();
    for (const std::string& name : *names) {
      std::string below = "context/" + name;
      if (isHalfWritten(name)) {
        if (auto error = sweep(below)) return error;
      } else if (!StatIndex::isWhole(path(below))) {
        if (auto error = drop("stat-index", below, "it is no index, or not as it was written")) return error;
      }
    }
    return llvm::Error::success();
  }

  llvm::Error sources() {
    auto downloads = entriesOf(path("sources/http"));
    if (!downloads) return downloads.takeError();
    for (const std::string& name : *downloads) {
      ++report_.sources;
      std::string below = "sources/http/" + name;
      auto whole = HttpSource::isWhole(path(below));
      if (!whole) return whole.takeError();
      if (*whole) continue;
      if (auto error = drop("source", below, "it is not the file that was downloaded")) return error;
    }
    for (llvm::StringRef kind : {"sources/trees", "sources/git"})
      if (auto error = repositories(kind.str())) return error;
    return llvm::Error::success();
  }

  /// Packs and trees of caches elsewhere, kept by digest.
  llvm::Error remoteCaches() {
    auto names = entriesOf(path("cache/remote"));
    if (!names) return names.takeError();
    for (const std::string& name : *names) {
      std::string below = "cache/remote/" + name;
      if (isHalfWritten(name)) {
        if (auto error = sweep(below)) return error;
        continue;
      }
      ++report_.sources;
      auto bytes = readFile(path(below));
      if (!bytes) return bytes.takeError();
      if (digestOf(*bytes).hex() == name) continue;
      if (auto error = drop("source", below, "it does not have its digest")) return error;
    }
    return llvm::Error::success();
  }

  /// Git verifies what it takes out of a mirror; here only what is none is found.
  llvm::Error repositories(const std::string& kind) {
    auto names = entriesOf(path(kind));
    if (!names) return names.takeError();
    for (llvm::StringRef name : *names) {
      std::string below = kind + "/" + name.str();
      if (name.ends_with(".lock")) continue;
      ++report_.sources;
      if (isDirectory(path(below))) continue;
      if (auto error = drop("source", below, "it is no directory")) return error;
    }
    return llvm::Error::success();
  }

  layerfs::Store& store_;
  FsckReport& report_;
};

llvm::Error checkAlone(layerfs::Store& store, FsckReport& report) {
  auto broken = store.mendDatabase();
  if (!broken) return broken.takeError();
  if (!broken->empty()) report.damage.push_back({"database", "strata.db", *broken});
  auto before = store.database().onDamage([&](const Damage& damage) { report.damage.push_back(damage); });
  auto restore = llvm::make_scope_exit([&] { store.database().onDamage(std::move(before)); });
  auto checked = layerfs::checkStore(store);
  if (!checked) return checked.takeError();
  report.store = *checked;
  return Fsck(store, report).run();
}
}  // namespace

llvm::Expected<FsckReport> fsck(layerfs::Store& store, llvm::function_ref<void()> waiting) {
  FsckReport report;
  if (auto error = store.alone([&] { return checkAlone(store, report); }, waiting)) return error;
  return report;
}

llvm::json::Object toJson(const FsckReport& report) {
  llvm::json::Array damage;
  for (const Damage& one : report.damage)
    damage.push_back(llvm::json::Object{{"kind", one.kind}, {"name", one.name}, {"problem", one.problem}});
  llvm::json::Object checked{{"blobs", int64_t(report.store.blobs)},   {"layers", int64_t(report.store.layers)},
                             {"images", int64_t(report.store.images)}, {"records", int64_t(report.records)},
                             {"trees", int64_t(report.trees)},         {"reads", int64_t(report.reads)},
                             {"builds", int64_t(report.builds)},       {"mounts", int64_t(report.mounts)},
                             {"sources", int64_t(report.sources)}};
  return llvm::json::Object{
      {"damage", std::move(damage)}, {"checked", std::move(checked)}, {"leftovers", int64_t(report.store.leftovers)}};
}

}  // namespace strata::builder
