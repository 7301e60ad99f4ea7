#include "builder/journal/journal.h"

#include "builder/journal/build_json.h"
#include "builder/journal/build_outline.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>

#include <random>

namespace strata::builder {

using llvm::StringRef;

// On disk, version 3: a row a build; its steps as one JSON document (KeyForm::Compact; rows of before have objects),
// since they are only ever read together, and their outline (NULL in rows of earlier versions), since those of many
// builds are looked through for one.
namespace {
constexpr llvm::StringLiteral kTables = R"(
  CREATE TABLE builds(number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, project TEXT NOT NULL,
                      image BLOB, started INTEGER NOT NULL, document TEXT NOT NULL, steps TEXT NOT NULL);
  CREATE INDEX builds_by_project ON builds(project, number);
  CREATE INDEX builds_by_image ON builds(image, number);)";
constexpr llvm::StringLiteral kOrigin = "ALTER TABLE builds ADD COLUMN origin TEXT";
constexpr llvm::StringLiteral kOutline = "ALTER TABLE builds ADD COLUMN outline TEXT";
constexpr size_t kIdDigits = 12;
constexpr int kImportedOfProject = 3;

/// Columns of every query below: id, image, document, steps (may be empty), origin (may be NULL).
llvm::Expected<Build> readBuild(const Statement& row) {
  auto document = parseJson(row.text(2), size_t(1) << 30);
  if (!document) return withContext(document.takeError(), "journal entry " + row.text(0));
  Build build;
  build.id = row.text(0).str();
  build.image = row.digest(1);
  build.origin = row.isNull(4) ? "" : row.text(4).str();
  if (!document->getAsObject()) return fault(FaultKind::Corrupt, "journal entry " + build.id + " is no object");
  readHead(*document->getAsObject(), build);
  if (row.text(3).empty()) return build;
  auto steps = parseJson(row.text(3), size_t(1) << 30);
  if (!steps) return withContext(steps.takeError(), "steps of build " + build.id);
  readSteps(*steps, build);
  return build;
}

/// What cannot be read is history that is lost, and no reason to fail: dropped.
llvm::Expected<std::vector<Build>> readBuilds(Database& database, Statement& query) {
  std::vector<Build> builds;
  std::vector<std::pair<std::string, std::string>> damaged;
  for (;;) {
    auto row = query.step();
    if (!row) return row.takeError();
    if (!*row) break;
    auto build = readBuild(query);
    if (build)
      builds.push_back(std::move(*build));
    else
      damaged.emplace_back(query.text(0).str(), messageOf(build.takeError()));
  }
  for (const auto& [id, problem] : damaged) {
    auto remove = database.prepare("DELETE FROM builds WHERE id = ?");
    if (!remove) return remove.takeError();
    if (auto error = remove->bind(id).run()) return error;
    database.reportDamage({"build", id, problem});
  }
  return builds;
}
}  // namespace

std::string Build::project() const { return context + "\n" + dockerfile + "\n" + target; }

llvm::Expected<std::unique_ptr<Journal>> Journal::open(Database& database) {
  if (auto error = database.migrate("journal", {kTables, kOrigin, kOutline})) return error;
  return std::unique_ptr<Journal>(new Journal(database));
}

std::string Journal::makeId() {
  std::random_device random;
  std::array<uint8_t, kIdDigits / 2> bytes;
  for (uint8_t& byte : bytes) byte = uint8_t(random());
  return llvm::toHex(bytes, /*LowerCase=*/true);
}

llvm::Error Journal::write(const Build& build) {
  auto insert = database_.prepare(
      "INSERT INTO builds(id, project, image, started, document, steps, outline) VALUES(?, ?, ?, ?, ?, ?, ?)");
  if (!insert) return insert.takeError();
  insert->bind(build.id).bind(build.project());
  build.image ? insert->bind(build.image) : insert->bindNull();
  insert->bind(build.started).bind(printJson(headJson(build))).bind(printJson(stepsJson(build, KeyForm::Compact)));
  return insert->bind(encodeOutline(outlineOf(build))).run();
}

namespace {
/// False where there is a build of this id.
llvm::Expected<bool> insertForeign(Database& database, const Build& build, const std::string& project) {
  auto insert = database.prepare(
      "INSERT OR IGNORE INTO builds(id, project, image, started, document, steps, origin, outline) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?) RETURNING 1");
  if (!insert) return insert.takeError();
  insert->bind(build.id).bind(project);
  build.image ? insert->bind(build.image) : insert->bindNull();
  insert->bind(build.started).bind(printJson(headJson(build)));
  insert->bind(printJson(stepsJson(build, KeyForm::Compact))).bind(build.origin);
  return insert->bind(encodeOutline(outlineOf(build))).step();
}
}  // namespace

llvm::Expected<bool> Journal::writeReceived(const Build& build) {
  return insertForeign(database_, build, build.origin + "\n" + build.project());
}

llvm::Error Journal::remove(StringRef id) {
  auto remove = database_.prepare("DELETE FROM builds WHERE id = ?");
  if (!remove) return remove.takeError();
  return remove->bind(id).run();
}

llvm::Expected<bool> Journal::writeImported(const Build& build, const std::string& project) {
  bool isNew = false;
  auto error = database_.transact([&]() -> llvm::Error {
    auto inserted = insertForeign(database_, build, project);
    if (!inserted) return inserted.takeError();
    if (!*inserted) return llvm::Error::success();
    auto trim = database_.prepare(
        "DELETE FROM builds WHERE project = ?1 AND origin IS NOT NULL AND number NOT IN (SELECT number FROM builds "
        "WHERE project = ?1 AND origin IS NOT NULL ORDER BY number DESC LIMIT ?2)");
    if (!trim) return trim.takeError();
    isNew = true;
    return trim->bind(project).bind(kImportedOfProject).run();
  });
  if (error) return error;
  return isNew;
}

llvm::Expected<Build> Journal::load(StringRef which) {
  bool last = which == "last";
  auto query =
      database_.prepare(last ? "SELECT id, image, document, steps, origin FROM builds WHERE origin IS NULL "
                               "ORDER BY number DESC LIMIT 1"
                        : which.size() == kIdDigits
                            ? "SELECT id, image, document, steps, origin FROM builds WHERE id = ?"
                            : "SELECT id, image, document, steps, origin FROM builds WHERE id GLOB ? || '*' LIMIT 2");
  if (!query) return query.takeError();
  if (!last) {
    bool hex = which.size() >= 3 && llvm::all_of(which, [](char c) { return llvm::isHexDigit(c); });
    if (!hex) return fault(FaultKind::NotFound, "no such build: " + which + " (strata builds ls lists them)");
    query->bind(StringRef(which.lower()));
  }
  auto builds = readBuilds(database_, *query);
  if (!builds) return builds.takeError();
  if (builds->empty())
    return fault(FaultKind::NotFound, last ? llvm::Twine("nothing has been built here yet")
                                           : "no such build: " + which + " (strata builds ls lists them)");
  if (builds->size() > 1) return fault(FaultKind::Invalid, "several builds begin with " + which);
  return std::move(builds->front());
}

llvm::Expected<std::optional<Build>> Journal::findByImage(const Digest& image) {
  auto query = database_.prepare(
      "SELECT id, image, document, steps, origin FROM builds WHERE image = ? ORDER BY number DESC LIMIT 1");
  if (!query) return query.takeError();
  query->bind(image);
  auto builds = readBuilds(database_, *query);
  if (!builds) return builds.takeError();
  if (builds->empty()) return std::nullopt;
  return std::move(builds->front());
}

namespace {
/// Of the builds of this one's project that were written before it these columns, newest first.
llvm::Expected<Statement> queryEarlier(Database& database, const Build& build, StringRef columns, size_t limit,
                                       size_t skip) {
  auto query = database.prepare(("SELECT " + columns +
                                 " FROM builds WHERE id != ?2 AND project = "
                                 "coalesce((SELECT project FROM builds WHERE id = ?2), ?1) AND number < "
                                 "coalesce((SELECT number FROM builds WHERE id = ?2), 9223372036854775807) "
                                 "ORDER BY number DESC LIMIT ?3 OFFSET ?4")
                                    .str());
  if (query) query->bind(build.project()).bind(build.id).bind(int64_t(limit)).bind(int64_t(skip));
  return query;
}
}  // namespace

llvm::Expected<std::vector<Build>> Journal::earlierBuilds(const Build& build, size_t limit, size_t skip) {
  auto query = queryEarlier(database_, build, "id, image, document, steps, origin", limit, skip);
  if (!query) return query.takeError();
  return readBuilds(database_, *query);
}

/// Columns: id, origin, outline.
llvm::Expected<std::vector<EarlierBuild>> Journal::readOutlines(Statement& query) {
  std::vector<EarlierBuild> builds;
  for (;;) {
    auto row = query.step();
    if (!row) return row.takeError();
    if (!*row) return builds;
    EarlierBuild earlier{query.text(0).str(), query.isNull(1) ? "" : query.text(1).str(), {}};
    auto outline = decodeOutline(query.text(2));
    if (!outline) {  // written by an earlier version, or damaged
      auto whole = load(earlier.id);
      llvm::Error error = whole ? llvm::Error::success() : whole.takeError();
      if (error && !takeIf(error, FaultKind::NotFound)) return error;
      if (whole) outline = outlineOf(*whole);
    }
    if (outline) earlier.outline = std::move(*outline);
    builds.push_back(std::move(earlier));
  }
}

llvm::Expected<std::vector<EarlierBuild>> Journal::earlierOutlines(const Build& build, size_t limit, size_t skip) {
  auto query = queryEarlier(database_, build, "id, origin, outline", limit, skip);
  if (!query) return query.takeError();
  return readOutlines(*query);
}

llvm::Expected<std::vector<EarlierBuild>> Journal::outlinesOfOtherTargets(const Build& build, size_t limit) {
  if (!build.origin.empty()) return std::vector<EarlierBuild>();
  auto query = database_.prepare(
      "SELECT id, origin, outline FROM builds WHERE project >= ?1 || char(10) AND project < ?1 || char(11) "
      "AND project != ?2 AND origin IS NULL AND number < "
      "coalesce((SELECT number FROM builds WHERE id = ?3), 9223372036854775807) ORDER BY number DESC LIMIT ?4");
  if (!query) return query.takeError();
  query->bind(build.context + "\n" + build.dockerfile).bind(build.project()).bind(build.id).bind(int64_t(limit));
  return readOutlines(*query);
}

llvm::Expected<std::vector<Build>> Journal::list(size_t limit, Imported imported) {
  auto query = database_.prepare(
      "SELECT id, image, document, '', origin FROM builds WHERE origin IS NULL OR ?2 ORDER BY number DESC LIMIT ?1");
  if (!query) return query.takeError();
  query->bind(int64_t(limit)).bind(int64_t(imported == Imported::Yes));
  return readBuilds(database_, *query);
}

llvm::Expected<uint64_t> Journal::trim(size_t keep) {
  uint64_t removed = 0;
  auto error = database_.transact([&]() -> llvm::Error {
    auto count = database_.prepare("SELECT count(*) FROM builds");
    if (!count) return count.takeError();
    auto before = count->step();
    if (!before) return before.takeError();
    removed = uint64_t(count->integer(0));
    count->rewind();
    auto remove = database_.prepare(
        "DELETE FROM builds WHERE number IN (SELECT number FROM (SELECT number, row_number() OVER "
        "(PARTITION BY project, origin IS NULL ORDER BY number DESC) AS age FROM builds) WHERE age > ?)");
    if (!remove) return remove.takeError();
    if (auto failed = remove->bind(int64_t(keep)).run()) return failed;
    auto after = count->step();
    if (!after) return after.takeError();
    removed -= uint64_t(count->integer(0));
    return llvm::Error::success();
  });
  if (error) return error;
  return removed;
}

}  // namespace strata::builder
