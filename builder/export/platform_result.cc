#include "builder/export/platform_result.h"

#include "support/fault.h"
#include "support/text.h"

namespace strata::builder {

using layerfs::HistoryEntry;
using layerfs::ImageConfig;

namespace {
/// CFG-8: as many non-empty entries as the base has layers.
void fitBaseHistory(ImageConfig& config, size_t baseLayers, std::optional<int64_t> baseCreated) {
  size_t described = 0;
  for (HistoryEntry& entry : config.history) {
    if (entry.emptyLayer) continue;
    if (described == baseLayers)
      entry.emptyLayer = true;
    else
      ++described;
  }
  for (; described < baseLayers; ++described)
    config.history.push_back({.created = baseCreated, .comment = "buildkit.exporter.image.v0"});
}

/// HIST-15: a layer's own time; a metadata entry takes that of the new layer before it, else of the one after it.
void giveTimes(std::vector<HistoryEntry>& entries, std::optional<int64_t> otherwise) {
  std::optional<int64_t> last;
  for (HistoryEntry& entry : entries) entry.created ? last = entry.created : entry.created = last;
  last = otherwise;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry)
    entry->created ? last = entry->created : entry->created = last;
}

/// The image at the bottom of the stack that ends with `files`.
std::optional<Digest> baseOf(const Plan& plan, std::optional<VertexId> files) {
  for (; files; files = plan.vertices[*files].parent)
    if (const auto* image = plan.vertices[*files].as<ImageOp>()) return image->id;
  return std::nullopt;
}

llvm::Expected<PlatformResult> finishResult(const Plan& plan, const PlanResult& planned, std::optional<int64_t> epoch,
                                            const SolveResult& solved, RecordStore& records) {
  PlatformResult result{.platform = planned.platform, .config = planned.config, .base = baseOf(plan, planned.files)};
  ImageConfig& config = result.config;
  if (config.platform.os.empty() || config.platform.architecture.empty())
    return fault(FaultKind::Invalid, "the image's configuration has no operating system or no architecture");
  if (planned.files) result.layers = solved.vertices[*planned.files]->layers;
  size_t newLayers = 0;
  for (const PlannedHistory& entry : planned.history) newLayers += entry.vertex.has_value();
  std::optional<int64_t> baseCreated;
  for (const HistoryEntry& entry : config.history)
    if (entry.created) baseCreated = entry.created;
  result.baseLayers = result.layers.size() - newLayers;
  fitBaseHistory(config, result.baseLayers, baseCreated);

  std::vector<HistoryEntry> entries;
  for (const PlannedHistory& entry : planned.history) {
    entries.push_back({.createdBy = entry.createdBy, .comment = "buildkit.dockerfile.v0", .emptyLayer = !entry.vertex});
    if (entry.vertex) entries.back().created = solved.vertices[*entry.vertex]->created;
  }
  std::optional<int64_t> otherwise = epoch;
  if (newLayers == 0 && !epoch) {  // nothing new to take a time from: the time when this was first built
    ImageConfig timeless = config;
    for (const HistoryEntry& entry : entries) timeless.history.push_back(entry);
    auto seen = records.firstSeen(digestOf(printImageConfig(timeless)), nowNanoseconds());
    if (!seen) return seen.takeError();
    otherwise = *seen;
  }
  giveTimes(entries, otherwise);
  for (HistoryEntry& entry : entries) {
    if (epoch && entry.created) entry.created = std::min(*entry.created, *epoch);
    config.history.push_back(std::move(entry));
  }
  config.created = otherwise;
  for (const HistoryEntry& entry : config.history)
    if (entry.created) config.created = entry.created;
  if (epoch && config.created) config.created = std::min(*config.created, *epoch);
  return result;
}
}  // namespace

llvm::Expected<std::vector<PlatformResult>> platformResults(const Plan& plan, const SolveResult& solved,
                                                            RecordStore& records, std::optional<int64_t> epoch) {
  if (epoch) *epoch *= 1'000'000'000;
  std::vector<PlatformResult> results;
  for (const PlanResult& planned : plan.results) {
    auto result = finishResult(plan, planned, epoch, solved, records);
    if (!result) return result.takeError();
    results.push_back(std::move(*result));
  }
  return results;
}

}  // namespace strata::builder
