#include "builder/journal/build_file.h"

#include "builder/journal/build_json.h"
#include "layerfs/compression.h"
#include "layerfs/decompression.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/Endian.h>

#include <set>

namespace strata::builder {

namespace {

using llvm::StringRef;

constexpr llvm::StringLiteral kBuildsMagic = "strata builds ";
constexpr llvm::StringLiteral kWithoutReads = "1\n", kWithReads = "2\n";
constexpr llvm::StringLiteral kReadsMagic = "strata reads\n";
constexpr size_t kMostBytes = size_t(1) << 30, kMostJson = size_t(128) << 20;
constexpr size_t kMostBuilds = 10'000, kMostSteps = 2'000, kMostComponents = 10'000;
/// Nanoseconds: the year 2096, and twelve days.
constexpr int64_t kLatest = 4'000'000'000'000'000'000, kLongest = 1'000'000'000'000'000;

void appendBlock(std::string& out, StringRef block) {
  char length[8];
  llvm::support::endian::write64le(length, block.size());
  out.append(length, sizeof length);
  out.append(block.data(), block.size());
}

std::vector<Digest> rootsOf(const Build& build) {
  std::vector<Digest> roots;
  for (const BuildStep& step : build.steps) {
    roots.insert(roots.end(), {step.output, step.earlierOutput});
    for (const KeyComponent& component : step.components) roots.push_back(component.tree);
  }
  return roots;
}

llvm::Error checkSize(StringRef out) {
  if (out.size() <= kMostBytes) return llvm::Error::success();
  return fault(FaultKind::Invalid, "more than 1 GiB of builds; export fewer at once");
}

/// Every object that the builds reach, each once.
llvm::Error appendTrees(llvm::ArrayRef<Build> builds, TreeStore& trees, std::string& out) {
  std::set<Digest> seen{Digest()};
  std::vector<Digest> open;
  auto add = [&](const Digest& digest) {
    if (seen.insert(digest).second) open.push_back(digest);
  };
  for (const Build& build : builds) llvm::for_each(rootsOf(build), add);
  while (!open.empty()) {
    auto object = trees.find(open.back());
    open.pop_back();
    if (!object) return object.takeError();
    if (!*object) continue;  // pruned
    appendBlock(out, (*object)->encode());
    if (auto error = checkSize(out)) return error;
    for (const TreeEntry& entry : (*object)->entries)
      if (entry.kind == layerfs::EntryKind::Directory) add(entry.content);
  }
  return llvm::Error::success();
}

std::set<Digest> keysOfRuns(llvm::ArrayRef<Build> builds) {
  std::set<Digest> keys;
  for (const Build& build : builds)
    for (const BuildStep& step : build.steps)
      if (step.instruction == "run" && step.key) keys.insert(step.key);
  return keys;
}

/// Whether there were any.
llvm::Expected<bool> appendReads(llvm::ArrayRef<Build> builds, ReadStore& reads,
                                 llvm::function_ref<std::string(StringRef)> shown, std::string& out) {
  bool any = false;
  for (const Digest& key : keysOfRuns(builds)) {
    auto known = reads.find(key);
    if (!known) return known.takeError();
    if (!*known) continue;
    for (ReadSource& source : (*known)->sources) source.name = shown(source.name);
    appendBlock(out, (kReadsMagic + key.raw()).str() + (*known)->encode());
    if (auto error = checkSize(out)) return error;
    any = true;
  }
  return any;
}

llvm::Error invalidFile(const llvm::Twine& what) { return fault(FaultKind::Invalid, "file of builds: " + what); }

bool isTime(int64_t time) { return time >= 0 && time <= kLatest; }
bool isDuration(int64_t time) { return time >= 0 && time <= kLongest; }

llvm::Error check(const Build& build) {
  bool isId = build.id.size() == 12 &&
              llvm::all_of(build.id, [](char c) { return llvm::isDigit(c) || (c >= 'a' && c <= 'f'); });
  if (!isId) return invalidFile("a build without an id of 12 hex digits");
  if (!isTime(build.started) || !isDuration(build.duration))
    return invalidFile("build " + build.id + " has a time that cannot be");
  if (build.steps.size() > kMostSteps) return invalidFile("build " + build.id + " has too many steps");
  for (size_t i = 0; i < build.steps.size(); ++i) {
    const BuildStep& step = build.steps[i];
    if (step.index != i) return invalidFile("build " + build.id + " has steps out of order");
    if (step.components.size() > kMostComponents)
      return invalidFile("build " + build.id + " has a key of too many parts");
    bool sound = isTime(step.started) && isDuration(step.duration) && isDuration(step.recordedDuration) &&
                 isTime(step.recordRemoved);
    if (!sound) return invalidFile("build " + build.id + " has a step with a time that cannot be");
  }
  return llvm::Error::success();
}

llvm::Expected<Build> buildFrom(const llvm::json::Value& value) {
  const llvm::json::Object* object = value.getAsObject();
  if (!object) return invalidFile("a build that is no object");
  Build build;
  build.id = object->getString("id").value_or("").str();
  readHead(*object, build);
  if (const llvm::json::Value* steps = object->get("steps")) readSteps(*steps, build);
  if (auto image = Digest::parse(object->getString("image").value_or("")))
    build.image = *image;
  else
    llvm::consumeError(image.takeError());
  if (auto error = check(build)) return error;
  for (BuildStep& step : build.steps) step.forgetLayers();
  build.stepCount = uint32_t(build.steps.size());
  build.hitCount =
      uint32_t(llvm::count_if(build.steps, [](auto& step) { return step.outcome == BuildStep::Outcome::Hit; }));
  return build;
}

llvm::Expected<std::vector<Build>> buildsFrom(StringRef json) {
  auto document = parseJson(json, kMostJson);
  if (!document) return withContext(document.takeError(), "file of builds");
  const llvm::json::Object* object = document->getAsObject();
  const llvm::json::Array* array = object ? object->getArray("builds") : nullptr;
  if (!array || array->empty()) return invalidFile("there is no build in it");
  if (array->size() > kMostBuilds) return invalidFile("there are too many builds in it");
  std::vector<Build> builds;
  for (const llvm::json::Value& value : *array) {
    auto build = buildFrom(value);
    if (!build) return build.takeError();
    builds.push_back(std::move(*build));
  }
  return builds;
}

/// Takes the next block off. Faults: Invalid where it is cut short.
llvm::Expected<StringRef> takeBlock(StringRef& rest) {
  uint64_t length = rest.size() < 8 ? UINT64_MAX : llvm::support::endian::read64le(rest.data());
  if (rest.size() < 8 || length > rest.size() - 8) return invalidFile("it is cut short");
  StringRef block = rest.substr(8, length);
  rest = rest.drop_front(8 + length);
  return block;
}

llvm::Error readTree(StringRef block, BuildFile& file) {
  auto object = TreeObject::decode(block);
  if (!object) return invalidFile("a tree of files in it is damaged: " + messageOf(object.takeError()));
  file.trees.push_back(block.str());
  return llvm::Error::success();
}

/// A block without its magic.
llvm::Error readReads(StringRef block, const std::set<Digest>& keys, BuildFile& file) {
  if (block.size() < 32) return invalidFile("it is cut short");
  auto key = Digest::parseHex(llvm::toHex(block.take_front(32), /*LowerCase=*/true));
  if (!key) return key.takeError();
  auto reads = StepReads::decode(block.drop_front(32));
  if (!reads) return invalidFile(messageOf(reads.takeError()));
  if (!isTime(reads->traced)) return invalidFile("reads with a time that cannot be");
  if (!keys.count(*key)) return invalidFile("reads of a step that is not in it");
  file.reads.emplace_back(*key, std::move(*reads));
  return llvm::Error::success();
}

}  // namespace

llvm::Expected<std::string> packBuilds(llvm::ArrayRef<Build> builds, TreeStore& trees, ReadStore& reads,
                                       llvm::function_ref<std::string(StringRef)> shown) {
  llvm::json::Array array;
  for (Build build : builds) {
    for (BuildStep& step : build.steps) step.forgetLayers();
    array.push_back(toJson(build));
  }
  std::string plain;
  appendBlock(plain, printJson(llvm::json::Object{{"schema", 1}, {"builds", std::move(array)}}));
  if (auto error = appendTrees(builds, trees, plain)) return error;
  auto hasReads = appendReads(builds, reads, shown, plain);
  if (!hasReads) return hasReads.takeError();
  plain.insert(0, (kBuildsMagic + (*hasReads ? kWithReads : kWithoutReads)).str());
  StringSink packed;
  auto compressor = layerfs::makeCompressor({layerfs::Compression::Zstd, 6}, packed, /*threads=*/1);
  if (auto error = compressor->write(plain)) return error;
  if (auto error = compressor->finish()) return error;
  return std::move(packed.text);
}

llvm::Expected<BuildFile> readBuildFile(ByteSource& source) {
  auto plain = layerfs::decompressed(source);
  if (!plain) return withContext(plain.takeError(), "file of builds");
  auto bytes = readAll(**plain, kMostBytes + (1 << 20));
  if (!bytes) return withContext(bytes.takeError(), "file of builds");
  StringRef rest = *bytes;
  if (!rest.consume_front(kBuildsMagic)) return invalidFile("it is none (strata builds export writes such files)");
  bool hasReads = rest.consume_front(kWithReads);
  if (!hasReads && !rest.consume_front(kWithoutReads))
    return fault(FaultKind::Unsupported, "file of builds: it is of format " +
                                             printable(rest.take_front(8).split('\n').first) +
                                             ", and this strata knows 1 and 2");
  auto json = takeBlock(rest);
  if (!json) return json.takeError();
  auto builds = buildsFrom(*json);
  if (!builds) return builds.takeError();
  BuildFile file{.builds = std::move(*builds)};
  const std::set<Digest> keys = keysOfRuns(file.builds);
  while (!rest.empty()) {
    auto block = takeBlock(rest);
    if (!block) return block.takeError();
    bool isReads = hasReads && block->consume_front(kReadsMagic);
    if (auto error = isReads ? readReads(*block, keys, file) : readTree(*block, file)) return error;
  }
  return file;
}

llvm::Expected<std::vector<Build>> receiveBuilds(BuildFile file, const std::string& origin, Journal& journal,
                                                 TreeStore& trees, ReadStore& reads) {
  std::vector<Build> received;
  auto error = trees.transact([&]() -> llvm::Error {
    for (const std::string& object : file.trees)
      if (auto failed = trees.put(digestOf(object), object)) return failed;
    for (Build& build : file.builds) {
      build.origin = origin;
      auto isNew = journal.writeReceived(build);
      if (!isNew) return isNew.takeError();
      if (*isNew) received.push_back(std::move(build));
    }
    for (const auto& [key, ofStep] : file.reads) {
      auto known = reads.find(key);
      if (!known) return known.takeError();
      if (*known) continue;
      if (auto failed = reads.put(key, ofStep)) return failed;
    }
    return llvm::Error::success();
  });
  if (error) return error;
  return received;
}

}  // namespace strata::builder
