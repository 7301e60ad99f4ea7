/// Table `containers`, version 1. document: printContainerDocument(). status: nameOf(ContainerStatus). Times in
/// nanoseconds since 1970, 0: never. A row is committed after its directory containers/<id> is there, and deleted
/// before that goes.
#include "runtime/containers/container_store.h"

#include "runtime/containers/container_events.h"
#include "runtime/containers/container_names.h"
#include "runtime/spec/object_names.h"
#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <sys/stat.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;

constexpr StringRef kContainerSchema[] = {
    "CREATE TABLE containers(id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, image BLOB NOT NULL,"
    " created INTEGER NOT NULL, document TEXT NOT NULL, status TEXT NOT NULL, pid INTEGER NOT NULL,"
    " pid_started INTEGER NOT NULL, exit_code INTEGER NOT NULL, started INTEGER NOT NULL, finished INTEGER NOT NULL,"
    " oom_killed INTEGER NOT NULL, restarts INTEGER NOT NULL, error TEXT NOT NULL, network TEXT NOT NULL,"
    " health TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX containers_by_image ON containers(image);"};

constexpr StringRef kColumns =
    "id, name, image, created, document, status, pid, pid_started, exit_code, started, finished, oom_killed, restarts,"
    " error, network, health";

constexpr size_t kIdLength = 64;
constexpr int kNameAttempts = 100;

llvm::Expected<Container> containerFrom(const Statement& row) {
  Container container;
  container.id = row.text(0).str();
  container.name = row.text(1).str();
  container.imageId = row.digest(2);
  container.created = row.integer(3);
  if (auto error = readContainerDocument(row.text(4), container))
    return withContext(std::move(error), "container " + container.name);
  ContainerState& state = container.state;
  state.status = statusFrom(row.text(5)).value_or(ContainerStatus::Dead);
  state.pid = row.integer(6);
  state.pidStarted = uint64_t(row.integer(7));
  state.exitCode = row.integer(8);
  state.started = row.integer(9);
  state.finished = row.integer(10);
  state.oomKilled = row.integer(11) != 0;
  state.restartCount = row.integer(12);
  state.error = row.text(13).str();
  container.network = row.text(14).str();
  container.health = row.text(15).str();
  return container;
}

Statement& bindState(Statement& statement, const ContainerState& state) {
  return statement.bind(nameOf(state.status))
      .bind(state.pid)
      .bind(int64_t(state.pidStarted))
      .bind(state.exitCode)
      .bind(state.started)
      .bind(state.finished)
      .bind(int64_t(state.oomKilled))
      .bind(state.restartCount)
      .bind(state.error);
}

llvm::Error noSuchContainer(StringRef text) {
  return fault(FaultKind::NotFound, "No such container: " + printable(text));
}
}  // namespace

llvm::Error checkContainerName(StringRef name) {
  if (name.size() > 1 && isObjectName(name)) return llvm::Error::success();
  return fault(FaultKind::Invalid,
               "Invalid container name (" + printable(name) + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
}

llvm::Expected<std::unique_ptr<ContainerStore>> ContainerStore::open(Database& database, std::string root,
                                                                     std::string staging) {
  if (auto error = database.migrate("containers", kContainerSchema)) return error;
  return std::unique_ptr<ContainerStore>(new ContainerStore(database, std::move(root), std::move(staging)));
}

llvm::Expected<VolumeStore*> ContainerStore::volumes() {
  std::lock_guard lock(database_.mutex());
  if (volumes_) return volumes_.get();
  auto volumes = VolumeStore::open(database_, root_, staging_.empty() ? joinPath(root_, "tmp") : staging_,
                                   [this](StringRef name) { return usersOfVolume(name); });
  if (!volumes) return volumes.takeError();
  volumes_ = std::move(*volumes);
  return volumes_.get();
}

llvm::Error ContainerStore::add(Container& container) {
  std::string path = directory(container.id).path();
  if (::mkdir(path.c_str(), 0700) != 0) {
    if (errno != ENOENT) return errnoFault("make " + path);
    std::string above = joinPath(root_, "containers");
    if (::mkdir(above.c_str(), 0700) != 0 && errno != EEXIST) return errnoFault("make " + above);
    if (::mkdir(path.c_str(), 0700) != 0) return errnoFault("make " + path);
  }
  auto error = insert(container);
  if (error)
    llvm::consumeError(removeTree(path));
  else
    tellContainerEvent(root_, container, "create");
  return error;
}

llvm::Error ContainerStore::insert(Container& container) {
  if (!container.name.empty()) {
    if (auto error = checkContainerName(container.name)) return error;
    auto error = insertNamed(container);
    return takeIf(error, FaultKind::Exists) ? nameTaken(container.name) : std::move(error);
  }
  for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
    container.name = generatedName(attempt);
    auto error = insertNamed(container);
    if (!takeIf(error, FaultKind::Exists)) return error;
  }
  return fault(FaultKind::Exists, "all names that come to mind are taken; give one with --name");
}

/// That what it is made of is there, in the transaction that names it.
llvm::Error ContainerStore::checkParts(const Container& container) {
  auto image = database_.prepare("SELECT 1 FROM images WHERE id = ?");
  if (!image) return image.takeError();
  auto there = image->bind(container.imageId).step();
  if (!there) return there.takeError();
  if (!*there) return fault(FaultKind::NotFound, "No such image: " + container.imageId.str());
  std::vector<std::string> names;
  for (const ContainerMount& mount : container.mounts)
    if (!mount.name.empty()) names.push_back(mount.name);
  if (names.empty()) return llvm::Error::success();
  auto volumes = this->volumes();
  return volumes ? (*volumes)->require(names) : volumes.takeError();
}

llvm::Error ContainerStore::insertNamed(const Container& container) {
  return database_.transact([&]() -> llvm::Error {
    if (auto error = checkParts(container)) return error;
    auto row = database_.prepare(
        ("INSERT INTO containers(" + kColumns + ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").str());
    if (!row) return row.takeError();
    row->bind(container.id).bind(container.name).bind(container.imageId).bind(container.created);
    row->bind(printContainerDocument(container));
    return bindState(*row, container.state).bind(container.network).bind(container.health).run();
  });
}

llvm::Error ContainerStore::nameTaken(StringRef name) {
  auto owner = select("name = ?", name);
  if (!owner) return owner.takeError();
  std::string id = owner->empty() ? "" : " by container \"" + owner->front().id + "\"";
  return fault(FaultKind::Exists, "Conflict. The container name \"/" + name + "\" is already in use" + id +
                                      ". You have to remove (or rename) that container to be able to reuse that name.");
}

llvm::Expected<std::vector<Container>> ContainerStore::select(StringRef where, StringRef value) {
  std::string sql = ("SELECT " + kColumns + " FROM containers").str();
  if (!where.empty()) sql += (" WHERE " + where).str();
  auto query = database_.prepare(sql + " ORDER BY created DESC, id");
  if (!query) return query.takeError();
  if (!where.empty()) query->bind(value);
  std::vector<Container> found;
  for (;;) {
    auto row = query->step();
    if (!row) return row.takeError();
    if (!*row) return found;
    auto container = containerFrom(*query);
    if (!container) return container.takeError();
    found.push_back(std::move(*container));
  }
}

llvm::Expected<Container> ContainerStore::load(StringRef id) {
  auto found = select("id = ?", id);
  if (!found) return found.takeError();
  if (found->empty()) return noSuchContainer(id);
  return std::move(found->front());
}

llvm::Expected<Container> ContainerStore::find(StringRef text) {
  StringRef name = text;
  name.consume_front("/");
  if (text.size() == kIdLength) {
    auto exact = select("id = ?", text);
    if (!exact) return exact.takeError();
    if (!exact->empty()) return std::move(exact->front());
  }
  auto named = select("name = ?", name);
  if (!named) return named.takeError();
  if (!named->empty()) return std::move(named->front());
  if (text.empty() || !llvm::all_of(text, llvm::isHexDigit)) return noSuchContainer(text);
  auto begun = select("id GLOB ?", (text + "*").str());
  if (!begun) return begun.takeError();
  if (begun->empty()) return noSuchContainer(text);
  if (begun->size() > 1)
    return fault(FaultKind::Invalid, "Multiple IDs found with provided prefix: " + text + "; give more of its digits");
  return std::move(begun->front());
}

llvm::Expected<std::vector<Container>> ContainerStore::list() { return select("", ""); }

llvm::Expected<std::vector<Container>> ContainerStore::usersOf(const Digest& imageId) {
  auto all = list();
  if (!all) return all.takeError();
  llvm::erase_if(*all, [&](const Container& container) { return container.imageId != imageId; });
  return all;
}

llvm::Expected<std::vector<std::string>> ContainerStore::usersOfVolume(StringRef name) {
  auto all = list();
  if (!all) return all.takeError();
  std::vector<std::string> ids;
  for (const Container& container : *all)
    if (llvm::any_of(container.mounts, [&](const ContainerMount& mount) { return mount.name == name; }))
      ids.push_back(container.id);
  return ids;
}

llvm::Expected<std::set<Digest>> ContainerStore::imagesInUse() {
  auto query = database_.prepare("SELECT DISTINCT image FROM containers");
  if (!query) return query.takeError();
  std::set<Digest> images;
  for (;;) {
    auto row = query->step();
    if (!row) return row.takeError();
    if (!*row) return images;
    images.insert(query->digest(0));
  }
}

llvm::Error ContainerStore::setState(StringRef id, const ContainerState& state) {
  auto update = database_.prepare(
      "UPDATE containers SET status = ?, pid = ?, pid_started = ?, exit_code = ?, started = ?, finished = ?,"
      " oom_killed = ?, restarts = ?, error = ? WHERE id = ?");
  if (!update) return update.takeError();
  return bindState(*update, state).bind(id).run();
}

llvm::Expected<bool> ContainerStore::changeStatus(StringRef id, ContainerStatus before, ContainerStatus after) {
  auto update = database_.prepare("UPDATE containers SET status = ? WHERE id = ? AND status = ? RETURNING 1");
  if (!update) return update.takeError();
  return update->bind(nameOf(after)).bind(id).bind(nameOf(before)).step();
}

llvm::Error ContainerStore::setNetwork(StringRef id, StringRef json) {
  auto update = database_.prepare("UPDATE containers SET network = ? WHERE id = ?");
  if (!update) return update.takeError();
  return update->bind(json).bind(id).run();
}

llvm::Error ContainerStore::setHealth(StringRef id, StringRef json) {
  auto update = database_.prepare("UPDATE containers SET health = ? WHERE id = ?");
  if (!update) return update.takeError();
  return update->bind(json).bind(id).run();
}

llvm::Error ContainerStore::setDocument(const Container& container) {
  auto update = database_.prepare("UPDATE containers SET document = ? WHERE id = ?");
  if (!update) return update.takeError();
  return update->bind(printContainerDocument(container)).bind(container.id).run();
}

llvm::Error ContainerStore::rename(const Container& container, StringRef name) {
  name.consume_front("/");
  if (auto error = checkContainerName(name)) return error;
  if (name == container.name)
    return fault(FaultKind::Invalid, "Renaming a container with the same name as its current name");
  auto update = database_.prepare("UPDATE containers SET name = ? WHERE id = ?");
  if (!update) return update.takeError();
  auto error = update->bind(name).bind(container.id).run();
  if (error) return takeIf(error, FaultKind::Exists) ? nameTaken(name) : std::move(error);
  Container renamed = container;
  renamed.name = name.str();
  tellContainerEvent(root_, renamed, "rename", {{"oldName", "/" + container.name}});
  return llvm::Error::success();
}

llvm::Error ContainerStore::removeRow(StringRef id) {
  auto row = database_.prepare("DELETE FROM containers WHERE id = ?");
  if (!row) return row.takeError();
  return row->bind(id).run();
}

llvm::Error ContainerStore::remove(StringRef id) {
  if (auto error = removeRow(id)) return error;
  return removeTree(directory(id).path());
}

llvm::Expected<std::string> ContainerStore::takeOut(StringRef id) {
  if (auto error = removeRow(id)) return error;
  std::string place = directory(id).path(), staged = joinPath(staging_, "container-" + id.str());
  return !staging_.empty() && renamePath(place, staged) == 0 ? staged : place;
}

llvm::Error ContainerStore::sweep() {
  std::string above = joinPath(root_, "containers");
  if (!pathExists(above)) return llvm::Error::success();
  auto names = entriesOf(above);
  if (!names) return names.takeError();
  for (const std::string& name : *names) {
    auto known = select("id = ?", name);
    if (!known) return known.takeError();
    if (!known->empty()) continue;
    // Held: somebody is about to commit its row, or to remove it.
    auto lock = FileLock::tryAcquire(directory(name).lock(), FileLock::Mode::Exclusive);
    if (!lock) {
      llvm::consumeError(lock.takeError());
      continue;
    }
    if (auto error = removeTree(directory(name).path())) return error;
  }
  return llvm::Error::success();
}

}  // namespace strata::runtime
