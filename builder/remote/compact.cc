#include "builder/remote/compact.h"

#include <llvm/ADT/STLExtras.h>

#include <map>
#include <unordered_map>

namespace strata::builder {

using layerfs::Descriptor;

namespace {
constexpr size_t kRecordsKept = 4096, kBuildsOfProject = 3, kBuildsKept = 16, kOutlinesKept = 256;
constexpr int64_t kUnused = int64_t(90) * 24 * 3600 * 1'000'000'000;

int64_t lastUse(const PackedRecord& record) { return std::max(record.used, record.record.created); }

void addAliases(PackedRecord& record, const PackedRecord& other) {
  for (const Digest& alias : other.aliases)
    if (!llvm::is_contained(record.aliases, alias)) record.aliases.push_back(alias);
}

std::vector<PackedRecord> mergeRecords(std::vector<PackedRecord> own, const CacheState& state,
                                       const std::set<Digest>& used, int64_t now) {
  std::vector<PackedRecord> merged;
  std::unordered_map<Digest, size_t, DigestHash> places;
  auto add = [&](PackedRecord record) {
    if (used.count(record.record.key)) record.used = now;
    auto [at, isNew] = places.try_emplace(record.record.key, merged.size());
    if (isNew) {
      merged.push_back(std::move(record));
      return;
    }
    PackedRecord& first = merged[at->second];
    first.used = std::max(first.used, record.used);
    if (first.diffId == record.diffId) addAliases(first, record);
  };
  for (PackedRecord& record : own) add(std::move(record));
  for (const PackedRecord* record : state.usable()) add(*record);
  llvm::erase_if(merged, [&](const PackedRecord& record) { return lastUse(record) < now - kUnused; });
  llvm::stable_sort(merged, [](auto& a, auto& b) { return lastUse(a) > lastUse(b); });
  if (merged.size() > kRecordsKept) merged.resize(kRecordsKept);
  return merged;
}

std::vector<PackedBuild> mergeBuilds(std::vector<PackedBuild> builds, const CacheState& state) {
  for (const PackedBuild* build : state.builds()) builds.push_back(*build);
  llvm::stable_sort(builds, [](auto& a, auto& b) { return a.build.started > b.build.started; });
  std::map<std::string, size_t> ofProject;
  std::set<std::string> seen;
  llvm::erase_if(builds, [&](const PackedBuild& one) {
    const Build& build = one.build;
    return !seen.insert(build.id).second || ++ofProject[build.dockerfile + "\n" + build.target] > kBuildsOfProject;
  });
  if (builds.size() > kBuildsKept) builds.resize(kBuildsKept);
  return builds;
}

/// The latest: the packs are newest first.
std::vector<PackedOutline> mergeOutlines(std::vector<PackedOutline> outlines, const CacheState& state) {
  for (const CachePack& pack : state.packs) outlines.insert(outlines.end(), pack.outlines.begin(), pack.outlines.end());
  std::set<Digest> seen;
  llvm::erase_if(outlines, [&](const PackedOutline& one) { return !seen.insert(one.diffId.digest).second; });
  if (outlines.size() > kOutlinesKept) outlines.resize(kOutlinesKept);
  return outlines;
}

std::vector<PackedMount> mergeMounts(std::vector<PackedMount> mounts, const CacheState& state) {
  for (const CachePack& pack : state.packs) mounts.insert(mounts.end(), pack.mounts.begin(), pack.mounts.end());
  llvm::stable_sort(mounts, [](auto& a, auto& b) { return a.taken > b.taken; });
  std::set<std::string> seen;
  llvm::erase_if(mounts, [&](const PackedMount& mount) { return !seen.insert(mount.slot).second; });
  return mounts;
}
}  // namespace

std::vector<Descriptor> blobsOf(const CachePack& pack) {
  std::map<Digest, Descriptor> blobs;
  for (const PackedRecord& record : pack.records) blobs.emplace(record.blob.digest, record.blob);
  for (const PackedBuild& build : pack.builds)
    for (const Descriptor& blob : build.trees) blobs.emplace(blob.digest, blob);
  for (const PackedMount& mount : pack.mounts) {
    blobs.emplace(mount.index.digest, mount.index);
    for (const Descriptor& blob : mount.blobs) blobs.emplace(blob.digest, blob);
  }
  for (const PackedOutline& outline : pack.outlines) blobs.emplace(outline.blob.digest, outline.blob);
  std::vector<Descriptor> list;
  for (auto& [digest, blob] : blobs) list.push_back(std::move(blob));
  return list;
}

Compacted compact(CachePack own, const CacheState& state, const std::set<Digest>& used, int64_t now) {
  Compacted compacted;
  compacted.pack.records = mergeRecords(std::move(own.records), state, used, now);
  compacted.pack.builds = mergeBuilds(std::move(own.builds), state);
  compacted.pack.mounts = mergeMounts(std::move(own.mounts), state);
  compacted.pack.outlines = mergeOutlines(std::move(own.outlines), state);
  for (const Descriptor& pack : state.index.packs) compacted.replaced.insert(pack.digest);
  for (const Descriptor& blob : state.index.others) compacted.dead.insert(blob.digest);
  for (const Descriptor& blob : blobsOf(compacted.pack)) compacted.dead.erase(blob.digest);
  return compacted;
}

}  // namespace strata::builder
