/// Table `layers`, version 4. form: -1 remote, 0 dir, 1 tar. diff_id and tar_size: NULL until a dir layer is hashed;
/// tar_size 0: not known. created: nanoseconds since 1970. bytes: use of disk, NULL until somebody asks. stamp: of the
/// tar (stampOf), NULL until it is known. came_as: "digest size media-type" of the blob that whoever told of a remote
/// layer named for it. made: 1 where the teller was a cache: the step that makes the layer can be done again, and
/// manifests name its tar. A row is committed only after its directory layers/<id> is complete, which a remote layer
/// does not have, and deleted before the directory goes. Of one diffID there may be several remote rows, one for each
/// blob that somebody named: what one image's manifest says of a layer is nothing to another image.
#include "layerfs/layer_store.h"

#include "layerfs/empty_layer.h"
#include "layerfs/kept_blocks.h"
#include "layerfs/stored_layer.h"
#include "layerfs/tar_index.h"
#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/text.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <map>

namespace strata::layerfs {

namespace {
constexpr llvm::StringLiteral kLayerTables[] = {
    "CREATE TABLE layers(id INTEGER PRIMARY KEY AUTOINCREMENT, form INTEGER NOT NULL, diff_id BLOB, tar_size INTEGER,"
    " created INTEGER NOT NULL, bytes INTEGER);"
    "CREATE INDEX layers_by_diff_id ON layers(diff_id);",
    "ALTER TABLE layers ADD COLUMN stamp TEXT", "ALTER TABLE layers ADD COLUMN came_as TEXT",
    "ALTER TABLE layers ADD COLUMN made INTEGER NOT NULL DEFAULT 0"};
}  // namespace

LayerDraft::LayerDraft(TempDir directory) : directory_(directory.path()), staged_(std::move(directory)) {}
std::string LayerDraft::upper() const { return directory_ + "/upper"; }
std::string LayerDraft::work() const { return directory_ + "/work"; }

llvm::Error LayerDraft::makeEmpty() const {
  std::string top = upper();
  // chmod too: neither our umask nor a setgid staging directory may show in an image.
  if (::mkdir(top.c_str(), 0755) != 0 || ::chmod(top.c_str(), 0755) != 0 || ::mkdir(work().c_str(), 0700) != 0)
    return errnoFault("make a layer in " + directory_);
  if (::geteuid() == 0 && ::chown(top.c_str(), 0, 0) != 0) return errnoFault("set owner of " + top);
  return llvm::Error::success();
}

llvm::Expected<LayerDraft> LayerDraft::keepAt(const std::string& directory, Durable durable) {
  LayerDraft draft(directory);
  draft.durable_ = durable;
  if (pathExists(draft.work())) {
    // The mark of an overlay that did not sync, which refuses to be mounted again. Who asked for it knew.
    if (auto error = removeTree(draft.work() + "/work/incompat")) return error;
    return draft;
  }
  if (auto error = removeTree(directory)) return error;  // half made by one who was killed
  if (::mkdir(directory.c_str(), 0700) != 0) return errnoFault("make " + directory);
  if (auto error = draft.makeEmpty()) return error;
  return draft;
}

struct LayerStore::Impl {
  static constexpr size_t kLeastSweep = 256;

  LayerPlaces places;
  std::mutex mutex;
  std::map<LayerId, std::weak_ptr<StoredLayer>> alive;  ///< one object a layer, so that its work is done once
  size_t sweepAt = kLeastSweep;                         ///< when there are so many, those that are gone are taken out

  explicit Impl(LayerPlaces places) : places(std::move(places)) {}

  std::shared_ptr<StoredLayer> handOut(const LayerRow& row);
  llvm::Expected<std::shared_ptr<StoredLayer>> find(Statement& query);
  llvm::Expected<std::shared_ptr<StoredLayer>> findByDiffId(const DiffId& diffId);
  llvm::Expected<std::shared_ptr<StoredLayer>> findLike(const LayerRow& row);
  llvm::Expected<std::shared_ptr<Layer>> insert(LayerRow row, const std::string& staged);
  llvm::Expected<std::shared_ptr<Layer>> insert(const StagedTar& staged) {
    return insert({.form = LayerForm::Tar, .identity = staged.identity, .stamp = staged.stamp}, staged.draft.layer());
  }
  llvm::Expected<LayerId> insertRow(const LayerRow& row);
  llvm::Error place(const LayerRow& row, const std::string& staged);
  llvm::Error discard(const std::string& directory);
  llvm::Error keepHistory(const std::string& layer, const Digest& tar, const TarHistory& history);
};

std::shared_ptr<StoredLayer> LayerStore::Impl::handOut(const LayerRow& row) {
  std::lock_guard lock(mutex);
  if (alive.size() >= sweepAt) {
    std::erase_if(alive, [](const auto& known) { return known.second.expired(); });
    sweepAt = std::max(kLeastSweep, 2 * alive.size());
  }
  auto& known = alive[row.id];
  if (auto layer = known.lock()) return layer;
  auto layer = std::make_shared<StoredLayer>(places, row);
  known = layer;
  return layer;
}

/// The layer in the query's first row (LayerRow::kColumns); null if there is none. One that is visibly damaged is as
/// good as none: dropped, to be made again.
llvm::Expected<std::shared_ptr<StoredLayer>> LayerStore::Impl::find(Statement& query) {
  auto row = query.step();
  if (!row) return row.takeError();
  if (!*row) return nullptr;
  auto layer = handOut(LayerRow::read(query));
  std::string problem = layer->visibleDamage();
  if (problem.empty()) return layer;
  query.rewind();
  if (auto error = layer->forget(problem)) return error;
  return nullptr;
}

llvm::Expected<std::shared_ptr<StoredLayer>> LayerStore::Impl::findByDiffId(const DiffId& diffId) {
  auto query = places.database.prepare(
      ("SELECT " + LayerRow::kColumns + " FROM layers WHERE diff_id = ? ORDER BY form = -1, id LIMIT 1").str());
  if (!query) return query.takeError();
  query->bind(diffId.digest);
  return find(*query);
}

/// The layer that stands for a new one of a known diffID: one that is here; else, for files, a remote one that was made
/// like them; for a remote one, one of which the same is told.
llvm::Expected<std::shared_ptr<StoredLayer>> LayerStore::Impl::findLike(const LayerRow& row) {
  llvm::StringRef told = row.form == LayerForm::Remote ? "came_as IS ?2 AND made = ?3" : "made OR came_as IS NULL";
  std::string sql = ("SELECT " + LayerRow::kColumns + " FROM layers WHERE diff_id = ?1").str();
  auto query = places.database.prepare(sql + " AND (form <> -1 OR " + told.str() + ") ORDER BY form = -1, id LIMIT 1");
  if (!query) return query.takeError();
  query->bind(row.identity->diffId.digest);
  if (row.form != LayerForm::Remote) return find(*query);
  if (row.toldBlob)
    query->bind(llvm::StringRef(LayerRow::written(*row.toldBlob)));
  else
    query->bindNull();
  query->bind(int64_t(row.made));
  return find(*query);
}

llvm::Expected<LayerId> LayerStore::Impl::insertRow(const LayerRow& row) {
  auto insert = places.database.prepare(
      "INSERT INTO layers(form, diff_id, tar_size, created, stamp, came_as, made) VALUES (?, ?, ?, ?, ?, ?, ?) "
      "RETURNING id");
  if (!insert) return insert.takeError();
  insert->bind(LayerRow::numberOf(row.form));
  if (row.identity)
    insert->bind(row.identity->diffId.digest).bind(int64_t(row.identity->size));
  else
    insert->bindNull().bindNull();
  insert->bind(nowNanoseconds()).bind(llvm::StringRef(row.stamp));
  if (row.toldBlob)
    insert->bind(llvm::StringRef(LayerRow::written(*row.toldBlob)));
  else
    insert->bindNull();
  insert->bind(int64_t(row.made));
  auto inserted = insert->step();
  if (!inserted) return inserted.takeError();
  return LayerId{insert->integer(0)};
}

/// Files go out of sight in one rename; the staging area is swept if we are killed now.
llvm::Error LayerStore::Impl::discard(const std::string& directory) {
  if (!pathExists(directory)) return llvm::Error::success();
  auto bin = TempDir::make(places.staging, "removed-");
  if (!bin) return bin.takeError();
  if (renamePath(directory, joinPath(bin->path(), "layer")) != 0 && errno != ENOENT)
    return errnoFault("remove " + directory);
  return llvm::Error::success();
}

llvm::Error LayerStore::Impl::place(const LayerRow& row, const std::string& staged) {
  std::string directory = places.directoryOf(row.id), target = directory;
  // The number is nobody's before the commit: what stands here was left by a process killed between here and there.
  if (auto error = discard(directory)) return error;
  if (row.form == LayerForm::Remote) return llvm::Error::success();
  if (row.form == LayerForm::Dir) {
    if (::mkdir(directory.c_str(), 0755) != 0) return errnoFault("make " + directory);
    target = joinPath(directory, "fs");
  }
  if (renamePath(staged, target) != 0) return errnoFault("rename to " + target);
  return llvm::Error::success();
}

/// A layer that is there already may stand for the new one; a remote one takes the files.
llvm::Expected<std::shared_ptr<Layer>> LayerStore::Impl::insert(LayerRow row, const std::string& staged) {
  std::shared_ptr<StoredLayer> same;
  auto error = places.database.transact([&]() -> llvm::Error {
    if (row.identity) {  // again, now that no other process can add it
      auto found = findLike(row);
      if (!found) return found.takeError();
      same = std::move(*found);
      bool isAway = same && same->form() == LayerForm::Remote;
      if (isAway && row.form == LayerForm::Tar) return same->adopt(staged, *row.identity, row.stamp);
      if (isAway) return same->learnSize(row.identity->size);
      if (same) return llvm::Error::success();
    }
    auto id = insertRow(row);
    if (!id) return id.takeError();
    row.id = *id;
    return place(row, staged);
  });
  if (error) return error;
  return same ? std::move(same) : handOut(row);
}

LayerStore::LayerStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LayerStore::~LayerStore() = default;

llvm::Expected<std::unique_ptr<LayerStore>> LayerStore::open(std::string root, std::string staging, Database& database,
                                                             std::string form) {
  std::string layers = joinPath(root, "layers");
  if (auto error = makeDirectories(layers)) return error;
  llvm::SmallVector<llvm::StringRef, 1> steps(std::begin(kLayerTables), std::end(kLayerTables));
  if (auto error = database.migrate("layers", steps)) return error;
  auto blobs = LayerBlobs::open(database);
  if (!blobs) return blobs.takeError();
  auto forms = std::make_shared<TarForms>(staging, layers, std::move(form));
  LayerPlaces places{std::move(layers),
                     std::move(staging),
                     database,
                     std::move(forms),
                     std::move(*blobs),
                     std::make_shared<std::atomic<LayerSource*>>(nullptr),
                     std::make_shared<std::atomic<uint64_t>>(0)};
  return std::unique_ptr<LayerStore>(new LayerStore(std::make_unique<Impl>(std::move(places))));
}

llvm::Expected<TarForm> LayerStore::tarForm() { return impl_->places.forms->best(); }

llvm::Expected<LayerDraft> LayerStore::makeDraft() {
  auto directory = TempDir::make(impl_->places.staging, "draft-");
  if (!directory) return directory.takeError();
  LayerDraft draft(std::move(*directory));
  if (auto error = draft.makeEmpty()) return error;
  return draft;
}

llvm::Expected<std::shared_ptr<Layer>> LayerStore::publish(const LayerDraft& draft) {
  return impl_->insert({.form = LayerForm::Dir}, draft.upper());
}

llvm::Expected<std::shared_ptr<Layer>> LayerStore::emptyLayer() {
  const std::string zeros(kEmptyTarSize, '\0');
  StringSource tar(zeros);
  auto layer = addTar(tar, emptyDiffId());
  if (!layer) return layer;
  auto nothing = holdsNothing(**layer);
  if (!nothing) return nothing.takeError();
  if (!*nothing || (*layer)->form() != LayerForm::Tar) return nullptr;
  return layer;
}

llvm::Expected<TarDraft> LayerStore::makeTarDraft() { return TarDraft::make(impl_->places.staging); }

llvm::Error LayerStore::Impl::keepHistory(const std::string& layer, const Digest& tar, const TarHistory& history) {
  if (history.states.empty()) return llvm::Error::success();
  if (auto error = writeHashStates(joinPath(layer, "hash-states"), tar, history.states)) return error;
  if (history.alike < KeptBlocks::kGroup) return llvm::Error::success();
  auto like = findByDiffId({history.like});
  if (!like) return like.takeError();
  if (*like) KeptBlocks::share(places.keptBlocksOf((*like)->id()), joinPath(layer, "compressed"), history.alike);
  return llvm::Error::success();
}

llvm::Expected<std::shared_ptr<Layer>> LayerStore::publish(TarDraft draft, const LayerIndex& index,
                                                           const Layer::TarIdentity& identity,
                                                           const TarHistory& history) {
  if (auto error = impl_->keepHistory(draft.layer(), identity.diffId.digest, history)) return error;
  auto staged = complete(std::move(draft), index, identity);
  return staged ? impl_->insert(*staged) : staged.takeError();
}

llvm::Expected<std::shared_ptr<Layer>> LayerStore::addTar(ByteSource& tar, std::optional<DiffId> expected) {
  if (expected) {
    auto found = impl_->findByDiffId(*expected);
    if (!found || (*found && (*found)->form() != LayerForm::Remote)) return found;
  }
  auto staged = stageTar(tar, impl_->places.staging, expected);
  return staged ? impl_->insert(*staged) : staged.takeError();
}

llvm::Expected<std::shared_ptr<Layer>> LayerStore::addRemote(const DiffId& diffId, llvm::ArrayRef<LayerBlob> blobs,
                                                             const std::optional<Descriptor>& cameAs,
                                                             uint64_t tarSize) {
  std::shared_ptr<Layer> layer;
  auto error = impl_->places.database.transact([&]() -> llvm::Error {
    for (const LayerBlob& blob : blobs)
      if (auto failed = impl_->places.blobs->put(diffId, blob)) return failed;
    LayerRow row{.form = LayerForm::Remote,
                 .identity = Layer::TarIdentity{diffId, tarSize},
                 .stamp = {},
                 .toldBlob = cameAs,
                 .made = !cameAs.has_value()};
    if (row.made && !blobs.empty()) row.toldBlob = blobs.front().descriptor;
    auto inserted = impl_->insert(std::move(row), "");
    if (!inserted) return inserted.takeError();
    layer = std::move(*inserted);
    return llvm::Error::success();
  });
  if (error) return error;
  return layer;
}

LayerBlobs& LayerStore::blobs() { return *impl_->places.blobs; }
void LayerStore::setSource(LayerSource* source) { *impl_->places.source = source; }
LayerSource* LayerStore::source() const { return *impl_->places.source; }
uint64_t LayerStore::unreached() const { return *impl_->places.unreached; }

llvm::Expected<std::shared_ptr<Layer>> LayerStore::load(LayerId id) {
  auto query = impl_->places.database.prepare(("SELECT " + LayerRow::kColumns + " FROM layers WHERE id = ?").str());
  if (!query) return query.takeError();
  query->bind(id.value);
  auto found = impl_->find(*query);
  if (found && !*found) return fault(FaultKind::NotFound, "no layer " + llvm::Twine(id.value) + " in this store");
  return found;
}

llvm::Expected<std::shared_ptr<Layer>> LayerStore::findByDiffId(const DiffId& diffId) {
  return impl_->findByDiffId(diffId);
}

bool LayerStore::contains(LayerId id) {
  auto layer = load(id);
  if (layer) return true;
  auto error = layer.takeError();
  bool absent = takeIf(error, FaultKind::NotFound);
  llvm::consumeError(std::move(error));
  return !absent;
}

llvm::Expected<std::vector<LayerStore::Usage>> LayerStore::list() {
  std::vector<Usage> layers;
  std::vector<bool> known;
  Database& database = impl_->places.database;
  {
    auto query = database.prepare("SELECT id, form, bytes, created FROM layers ORDER BY id");
    if (!query) return query.takeError();
    for (;;) {
      auto row = query->step();
      if (!row) return row.takeError();
      if (!*row) break;
      LayerForm form = LayerRow::formOf(query->integer(1));
      layers.push_back({LayerId{query->integer(0)}, form, uint64_t(query->integer(2)), query->integer(3)});
      known.push_back(!query->isNull(2) || form == LayerForm::Remote);
    }
  }
  for (size_t i = 0; i < layers.size(); ++i) {
    if (known[i]) continue;
    auto use = diskUse(impl_->places.directoryOf(layers[i].id));
    if (!use) return use.takeError();
    layers[i].bytes = use->bytes;
    auto update = database.prepare("UPDATE layers SET bytes = ? WHERE id = ?");
    if (!update) return update.takeError();
    if (auto error = update->bind(int64_t(use->bytes)).bind(layers[i].id.value).run()) return error;
  }
  return layers;
}

llvm::Expected<std::map<LayerId, uint64_t>> LayerStore::tarSizes() {
  auto query = impl_->places.database.prepare("SELECT id, tar_size FROM layers WHERE tar_size > 0");
  if (!query) return query.takeError();
  std::map<LayerId, uint64_t> sizes;
  for (;;) {
    auto row = query->step();
    if (!row) return row.takeError();
    if (!*row) return sizes;
    sizes.emplace(LayerId{query->integer(0)}, uint64_t(query->integer(1)));
  }
}

namespace {
/// By holdDirectories() of another process. Nobody else locks a layer's directory.
bool isHeld(const std::string& directory) {
  UniqueFd file(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return file && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0;
}
}  // namespace

llvm::Expected<std::vector<UniqueFd>> LayerStore::holdDirectories(llvm::ArrayRef<std::shared_ptr<Layer>> layers) {
  std::vector<UniqueFd> held;
  for (const auto& layer : layers) {
    std::string directory = impl_->places.directoryOf(layer->id());
    if (!pathExists(joinPath(directory, "fs"))) continue;
    auto file = openFile(directory, O_RDONLY | O_DIRECTORY);
    if (!file) return file.takeError();
    if (::flock(file->get(), LOCK_SH) != 0) return errnoFault("lock " + directory);
    held.push_back(std::move(*file));
  }
  return held;
}

llvm::Expected<uint64_t> LayerStore::dropDirectories(bool dryRun) {
  auto form = tarForm();
  if (!form) return form.takeError();
  auto layers = list();
  if (!layers) return layers.takeError();
  uint64_t freed = 0;
  for (const Usage& layer : *layers) {
    std::string directory = joinPath(impl_->places.directoryOf(layer.id), "fs");
    if (*form == TarForm::Unpacked || layer.form != LayerForm::Tar || !pathExists(directory)) continue;
    if (isHeld(impl_->places.directoryOf(layer.id))) continue;
    auto use = diskUse(directory);
    if (!use) return use.takeError();
    freed += use->bytes;
    if (dryRun) continue;
    if (auto error = removeTree(directory)) return error;
    if (auto error = impl_->places.measureAgain(layer.id)) return error;
  }
  return freed;
}

llvm::Error LayerStore::skipUsedNumbers() {
  auto names = entriesOf(impl_->places.layers);
  if (!names) return names.takeError();
  int64_t highest = 0, number = 0;
  for (llvm::StringRef name : *names)
    if (!name.getAsInteger(10, number)) highest = std::max(highest, number);
  Database& database = impl_->places.database;
  return database.transact([&]() -> llvm::Error {
    for (const char* sql :
         {"INSERT INTO sqlite_sequence(name, seq) SELECT 'layers', ?1 WHERE NOT EXISTS (SELECT 1 FROM "
          "sqlite_sequence WHERE name = 'layers')",
          "UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'layers'"}) {
      auto statement = database.prepare(sql);
      if (!statement) return statement.takeError();
      if (auto error = statement->bind(highest).run()) return error;
    }
    return llvm::Error::success();
  });
}

llvm::Error LayerStore::remove(LayerId id) {
  {
    auto forget = impl_->places.database.prepare("DELETE FROM layers WHERE id = ?");
    if (!forget) return forget.takeError();
    if (auto error = forget->bind(id.value).run()) return error;
  }
  return impl_->discard(impl_->places.directoryOf(id));
}

}  // namespace strata::layerfs
