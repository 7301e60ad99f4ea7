/// Table `volumes`, version 1: name, and printVolumeDocument(). A row is committed after its directory volumes/<name>
/// is renamed into place, and deleted after that is renamed away; both under the lock volumes/.lock.
#include "runtime/volumes/volume_store.h"

#include "layerfs/event_log.h"
#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <sys/stat.h>
#include <cerrno>
#include <filesystem>

namespace strata::runtime {

namespace {
using llvm::StringRef;

constexpr StringRef kVolumeSchema[] = {
    "CREATE TABLE volumes(name TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;"};
constexpr char kData[] = "_data", kDocument[] = "volume.json";
constexpr mode_t kPlaceMode = 0701, kDataMode = 0755;  // docker's: whoever knows the name may pass
constexpr size_t kLargestDocument = 16 << 20;

/// With this mode, whatever the umask.
llvm::Error makeDirectory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0 || ::chmod(path.c_str(), mode) != 0) return errnoFault("make " + path);
  return llvm::Error::success();
}

llvm::Error makeDirectoryOnce(const std::string& path, mode_t mode) {
  auto error = makeDirectory(path, mode);
  if (takeIf(error, FaultKind::Exists)) return llvm::Error::success();
  return error;
}

llvm::Expected<bool> isEmpty(const std::string& directory) {
  auto names = entriesOf(directory);
  if (!names) return names.takeError();
  return names->empty();
}

bool isVolumePlace(const std::string& directory, const std::string& name) {
  auto error = checkVolumeName(name);
  bool good = !error && pathExists(joinPath(joinPath(directory, name), kData));
  llvm::consumeError(std::move(error));
  return good;
}

/// Names of what is on disk, sorted.
llvm::Expected<std::vector<std::string>> namesOnDisk(const std::string& directory) {
  auto names = entriesOf(directory);
  if (!names) return names.takeError();
  llvm::erase_if(*names, [&](const std::string& name) { return !isVolumePlace(directory, name); });
  return names;
}

llvm::Error noSuchVolume(StringRef name) {
  return fault(FaultKind::NotFound, "get " + printable(name) + ": no such volume");
}
}  // namespace

llvm::Expected<std::unique_ptr<VolumeStore>> VolumeStore::open(Database& database, const std::string& root,
                                                               std::string staging, VolumeUsers users) {
  if (auto error = database.migrate("volumes", kVolumeSchema)) return error;
  std::error_code unknown;
  std::string directory = joinPath(std::filesystem::absolute(root, unknown).string(), "volumes");
  return std::unique_ptr<VolumeStore>(
      new VolumeStore(database, root, std::move(directory), std::move(staging), std::move(users)));
}

std::string VolumeStore::placeOf(StringRef name) const { return joinPath(directory_, name); }
std::string VolumeStore::lockPath() const { return joinPath(directory_, ".lock"); }

void VolumeStore::tell(StringRef name, const char* action) const {
  layerfs::appendEvent(
      root_, {.type = "volume", .action = action, .actor = name.str(), .attributes = {{"driver", kLocalDriver.str()}}});
}

// --- Rows ---

llvm::Expected<std::optional<Volume>> VolumeStore::rowOf(StringRef name) {
  auto row = database_.prepare("SELECT document FROM volumes WHERE name = ?");
  if (!row) return row.takeError();
  auto got = row->bind(name).step();
  if (!got) return got.takeError();
  if (!*got) return std::nullopt;
  auto volume = readVolumeDocument(name, row->text(0));
  if (!volume) return volume.takeError();
  volume->mountpoint = joinPath(placeOf(name), kData);
  return std::move(*volume);
}

llvm::Expected<std::vector<Volume>> VolumeStore::rows() {
  auto row = database_.prepare("SELECT name, document FROM volumes ORDER BY name");
  if (!row) return row.takeError();
  std::vector<Volume> volumes;
  for (;;) {
    auto got = row->step();
    if (!got) return got.takeError();
    if (!*got) return volumes;
    auto volume = readVolumeDocument(row->text(0), row->text(1));
    if (!volume) return volume.takeError();
    volume->mountpoint = joinPath(placeOf(volume->name), kData);
    volumes.push_back(std::move(*volume));
  }
}

llvm::Error VolumeStore::addRow(const Volume& volume) {
  auto row = database_.prepare("INSERT OR REPLACE INTO volumes VALUES(?, ?)");
  if (!row) return row.takeError();
  return row->bind(volume.name).bind(printVolumeDocument(volume)).run();
}

llvm::Error VolumeStore::dropRow(StringRef name) {
  auto row = database_.prepare("DELETE FROM volumes WHERE name = ?");
  if (!row) return row.takeError();
  return row->bind(name).run();
}

// --- Reading ---

llvm::Expected<std::optional<Volume>> VolumeStore::find(StringRef name) {
  if (auto error = checkVolumeName(name)) {
    llvm::consumeError(std::move(error));
    return std::nullopt;
  }
  auto row = rowOf(name);
  if (!row || row->has_value() == isVolumePlace(directory_, name.str())) return row;
  if (auto error = reconcile()) return error;
  return rowOf(name);
}

llvm::Expected<Volume> VolumeStore::load(StringRef name) {
  auto volume = find(name);
  if (!volume) return volume.takeError();
  if (!*volume) return noSuchVolume(name);
  return std::move(**volume);
}

llvm::Expected<std::vector<Volume>> VolumeStore::list() {
  auto volumes = rows();
  if (!volumes) return volumes;
  auto names = namesOnDisk(directory_);
  if (!names) return names.takeError();
  bool same = std::equal(volumes->begin(), volumes->end(), names->begin(), names->end(),
                         [](const Volume& volume, const std::string& name) { return volume.name == name; });
  if (same) return volumes;
  if (auto error = reconcile()) return error;
  return rows();
}

llvm::Error VolumeStore::require(llvm::ArrayRef<std::string> names) {
  for (const std::string& name : names) {
    auto row = rowOf(name);
    if (!row) return row.takeError();
    if (!*row) return noSuchVolume(name);
  }
  return llvm::Error::success();
}

// --- Making ---

llvm::Expected<Volume> VolumeStore::make(const VolumeWish& wish, Fill fill) {
  VolumeWish named = wish;
  if (named.name.empty()) {
    named.name = makeAnonymousVolumeName();
    named.labels[kAnonymousLabel.str()] = "";
  }
  if (auto error = checkVolumeName(named.name)) return error;
  auto backing = backingOf(named.options);
  if (!backing) return withContext(backing.takeError(), "create " + named.name);
  for (;;) {
    auto known = find(named.name);
    if (!known) return known.takeError();
    if (*known) {
      llvm::Error error = fill ? fillEmpty(**known, fill) : llvm::Error::success();
      if (!error) return std::move(**known);
      if (isVolumePlace(directory_, named.name)) return error;
      llvm::consumeError(std::move(error));  // somebody has removed it meanwhile
      continue;
    }
    auto made = makeNew(named, backing->kind == VolumeBacking::Kind::Directory ? fill : nullptr);
    llvm::Error error = made ? llvm::Error::success() : made.takeError();
    if (takeIf(error, FaultKind::Exists)) continue;  // somebody else was faster
    if (error) return error;
    if (fill && backing->kind == VolumeBacking::Kind::Bind)
      if (auto failed = fillEmpty(*made, fill)) return failed;
    return made;
  }
}

llvm::Expected<Volume> VolumeStore::makeNew(const VolumeWish& wish, Fill fill) {
  Volume volume{.name = wish.name, .created = nowNanoseconds(), .options = wish.options, .labels = wish.labels};
  auto staged = TempDir::make(staging_, "volume-");
  if (!staged) return staged.takeError();
  std::string place = joinPath(staged->path(), "volume"), data = joinPath(place, kData);
  if (auto error = makeDirectory(place, kPlaceMode)) return error;
  if (auto error = makeDirectory(data, kDataMode)) return error;
  if (auto error = writeFileAtomically(joinPath(place, kDocument), printVolumeDocument(volume), 0600)) return error;
  if (fill)
    if (auto error = fill(data)) return withContext(std::move(error), "fill volume " + volume.name);
  if (auto error = publish(place, volume)) return error;
  tell(volume.name, "create");
  volume.mountpoint = joinPath(placeOf(volume.name), kData);
  return volume;
}

/// Faults: Exists if there is one of this name by now.
llvm::Error VolumeStore::publish(const std::string& staged, const Volume& volume) {
  if (auto error = makeDirectoryOnce(directory_, kPlaceMode)) return error;
  auto lock = FileLock::acquire(lockPath(), FileLock::Mode::Exclusive);
  if (!lock) return lock.takeError();
  std::string place = placeOf(volume.name);
  if (pathExists(place)) {
    if (auto error = reconcileLocked()) return error;
    if (isVolumePlace(directory_, volume.name)) return fault(FaultKind::Exists, "volume " + volume.name + " exists");
    if (auto error = removeTree(place)) return error;  // no volume: nothing of anybody's is in it
  }
  if (renamePath(staged, place) != 0) return errnoFault("make " + place);
  return addRow(volume);
}

llvm::Error VolumeStore::fillEmpty(const Volume& volume, Fill fill) {
  auto backing = backingOf(volume.options);
  if (!backing) return backing.takeError();
  if (backing->kind == VolumeBacking::Kind::Tmpfs) return llvm::Error::success();
  bool own = backing->kind == VolumeBacking::Kind::Directory;
  const std::string& directory = own ? volume.mountpoint : backing->source;
  auto empty = isEmpty(directory);
  if (!empty) return empty.takeError();
  if (!*empty) return llvm::Error::success();
  if (!own) return withContext(fill(directory), "fill volume " + volume.name);
  auto staged = TempDir::make(staging_, "volume-");
  if (!staged) return staged.takeError();
  std::string filled = joinPath(staged->path(), kData);
  if (auto error = makeDirectory(filled, kDataMode)) return error;
  if (auto error = fill(filled)) return withContext(std::move(error), "fill volume " + volume.name);
  auto done = replaceEmpty(volume, filled);
  if (!done) return done.takeError();
  // Somebody has the directory mounted: it must stay this one.
  return *done ? llvm::Error::success() : withContext(fill(directory), "fill volume " + volume.name);
}

/// False if somebody uses it. One that is not empty any more is left as it is.
llvm::Expected<bool> VolumeStore::replaceEmpty(const Volume& volume, const std::string& filled) {
  auto lock = FileLock::acquire(lockPath(), FileLock::Mode::Exclusive);
  if (!lock) return lock.takeError();
  bool unused = false;
  auto error = database_.transact([&]() -> llvm::Error {
    auto users = users_(volume.name);
    if (!users) return users.takeError();
    unused = users->empty();
    if (!unused || renamePath(filled, volume.mountpoint) == 0) return llvm::Error::success();
    return errno == ENOTEMPTY || errno == EEXIST ? llvm::Error::success() : errnoFault("fill " + volume.mountpoint);
  });
  if (error) return error;
  return unused;
}

// --- Removing ---

llvm::Error VolumeStore::remove(StringRef name) {
  if (auto known = load(name); !known) return known.takeError();
  auto staged = TempDir::make(staging_, "volume-");
  if (!staged) return staged.takeError();
  std::string away = joinPath(staged->path(), "volume");
  auto lock = FileLock::acquire(lockPath(), FileLock::Mode::Exclusive);
  if (!lock) return lock.takeError();
  auto error = database_.transact([&] { return removeNamed(name, away); });
  if (!error) tell(name, "destroy");
  // Not committed: it is as it was.
  if (error && pathExists(away) && renamePath(away, placeOf(name)) != 0)
    return llvm::joinErrors(std::move(error), errnoFault("bring back " + placeOf(name)));
  return error;
}

llvm::Error VolumeStore::removeNamed(StringRef name, const std::string& away) {
  auto row = rowOf(name);
  if (!row) return row.takeError();
  if (!*row) return noSuchVolume(name);
  auto users = users_(name);
  if (!users) return users.takeError();
  if (!users->empty())
    return fault(FaultKind::Denied, "remove " + name + ": volume is in use - [" + llvm::join(*users, ", ") + "]");
  if (renamePath(placeOf(name), away) != 0 && errno != ENOENT) return errnoFault("remove " + placeOf(name));
  return dropRow(name);
}

// --- After a crash ---

llvm::Error VolumeStore::reconcile() {
  if (auto error = makeDirectoryOnce(directory_, kPlaceMode)) return error;
  auto lock = FileLock::acquire(lockPath(), FileLock::Mode::Exclusive);
  if (!lock) return lock.takeError();
  return reconcileLocked();
}

llvm::Error VolumeStore::reconcileLocked() {
  auto names = namesOnDisk(directory_);
  if (!names) return names.takeError();
  auto known = rows();
  if (!known) return known.takeError();
  for (const Volume& volume : *known)
    if (!llvm::is_contained(*names, volume.name))
      if (auto error = dropRow(volume.name)) return error;
  for (const std::string& name : *names) {
    if (llvm::any_of(*known, [&](const Volume& volume) { return volume.name == name; })) continue;
    Volume found{.name = name, .created = nowNanoseconds()};
    auto text = readFile(joinPath(placeOf(name), kDocument), kLargestDocument);
    auto document = text ? readVolumeDocument(name, *text) : llvm::Expected<Volume>(text.takeError());
    if (document)
      found = std::move(*document);
    else
      llvm::consumeError(document.takeError());  // what it holds counts, not what was said of it
    if (auto error = addRow(found)) return error;
  }
  return llvm::Error::success();
}

}  // namespace strata::runtime
