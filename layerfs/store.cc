#include "layerfs/store.h"

#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/text.h"

#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <mutex>

namespace strata::layerfs {

std::string defaultRoot() {
  auto variable = [](const char* name) -> llvm::StringRef {
    const char* value = std::getenv(name);
    return value ? value : "";
  };
  if (llvm::StringRef root = variable("STRATA_ROOT"); !root.empty()) return root.str();
  if (::geteuid() == 0) return "/var/lib/strata";
  if (llvm::StringRef data = variable("XDG_DATA_HOME"); !data.empty()) return joinPath(data, "strata");
  return joinPath(variable("HOME"), ".local/share/strata");
}

struct Store::Impl {
  Options options;
  std::optional<FileLock> inUse;  ///< shared, as long as the store is open
  std::string staging;
  std::optional<FileLock> stagingLock;  ///< says that `staging` is ours and that we live
  std::unique_ptr<Database> database;
  std::unique_ptr<ContentStore> content;
  std::unique_ptr<LayerStore> layers;
  std::unique_ptr<LayerOutlines> outlines;
  std::unique_ptr<ImageStore> images;
  std::mutex snapshotterMutex;
  std::unique_ptr<Snapshotter> snapshotter;
  bool isAlone = false;

  std::string lockPath() const { return joinPath(options.root, "lock"); }

  /// Removes everything in a staging directory but the lock that makes it ours.
  static void clearStaging(const std::string& directory) {
    auto names = entriesOf(directory);
    if (!names) return llvm::consumeError(names.takeError());
    for (const std::string& name : *names)
      if (name != "lock") llvm::consumeError(removeTree(joinPath(directory, name)));
  }

  /// The lowest numbered directory below tmp/ whose lock is free becomes ours, with what its last owner may have left
  /// in it removed. It stays when we go: making and removing directories costs milliseconds on many disks, and what is
  /// never removed cannot be removed under anyone's feet.
  llvm::Error openStaging() {
    std::string tmp = joinPath(options.root, "tmp");
    for (unsigned slot = 0;; ++slot) {
      std::string directory = joinPath(tmp, std::to_string(slot));
      std::string lockPath = joinPath(directory, "lock");
      if (!pathExists(lockPath))
        if (auto error = makeDirectories(directory)) return error;
      auto lock = FileLock::tryAcquire(lockPath, FileLock::Mode::Exclusive);
      if (!lock) {
        auto error = lock.takeError();
        if (takeIf(error, FaultKind::Unavailable)) continue;
        return error;
      }
      staging = std::move(directory);
      stagingLock = std::move(*lock);
      clearStaging(staging);
      return llvm::Error::success();
    }
  }

  /// What dead processes left: the content of every staging directory whose lock is free.
  void sweepStaging() const {
    for (unsigned slot = 0;; ++slot) {
      std::string directory = joinPath(joinPath(options.root, "tmp"), std::to_string(slot));
      if (!pathExists(directory)) return;
      if (directory == staging) continue;
      if (auto lock = FileLock::tryAcquire(joinPath(directory, "lock"), FileLock::Mode::Exclusive))
        clearStaging(directory);  // the lock is held meanwhile
      else
        llvm::consumeError(lock.takeError());
    }
  }

  ~Impl() {
    if (stagingLock) clearStaging(staging);
  }

  /// Layers hold programs with setuid bits: what is below the root is for its owner alone.
  llvm::Error makeRoot() const {
    if (pathExists(options.root)) return llvm::Error::success();
    llvm::StringRef above = llvm::StringRef(options.root).rtrim('/').rsplit('/').first;
    if (!above.empty() && above.size() < options.root.size())
      if (auto error = makeDirectories(above.str())) return error;
    if (::mkdir(options.root.c_str(), 0700) != 0 && errno != EEXIST)
      return errnoFault("make directory " + options.root);
    return llvm::Error::success();
  }

  llvm::Error open() {
    if (options.root.empty()) options.root = defaultRoot();
    if (auto error = makeRoot()) return error;
    auto lock = FileLock::acquire(lockPath(), FileLock::Mode::Shared);
    if (!lock) return lock.takeError();
    inUse = std::move(*lock);
    if (auto error = openStaging()) return error;
    auto error = openParts();
    bool damaged = error ? kindOf(error) == FaultKind::Corrupt : Database::isMarkedDamaged(databasePath());
    if (!damaged) return error;
    return alone([&] { return mend(std::move(error)); }, [] {});
  }

  std::string databasePath() const { return joinPath(options.root, "strata.db"); }

  /// Alone, with a database that is damaged in this way, or marked so: others may have mended it meanwhile.
  llvm::Error mend(llvm::Error damage) {
    if (damage) {
      llvm::consumeError(std::move(damage));
      damage = openParts();
      if (damage && kindOf(damage) != FaultKind::Corrupt) return damage;
    }
    if (!damage && !Database::isMarkedDamaged(databasePath())) return damage;
    std::string cause = damage ? messageOf(std::move(damage)) : "a query met damage";
    return salvage(cause);
  }

  llvm::Error salvage(const std::string& cause) {
    closeParts();
    auto rows = salvageDatabase(databasePath());
    if (!rows) return rows.takeError();
    if (auto error = openParts()) return error;
    if (auto error = layers->skipUsedNumbers()) return error;
    std::string rest = *rows == 0 ? "nothing of it can be read, images and cache begin anew"
                                  : "what can be read of it was saved: " + std::to_string(*rows) + " rows";
    database->reportDamage({"database", "strata.db", cause + "; " + rest});
    return llvm::Error::success();
  }

  void closeParts() {
    images.reset();
    outlines.reset();
    layers.reset();
    content.reset();
    database.reset();
  }

  llvm::Error openParts() {
    closeParts();
    auto opened = Database::open(databasePath());
    if (!opened) return opened.takeError();
    database = std::move(*opened);
    database->onDamage(options.onDamage);
    auto blobs = ContentStore::open(options.root, staging);
    if (!blobs) return blobs.takeError();
    content = std::move(*blobs);
    auto layerStore = LayerStore::open(options.root, staging, *database, options.layerForm);
    if (!layerStore) return layerStore.takeError();
    layers = std::move(*layerStore);
    auto layerOutlines = LayerOutlines::open(*database, *layers);
    if (!layerOutlines) return layerOutlines.takeError();
    outlines = std::move(*layerOutlines);
    auto imageStore = ImageStore::open(*database, *content, *layers);
    if (!imageStore) return imageStore.takeError();
    images = std::move(*imageStore);
    return llvm::Error::success();
  }

  llvm::Error alone(llvm::function_ref<llvm::Error()> body, llvm::function_ref<void()> waiting) {
    if (isAlone) return body();
    // The shared lock is given back first: two that both held it would wait for each other for ever.
    inUse.reset();
    auto exclusive = FileLock::tryAcquire(lockPath(), FileLock::Mode::Exclusive);
    if (!exclusive) {
      auto error = exclusive.takeError();
      if (!takeIf(error, FaultKind::Unavailable)) return error;
      waiting();
      exclusive = FileLock::acquire(lockPath(), FileLock::Mode::Exclusive);
    }
    if (!exclusive) return exclusive.takeError();
    isAlone = true;
    sweepStaging();
    auto error = body();
    isAlone = false;
    { FileLock done = std::move(*exclusive); }  // given back before the shared one is asked for: it would wait for us
    auto shared = FileLock::acquire(lockPath(), FileLock::Mode::Shared);
    if (shared)
      inUse = std::move(*shared);
    else
      llvm::consumeError(shared.takeError());
    return error;
  }
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

llvm::Expected<std::unique_ptr<Store>> Store::open(const Options& options) {
  std::unique_ptr<Store> store(new Store(std::make_unique<Impl>()));
  store->impl_->options = options;
  if (auto error = store->impl_->open())
    return withContext(std::move(error), "open the store " + store->impl_->options.root);
  return store;
}

const std::string& Store::root() const { return impl_->options.root; }
const std::string& Store::staging() const { return impl_->staging; }
Database& Store::database() { return *impl_->database; }
ContentStore& Store::content() { return *impl_->content; }
LayerStore& Store::layers() { return *impl_->layers; }
ImageStore& Store::images() { return *impl_->images; }
LayerOutlines& Store::outlines() { return *impl_->outlines; }

llvm::Expected<Snapshotter*> Store::snapshotter() {
  std::lock_guard lock(impl_->snapshotterMutex);
  if (!impl_->snapshotter) {
    auto opened = openSnapshotter(impl_->options.snapshotter, staging(), joinPath(root(), "layers"));
    if (!opened) return opened.takeError();
    impl_->snapshotter = std::move(*opened);
  }
  return impl_->snapshotter.get();
}

namespace {
/// Names below layers/ that no row of the database has: what a crash between rename and commit left.
llvm::Error removeUnnamed(const std::string& layers, LayerStore& store, Store::Sweep& sweep) {
  auto names = entriesOf(layers);
  if (!names) return names.takeError();
  for (const std::string& name : *names) {
    int64_t number = 0;
    if (llvm::StringRef(name).getAsInteger(10, number) || store.contains({number})) continue;
    std::string path = joinPath(layers, name);
    if (auto use = diskUse(path))
      sweep.bytes += use->bytes;
    else
      return use.takeError();
    if (auto error = removeTree(path)) return error;
    ++sweep.layers;
  }
  return llvm::Error::success();
}
}  // namespace

llvm::Error Store::alone(llvm::function_ref<llvm::Error()> body, llvm::function_ref<void()> waiting) {
  return impl_->alone(body, waiting);
}

llvm::Expected<std::string> Store::mendDatabase() {
  std::string damage;
  auto error = alone([&]() -> llvm::Error {
    auto found = database().check();
    if (!found) return found.takeError();
    damage = std::move(*found);
    return damage.empty() ? llvm::Error::success() : impl_->salvage(damage);
  });
  if (error) return error;
  return damage;
}

llvm::Expected<Store::Sweep> Store::sweep(const std::set<LayerId>& keep) {
  Sweep result;
  if (auto error = alone([&] { return sweepAlone(keep, result); })) return error;
  return result;
}

llvm::Error Store::sweepAlone(const std::set<LayerId>& keep, Sweep& result) {
  auto inUse = impl_->images->inUse();
  if (!inUse) return inUse.takeError();
  std::set<LayerId> named = keep;
  named.insert(inUse->layers.begin(), inUse->layers.end());
  auto outlines = impl_->outlines->inUse();
  if (!outlines) return outlines.takeError();
  named.insert(outlines->begin(), outlines->end());
  auto layers = impl_->layers->list();
  if (!layers) return layers.takeError();
  for (const LayerStore::Usage& layer : *layers) {
    if (named.count(layer.id)) continue;
    if (auto error = impl_->layers->remove(layer.id)) return error;
    ++result.layers;
    result.bytes += layer.bytes;
  }
  auto blobs = impl_->content->list();
  if (!blobs) return blobs.takeError();
  for (const Digest& blob : *blobs) {
    if (inUse->documents.count(blob)) continue;
    auto size = impl_->content->sizeOf(blob);
    if (!size) return size.takeError();
    if (auto error = impl_->content->remove(blob)) return error;
    ++result.blobs;
    result.bytes += *size;
  }
  if (auto error = impl_->layers->blobs().prune()) return error;
  auto freed = impl_->layers->dropDirectories();
  if (!freed) return freed.takeError();
  result.bytes += *freed;
  return removeUnnamed(joinPath(root(), "layers"), *impl_->layers, result);
}

}  // namespace strata::layerfs
