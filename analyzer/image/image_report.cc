#include "analyzer/image/image_report.h"

#include "analyzer/image/content_print.h"
#include "analyzer/image/instruction_text.h"
#include "analyzer/image/waste_hint.h"

#include <llvm/ADT/STLExtras.h>

#include <algorithm>
#include <set>

namespace strata::analyzer {

namespace {

using builder::BuildStep;
using layerfs::LayerId;

std::vector<LayerReport> layersOf(const ImageFacts& facts, const ImageTree& tree) {
  std::vector<LayerReport> layers;
  std::vector<LayerCounts> counts = countsOf(tree);
  for (size_t position = 0; position < facts.layers.size(); ++position) {
    const LayerFacts& known = facts.layers[position];
    LayerReport layer;
    layer.position = uint32_t(position);
    layer.diffId = known.diffId;
    layer.instruction = instructionOf(known.createdBy);
    layer.tarBytes = known.tarBytes.value_or(0);
    if (known.compressedBytes != known.tarBytes) layer.compressedBytes = known.compressedBytes;
    layer.counts = counts[position];
    layers.push_back(std::move(layer));
  }
  return layers;
}

void addSizes(ImageReport& report) {
  bool allKnown = !report.layers.empty();
  uint64_t compressed = 0;
  for (const LayerReport& layer : report.layers) {
    report.tarBytes += layer.tarBytes;
    allKnown &= layer.compressedBytes.has_value();
    compressed += layer.compressedBytes.value_or(0);
  }
  if (allKnown) report.compressedBytes = compressed;
}

/// Keeps the `count` largest only: an image may have millions of files.
void addFiles(const ImageTree& tree, size_t count, ImageReport& report) {
  using File = std::pair<uint64_t, ImageTree::ChangeId>;
  auto larger = [](const File& a, const File& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  };
  std::vector<File> files;  // a heap, the smallest on top
  for (ImageTree::PathId path = 1; path < tree.pathCount(); ++path) {
    ImageTree::ChangeId id = tree.visibleChange(path);
    if (id == ImageTree::kNone || !tree.change(id).isFile()) continue;
    ++report.visibleFiles;
    report.visibleBytes += tree.change(id).size;
    files.push_back({tree.change(id).size, id});
    std::push_heap(files.begin(), files.end(), larger);
    if (files.size() <= count) continue;
    std::pop_heap(files.begin(), files.end(), larger);
    files.pop_back();
  }
  llvm::sort(files, larger);
  for (const auto& [bytes, id] : files)
    report.largest.push_back({tree.pathOf(tree.change(id).path), bytes, tree.change(id).layer});
}

// --- What else is known here ---

bool made(const BuildStep& step, const LayerFacts& layer) {
  if (step.instruction == "from") return false;
  return (step.layer != 0 && step.layer == layer.stored.value) || (step.diffId && step.diffId == layer.diffId);
}

/// The position in `steps` of the step that made each layer. From the top down, since the result's own stage comes last
/// and two stages may have made the same layer.
std::vector<std::optional<size_t>> stepsOf(llvm::ArrayRef<LayerFacts> layers, llvm::ArrayRef<BuildStep> steps) {
  std::vector<std::optional<size_t>> found(layers.size());
  size_t end = steps.size();
  for (size_t position = layers.size(); position-- > 0;)
    for (size_t step = end; step-- > 0;) {
      if (!made(steps[step], layers[position])) continue;
      found[position] = end = step;
      break;
    }
  return found;
}

llvm::Error addBuild(const ImageFacts& facts, const Surroundings& known, ImageReport& report) {
  if (!known.journal || !known.trees) return llvm::Error::success();
  auto build = known.journal->findByImage(facts.id);
  if (!build) return build.takeError();
  if (!*build) return llvm::Error::success();
  report.build = std::move(**build);
  auto reasons = reasonsFor(*report.build, *known.journal, *known.trees);
  if (!reasons) return reasons.takeError();
  auto steps = stepsOf(facts.layers, report.build->steps);
  for (auto [layer, position] : llvm::zip(report.layers, steps)) {
    if (!position) continue;
    const BuildStep& step = report.build->steps[*position];
    if (step.firstLine != 0) layer.line = step.firstLine;
    layer.outcome = step.outcome;
    layer.reason = (*reasons)[*position];
    layer.nanoseconds = step.duration;
  }
  return llvm::Error::success();
}

llvm::Expected<LayerId> storedLayer(const LayerFacts& layer, layerfs::LayerStore& layers) {
  if (layer.stored.value != 0) return layer.stored;
  auto found = layers.findByDiffId({layer.diffId});
  if (!found) return found.takeError();
  return *found ? (*found)->id() : LayerId();
}

llvm::Error addShared(const ImageFacts& facts, const Surroundings& known, ImageReport& report) {
  if (!known.store) return llvm::Error::success();
  auto images = known.store->images().list();
  if (!images) return images.takeError();
  std::map<LayerId, uint32_t> users;
  for (const layerfs::ImageSummary& image : *images) {
    if (image.id == facts.id || llvm::is_contained(image.members, facts.id)) continue;
    for (LayerId layer : std::set<LayerId>(image.layers.begin(), image.layers.end())) ++users[layer];
  }
  for (auto [layer, fact] : llvm::zip(report.layers, facts.layers)) {
    auto id = storedLayer(fact, known.store->layers());
    if (!id) return id.takeError();
    auto found = users.find(*id);
    if (found == users.end()) continue;
    layer.sharedWith = found->second;
    report.sharedBytes += layer.tarBytes;
  }
  return llvm::Error::success();
}

}  // namespace

llvm::Expected<Analysis> analyzeImage(ImageSource& source, const Surroundings& surroundings,
                                      const AnalysisOptions& options) {
  auto read = readImage(source);
  if (!read) return read.takeError();
  const ImageFacts& facts = source.facts();
  ImageReport report;
  report.id = facts.id;
  report.names = facts.names;
  report.platform = facts.config.platform;
  report.layers = layersOf(facts, read->tree);
  if (options.shown)
    for (LayerReport& layer : report.layers) layer.instruction = options.shown(layer.instruction);
  addSizes(report);
  addFiles(read->tree, options.largest, report);
  report.efficiency = efficiencyOf(read->tree);
  report.waste = wasteOf(read->tree, read->prints);
  if (auto error = addBuild(facts, surroundings, report)) return error;
  if (auto error = addShared(facts, surroundings, report)) return error;
  for (WasteFinding& finding : report.waste.findings) finding.hint = hintFor(finding, report);
  return Analysis{std::move(report), std::move(read->tree)};
}

}  // namespace strata::analyzer
