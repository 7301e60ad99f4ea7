#include "builder/journal/upkeep.h"

#include "builder/journal/file_tree.h"
#include "builder/journal/step_reads.h"
#include "support/fault.h"

namespace strata::builder {

llvm::Error visitBuilds(Database& database, llvm::function_ref<llvm::Error(const Build& build)> visitor) {
  auto journal = Journal::open(database);
  if (!journal) return journal.takeError();
  std::vector<std::string> ids;
  {
    auto query = database.prepare("SELECT id FROM builds ORDER BY number");
    if (!query) return query.takeError();
    for (;;) {
      auto row = query->step();
      if (!row) return row.takeError();
      if (!*row) break;
      ids.push_back(query->text(0).str());
    }
  }
  for (const std::string& id : ids) {
    auto build = (*journal)->load(id);
    if (!build) {
      auto error = build.takeError();
      if (takeIf(error, FaultKind::NotFound)) continue;  // dropped
      return error;
    }
    if (auto error = visitor(*build)) return error;
  }
  return llvm::Error::success();
}

llvm::Expected<uint64_t> bytesOfBuildsBeyond(Database& database, size_t keep) {
  auto query = database.prepare(
      "SELECT total(bytes) FROM (SELECT length(document) + length(steps) AS bytes, row_number() OVER "
      "(PARTITION BY project, origin IS NULL ORDER BY number DESC) AS age FROM builds) WHERE age > ?");
  if (!query) return query.takeError();
  auto row = query->bind(int64_t(keep)).step();
  if (!row) return row.takeError();
  return uint64_t(query->integer(0));
}

namespace {
llvm::Error dropTrees(Database& database, llvm::ArrayRef<Digest> digests) {
  return database.transact([&]() -> llvm::Error {
    auto remove = database.prepare("DELETE FROM tree WHERE digest = ?");
    if (!remove) return remove.takeError();
    for (const Digest& digest : digests)
      if (auto error = remove->bind(digest).run()) return error;
    return llvm::Error::success();
  });
}

/// The digests of all objects for which this holds, and the number of all.
llvm::Expected<uint64_t> select(Database& database, std::vector<Digest>& selected,
                                llvm::function_ref<bool(const Digest& digest, llvm::StringRef object)> holds) {
  if (auto store = TreeStore::open(database); !store) return store.takeError();
  auto query = database.prepare("SELECT digest, object FROM tree");
  if (!query) return query.takeError();
  for (uint64_t looked = 0;; ++looked) {
    auto row = query->step();
    if (!row) return row.takeError();
    if (!*row) return looked;
    if (holds(query->digest(0), query->text(1))) selected.push_back(query->digest(0));
  }
}
}  // namespace

llvm::Expected<uint64_t> checkTrees(Database& database) {
  std::vector<Digest> damaged;
  auto looked = select(database, damaged,
                       [](const Digest& digest, llvm::StringRef object) { return digestOf(object) != digest; });
  if (!looked) return looked.takeError();
  for (const Digest& digest : damaged)
    database.reportDamage({"tree", digest.shortHex(), "it does not have this digest"});
  if (auto error = damaged.empty() ? llvm::Error::success() : dropTrees(database, damaged)) return error;
  return looked;
}

llvm::Expected<uint64_t> checkReads(Database& database) {
  auto store = ReadStore::open(database);
  if (!store) return store.takeError();
  std::lock_guard lock(database.mutex());
  std::vector<Digest> keys;
  {
    auto query = database.prepare("SELECT key FROM step_reads");
    if (!query) return query.takeError();
    for (;;) {
      auto row = query->step();
      if (!row) return row.takeError();
      if (!*row) break;
      keys.push_back(query->digest(0));
    }
  }
  for (const Digest& key : keys)
    if (auto found = (*store)->find(key); !found) return found.takeError();
  return keys.size();
}

llvm::Expected<uint64_t> dropTreesBut(Database& database, std::set<Digest> roots) {
  auto store = TreeStore::open(database);
  if (!store) return store.takeError();
  std::vector<Digest> open(roots.begin(), roots.end()), unreached;
  while (!open.empty()) {
    auto object = (*store)->find(open.back());
    open.pop_back();
    if (!object) return object.takeError();
    if (!*object) continue;
    for (const TreeEntry& entry : (*object)->entries)
      if (entry.kind == layerfs::EntryKind::Directory && roots.insert(entry.content).second)
        open.push_back(entry.content);
  }
  auto looked =
      select(database, unreached, [&](const Digest& digest, llvm::StringRef) { return !roots.count(digest); });
  if (!looked) return looked.takeError();
  if (auto error = unreached.empty() ? llvm::Error::success() : dropTrees(database, unreached)) return error;
  return unreached.size();
}

}  // namespace strata::builder
