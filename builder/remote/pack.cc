#include "builder/remote/pack.h"

#include "builder/journal/build_json.h"
#include "layerfs/compression.h"
#include "layerfs/decompression.h"
#include "layerfs/outline_tail.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

using layerfs::Descriptor;
using llvm::StringRef;
using llvm::json::Array;
using llvm::json::Object;

namespace {
constexpr size_t kLargestPack = 64 << 20;
constexpr size_t kMostRecords = 20'000, kMostAliases = 64, kMostPackedBuilds = 64, kMostMounts = 256, kMostBlobs = 4096,
                 kMostTrees = 32;
/// Nothing that a layer can be; keeps sums of sizes from overflowing.
constexpr uint64_t kLargestBlob = uint64_t(1) << 44;

Object descriptorJson(const Descriptor& descriptor) {
  Object object{
      {"mediaType", descriptor.mediaType}, {"digest", descriptor.digest.str()}, {"size", int64_t(descriptor.size)}};
  if (auto tail = layerfs::outlineTailOf(descriptor))
    object["annotations"] = Object{{layerfs::kOutlineAnnotation, tail->str()}};
  return object;
}

std::optional<Descriptor> descriptorFrom(const llvm::json::Value* value) {
  if (!value) return std::nullopt;
  auto descriptor = layerfs::parseDescriptor(*value);
  if (!descriptor) {
    llvm::consumeError(descriptor.takeError());
    return std::nullopt;
  }
  if (descriptor->size > kLargestBlob) return std::nullopt;
  layerfs::keepOutlineTail(*descriptor);
  descriptor->platform.reset();
  return std::move(*descriptor);
}

std::vector<Descriptor> descriptorsFrom(const Object& object, StringRef member, size_t most) {
  std::vector<Descriptor> descriptors;
  const Array* array = object.getArray(member);
  for (const llvm::json::Value& value : array ? *array : Array())
    if (auto one = descriptorFrom(&value); one && descriptors.size() < most) descriptors.push_back(std::move(*one));
  return descriptors;
}

/// Times and durations of what has happened: not below zero.
int64_t numberFrom(const Object& object, StringRef member) {
  return std::max<int64_t>(object.getInteger(member).value_or(0), 0);
}

Object recordJson(const PackedRecord& packed) {
  const CacheRecord& record = packed.record;
  Array aliases;
  for (const Digest& alias : packed.aliases) aliases.push_back(alias.hex());
  Object object{{"key", record.key.hex()},
                {"diffId", packed.diffId.digest.hex()},
                {"tarSize", int64_t(packed.tarSize)},
                {"created", record.created},
                {"duration", record.duration}};
  if (packed.blob.digest) object["blob"] = descriptorJson(packed.blob);
  if (packed.used) object["used"] = packed.used;
  if (!aliases.empty()) object["aliases"] = std::move(aliases);
  if (record.tree) object["tree"] = record.tree.hex();
  if (record.facts) object["facts"] = record.facts.hex();
  if (record.output) object["output"] = record.output.hex();
  return object;
}

std::optional<PackedRecord> recordFrom(const Object& object) {
  PackedRecord packed;
  CacheRecord& record = packed.record;
  record.key = digestFrom(object.getString("key"));
  packed.diffId.digest = digestFrom(object.getString("diffId"));
  auto blob = descriptorFrom(object.get("blob"));
  packed.tarSize = uint64_t(numberFrom(object, "tarSize"));
  if (!record.key || !packed.diffId.digest || packed.tarSize == 0 || packed.tarSize > kLargestBlob) return std::nullopt;
  if (blob) packed.blob = std::move(*blob);
  record.created = numberFrom(object, "created");
  record.duration = numberFrom(object, "duration");
  packed.used = numberFrom(object, "used");
  record.tree = digestFrom(object.getString("tree"));
  record.facts = digestFrom(object.getString("facts"));
  record.output = digestFrom(object.getString("output"));
  if (const Array* aliases = object.getArray("aliases"))
    for (const llvm::json::Value& alias : *aliases)
      if (Digest digest = digestFrom(alias.getAsString()); digest && packed.aliases.size() < kMostAliases)
        packed.aliases.push_back(digest);
  return packed;
}

Object buildJson(const PackedBuild& packed) {
  Build build = packed.build;
  build.image = {};
  build.origin.clear();
  build.error.clear();
  build.names.clear();
  for (BuildStep& step : build.steps) {
    step.forgetLayers();
    step.error.clear();
  }
  Object object{{"id", build.id}, {"head", headJson(build)}, {"steps", stepsJson(build)}};
  Array trees;
  for (const Descriptor& blob : packed.trees) trees.push_back(descriptorJson(blob));
  if (!trees.empty()) object["trees"] = std::move(trees);
  return object;
}

bool isBuildId(StringRef id) {
  return id.size() == 12 && llvm::all_of(id, [](char c) { return llvm::isHexDigit(c); });
}

std::optional<PackedBuild> packedBuildFrom(const Object& object) {
  PackedBuild packed;
  const Object* head = object.getObject("head");
  const llvm::json::Value* steps = object.get("steps");
  StringRef id = object.getString("id").value_or("");
  if (!head || !steps || !isBuildId(id)) return std::nullopt;
  packed.build.id = id.lower();
  readHead(*head, packed.build);
  readSteps(*steps, packed.build);
  packed.build.image = {};
  packed.build.stepCount = uint32_t(packed.build.steps.size());
  for (BuildStep& step : packed.build.steps) step.forgetLayers();  // a number of another store
  packed.trees = descriptorsFrom(object, "trees", kMostTrees);
  return packed;
}

Object mountJson(const PackedMount& mount) {
  Array blobs;
  for (const Descriptor& blob : mount.blobs) blobs.push_back(descriptorJson(blob));
  return Object{{"slot", mount.slot},
                {"id", llvm::json::fixUTF8(mount.id)},
                {"taken", mount.taken},
                {"index", descriptorJson(mount.index)},
                {"blobs", std::move(blobs)}};
}

std::optional<PackedMount> mountFrom(const Object& object) {
  PackedMount mount;
  mount.slot = object.getString("slot").value_or("").str();
  mount.id = object.getString("id").value_or("").str();
  mount.taken = numberFrom(object, "taken");
  auto index = descriptorFrom(object.get("index"));
  if (!digestFrom(StringRef(mount.slot)) || !index) return std::nullopt;
  mount.index = std::move(*index);
  mount.blobs = descriptorsFrom(object, "blobs", kMostBlobs);
  return mount;
}

Object outlineJson(const PackedOutline& outline) {
  return Object{{"diffId", outline.diffId.digest.hex()}, {"blob", descriptorJson(outline.blob)}};
}

std::optional<PackedOutline> outlineFrom(const Object& object) {
  Digest diffId = digestFrom(object.getString("diffId"));
  auto blob = descriptorFrom(object.get("blob"));
  if (!diffId || !blob) return std::nullopt;
  return PackedOutline{{diffId}, std::move(*blob)};
}

template <typename T, typename From>
void readList(const Object& object, StringRef member, size_t most, std::vector<T>& out, From from) {
  const Array* array = object.getArray(member);
  if (!array) return;
  for (const llvm::json::Value& value : *array) {
    if (out.size() >= most) return;
    const Object* fields = value.getAsObject();
    auto one = fields ? from(*fields) : std::nullopt;
    if (one) out.push_back(std::move(*one));
  }
}
}  // namespace

std::string printPack(const CachePack& pack) {
  Array records, builds, mounts, outlines;
  for (const PackedRecord& record : pack.records) records.push_back(recordJson(record));
  for (const PackedBuild& build : pack.builds) builds.push_back(buildJson(build));
  for (const PackedMount& mount : pack.mounts) mounts.push_back(mountJson(mount));
  for (const PackedOutline& outline : pack.outlines) outlines.push_back(outlineJson(outline));
  Object object{
      {"schema", 1}, {"records", std::move(records)}, {"builds", std::move(builds)}, {"mounts", std::move(mounts)}};
  if (!outlines.empty()) object["outlines"] = std::move(outlines);
  return printJson(std::move(object));
}

llvm::Expected<CachePack> parsePack(StringRef json) {
  auto value = parseJson(json, kLargestPack);
  if (!value) return withContext(value.takeError(), "cache pack");
  const Object* object = value->getAsObject();
  if (!object) return fault(FaultKind::Invalid, "cache pack: not an object");
  if (object->getInteger("schema") != 1) return fault(FaultKind::Unsupported, "cache pack: written by a newer strata");
  CachePack pack;
  readList(*object, "records", kMostRecords, pack.records, recordFrom);
  readList(*object, "builds", kMostPackedBuilds, pack.builds, packedBuildFrom);
  readList(*object, "mounts", kMostMounts, pack.mounts, mountFrom);
  readList(*object, "outlines", kMostRecords, pack.outlines, outlineFrom);
  return pack;
}

llvm::Expected<std::string> compressed(StringRef bytes) {
  StringSink out;
  auto compressor = layerfs::makeCompressor({layerfs::Compression::Zstd, 3}, out, /*threads=*/1);
  if (auto error = compressor->write(bytes)) return error;
  if (auto error = compressor->finish()) return error;
  return std::move(out.text);
}

llvm::Expected<std::string> inflated(StringRef bytes, size_t limit) {
  StringSource source(bytes);
  auto plain = layerfs::decompressed(source);
  if (!plain) return plain.takeError();
  return readAll(**plain, limit);
}

llvm::Expected<std::string> encodePack(const CachePack& pack) { return compressed(printPack(pack)); }

llvm::Expected<CachePack> decodePack(StringRef bytes) {
  auto json = inflated(bytes, kLargestPack);
  if (!json) return withContext(json.takeError(), "cache pack");
  return parsePack(*json);
}

Descriptor describe(StringRef bytes, StringRef mediaType) {
  return {.mediaType = mediaType.str(), .digest = digestOf(bytes), .size = bytes.size()};
}

}  // namespace strata::builder
