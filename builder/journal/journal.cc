#include "builder/journal/journal.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>

#include <random>

namespace strata::builder {

using llvm::StringRef;

// On disk, version 1: a row a build; its steps as one JSON document, since they are only ever read together.
namespace {
constexpr llvm::StringLiteral kTables = R"(
  CREATE TABLE builds(number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, project TEXT NOT NULL,
                      image BLOB, started INTEGER NOT NULL, document TEXT NOT NULL, steps TEXT NOT NULL);
  CREATE INDEX builds_by_project ON builds(project, number);
  CREATE INDEX builds_by_image ON builds(image, number);)";

constexpr StringRef kKinds[] = {"instruction", "parent",  "base",  "arg",     "env",      "files", "destination",
                                "user",        "workdir", "shell", "network", "platform", "mount", "option"};
constexpr StringRef kOutcomes[] = {"hit", "executed", "failed", "cancelled", "skipped"};
constexpr StringRef kMisses[] = {"none", "no-record", "no-cache", "layer-gone", "record-pruned"};

template <typename Enum, size_t N>
Enum enumOf(StringRef name, const StringRef (&names)[N], Enum otherwise) {
  for (size_t i = 0; i < N; ++i)
    if (names[i] == name) return Enum(i);
  return otherwise;
}

/// JSON text carries UTF-8 alone: other bytes (a variable may hold any) are shown as U+FFFD.
std::string text(StringRef value) { return llvm::json::fixUTF8(value); }

llvm::json::Value componentJson(const KeyComponent& component) {
  llvm::json::Object object{
      {"kind", nameOf(component.kind)}, {"name", text(component.name)}, {"value", text(component.value)}};
  if (!component.where.empty()) object["where"] = text(component.where);
  if (component.tree) object["tree"] = component.tree.hex();
  if (component.step) object["step"] = int64_t(*component.step);
  return object;
}

Digest digestFrom(std::optional<StringRef> hex) {
  if (!hex || hex->empty()) return {};
  auto digest = Digest::parseHex(*hex);
  if (digest) return *digest;
  llvm::consumeError(digest.takeError());
  return {};
}

std::string stringOf(const llvm::json::Object& object, StringRef key) {
  return object.getString(key).value_or("").str();
}
int64_t numberOf(const llvm::json::Object& object, StringRef key) { return object.getInteger(key).value_or(0); }

KeyComponent componentFrom(const llvm::json::Object& object) {
  KeyComponent component;
  component.kind = enumOf(stringOf(object, "kind"), kKinds, KeyComponent::Kind::Option);
  component.name = stringOf(object, "name");
  component.value = stringOf(object, "value");
  component.where = stringOf(object, "where");
  component.tree = digestFrom(object.getString("tree"));
  if (auto step = object.getInteger("step")) component.step = uint32_t(*step);
  return component;
}

llvm::json::Value stepJson(const BuildStep& step) {
  llvm::json::Array components;
  for (const KeyComponent& component : step.components) components.push_back(componentJson(component));
  llvm::json::Object object{{"index", int64_t(step.index)},
                            {"stage", step.stage},
                            {"ordinal", int64_t(step.ordinal)},
                            {"instruction", step.instruction},
                            {"name", text(step.name)},
                            {"firstLine", int64_t(step.firstLine)},
                            {"lastLine", int64_t(step.lastLine)},
                            {"outcome", nameOf(step.outcome)},
                            {"miss", nameOf(step.miss)},
                            {"started", step.started},
                            {"duration", step.duration},
                            {"recordedDuration", step.recordedDuration},
                            {"layer", step.layer},
                            {"layerBytes", int64_t(step.layerBytes)},
                            {"components", std::move(components)}};
  if (!step.error.empty()) object["error"] = text(step.error);
  if (step.key) object["key"] = step.key.hex();
  if (step.diffId) object["diffId"] = step.diffId.str();
  return object;
}

BuildStep stepFrom(const llvm::json::Object& object) {
  BuildStep step;
  step.index = uint32_t(numberOf(object, "index"));
  step.stage = stringOf(object, "stage");
  step.ordinal = uint32_t(numberOf(object, "ordinal"));
  step.instruction = stringOf(object, "instruction");
  step.name = stringOf(object, "name");
  step.firstLine = uint32_t(numberOf(object, "firstLine"));
  step.lastLine = uint32_t(numberOf(object, "lastLine"));
  step.outcome = enumOf(stringOf(object, "outcome"), kOutcomes, BuildStep::Outcome::Executed);
  step.miss = enumOf(stringOf(object, "miss"), kMisses, BuildStep::Miss::None);
  step.error = stringOf(object, "error");
  step.key = digestFrom(object.getString("key"));
  step.started = numberOf(object, "started");
  step.duration = numberOf(object, "duration");
  step.recordedDuration = numberOf(object, "recordedDuration");
  step.layer = numberOf(object, "layer");
  StringRef diffId = object.getString("diffId").value_or("");
  diffId.consume_front("sha256:");
  step.diffId = digestFrom(diffId);
  step.layerBytes = uint64_t(numberOf(object, "layerBytes"));
  if (const llvm::json::Array* components = object.getArray("components"))
    for (const llvm::json::Value& value : *components)
      if (const llvm::json::Object* component = value.getAsObject())
        step.components.push_back(componentFrom(*component));
  return step;
}

llvm::json::Object headJson(const Build& build) {
  llvm::json::Array names;
  for (const std::string& name : build.names) names.push_back(name);
  llvm::json::Object object{{"schema", 1},
                            {"id", build.id},
                            {"context", text(build.context)},
                            {"dockerfile", text(build.dockerfile)},
                            {"target", text(build.target)},
                            {"started", build.started},
                            {"duration", build.duration},
                            {"succeeded", build.succeeded},
                            {"names", std::move(names)},
                            {"stepCount", int64_t(build.stepCount)},
                            {"hitCount", int64_t(build.hitCount)}};
  if (!build.error.empty()) object["error"] = text(build.error);
  if (build.image) object["image"] = build.image.str();
  return object;
}

/// Columns of every query below: id, image, document, steps (may be empty).
llvm::Expected<Build> readBuild(const Statement& row) {
  auto document = parseJson(row.text(2), size_t(1) << 30);
  if (!document) return withContext(document.takeError(), "journal entry " + row.text(0));
  Build build;
  build.id = row.text(0).str();
  build.image = row.digest(1);
  const llvm::json::Object* object = document->getAsObject();
  if (!object) return fault(FaultKind::Corrupt, "journal entry " + build.id + " is no object");
  build.context = stringOf(*object, "context");
  build.dockerfile = stringOf(*object, "dockerfile");
  build.target = stringOf(*object, "target");
  build.started = numberOf(*object, "started");
  build.duration = numberOf(*object, "duration");
  build.succeeded = object->getBoolean("succeeded").value_or(false);
  build.error = stringOf(*object, "error");
  build.stepCount = uint32_t(numberOf(*object, "stepCount"));
  build.hitCount = uint32_t(numberOf(*object, "hitCount"));
  if (const llvm::json::Array* names = object->getArray("names"))
    for (const llvm::json::Value& name : *names)
      if (auto string = name.getAsString()) build.names.push_back(string->str());
  if (row.text(3).empty()) return build;
  auto steps = parseJson(row.text(3), size_t(1) << 30);
  if (!steps) return withContext(steps.takeError(), "steps of build " + build.id);
  if (const llvm::json::Array* array = steps->getAsArray())
    for (const llvm::json::Value& step : *array)
      if (const llvm::json::Object* fields = step.getAsObject()) build.steps.push_back(stepFrom(*fields));
  return build;
}

llvm::Expected<std::vector<Build>> readBuilds(Statement& query) {
  std::vector<Build> builds;
  for (;;) {
    auto row = query.step();
    if (!row) return row.takeError();
    if (!*row) return builds;
    auto build = readBuild(query);
    if (!build) return build.takeError();
    builds.push_back(std::move(*build));
  }
}
}  // namespace

StringRef nameOf(KeyComponent::Kind kind) { return kKinds[size_t(kind)]; }
StringRef nameOf(BuildStep::Outcome outcome) { return kOutcomes[size_t(outcome)]; }
StringRef nameOf(BuildStep::Miss miss) { return kMisses[size_t(miss)]; }

std::string Build::project() const { return context + "\n" + dockerfile + "\n" + target; }

llvm::Expected<std::unique_ptr<Journal>> Journal::open(Database& database) {
  if (auto error = database.migrate("journal", {kTables})) return error;
  return std::unique_ptr<Journal>(new Journal(database));
}

std::string Journal::makeId() {
  std::random_device random;
  std::array<uint8_t, 6> bytes;
  for (uint8_t& byte : bytes) byte = uint8_t(random());
  return llvm::toHex(bytes, /*LowerCase=*/true);
}

llvm::Error Journal::write(const Build& build) {
  llvm::json::Array steps;
  for (const BuildStep& step : build.steps) steps.push_back(stepJson(step));
  std::lock_guard lock(database_.mutex());
  auto insert =
      database_.prepare("INSERT INTO builds(id, project, image, started, document, steps) VALUES(?, ?, ?, ?, ?, ?)");
  if (!insert) return insert.takeError();
  insert->bind(build.id).bind(build.project());
  build.image ? insert->bind(build.image) : insert->bindNull();
  return insert->bind(build.started).bind(printJson(headJson(build))).bind(printJson(std::move(steps))).run();
}

llvm::Expected<Build> Journal::load(StringRef which) {
  std::lock_guard lock(database_.mutex());
  bool last = which == "last";
  auto query = database_.prepare(last ? "SELECT id, image, document, steps FROM builds ORDER BY number DESC LIMIT 1"
                                      : "SELECT id, image, document, steps FROM builds WHERE id GLOB ? || '*' LIMIT 2");
  if (!query) return query.takeError();
  if (!last) {
    bool hex = which.size() >= 3 && llvm::all_of(which, [](char c) { return llvm::isHexDigit(c); });
    if (!hex) return fault(FaultKind::NotFound, "no such build: " + which + " (strata builds ls lists them)");
    query->bind(StringRef(which.lower()));
  }
  auto builds = readBuilds(*query);
  if (!builds) return builds.takeError();
  if (builds->empty())
    return fault(FaultKind::NotFound, last ? llvm::Twine("nothing has been built here yet")
                                           : "no such build: " + which + " (strata builds ls lists them)");
  if (builds->size() > 1) return fault(FaultKind::Invalid, "several builds begin with " + which);
  return std::move(builds->front());
}

llvm::Expected<std::optional<Build>> Journal::findByImage(const Digest& image) {
  std::lock_guard lock(database_.mutex());
  auto query =
      database_.prepare("SELECT id, image, document, steps FROM builds WHERE image = ? ORDER BY number DESC LIMIT 1");
  if (!query) return query.takeError();
  query->bind(image);
  auto builds = readBuilds(*query);
  if (!builds) return builds.takeError();
  if (builds->empty()) return std::nullopt;
  return std::move(builds->front());
}

llvm::Expected<std::vector<Build>> Journal::earlierBuilds(const Build& build, size_t limit) {
  std::lock_guard lock(database_.mutex());
  auto query = database_.prepare(
      "SELECT id, image, document, steps FROM builds WHERE project = ?1 AND id != ?2 AND number < "
      "coalesce((SELECT number FROM builds WHERE id = ?2), 9223372036854775807) ORDER BY number DESC LIMIT ?3");
  if (!query) return query.takeError();
  query->bind(build.project()).bind(build.id).bind(int64_t(limit));
  return readBuilds(*query);
}

llvm::Expected<std::vector<Build>> Journal::list(size_t limit) {
  std::lock_guard lock(database_.mutex());
  auto query = database_.prepare("SELECT id, image, document, '' FROM builds ORDER BY number DESC LIMIT ?");
  if (!query) return query.takeError();
  query->bind(int64_t(limit));
  return readBuilds(*query);
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
        "(PARTITION BY project ORDER BY number DESC) AS age FROM builds) WHERE age > ?)");
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

llvm::json::Value toJson(const Build& build) {
  llvm::json::Object object = headJson(build);
  llvm::json::Array steps;
  for (const BuildStep& step : build.steps) steps.push_back(stepJson(step));
  object["steps"] = std::move(steps);
  return object;
}

}  // namespace strata::builder
