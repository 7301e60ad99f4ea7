#include "analyzer/image/image_report.h"

#include "analyzer/image/layer_union.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/FormatVariadic.h>

namespace strata::analyzer {

namespace {

using builder::Build;
using builder::BuildStep;
using layerfs::EntryKind;

constexpr size_t kShownInstruction = 60;  ///< characters in the table

/// Without what every line of its builder has: the shell, build arguments, markers.
std::string tidied(llvm::StringRef createdBy) {
  llvm::StringRef text = createdBy.trim();
  text.consume_back(" # buildkit");
  if (text.consume_front("/bin/sh -c #(nop)")) return text.ltrim().str();
  bool run = text.consume_front("RUN ");
  if (run && text.consume_front("|")) {  // "|2 A=1 B=2 /bin/sh -c ...": values may hold blanks
    size_t shell = text.find("/bin/sh -c ");
    if (shell != llvm::StringRef::npos) text = text.substr(shell);
  }
  run |= text.consume_front("/bin/sh -c ");
  return (run ? "RUN " : "") + text.str();
}

llvm::Error countEntries(layerfs::Layer& layer, LayerUnion& stack, LayerReport& report) {
  stack.beginLayer();
  llvm::Error error = layer.walk([&](const layerfs::LayerEntry& entry, ByteSource&) {
    stack.add(entry);
    switch (entry.kind) {
      case EntryKind::Directory:
        report.directories += !entry.path.empty();
        break;
      case EntryKind::File:
        ++report.files;
        report.fileBytes += entry.size;
        break;
      case EntryKind::Symlink:
      case EntryKind::Hardlink:
        ++report.links;
        break;
      default:
        break;
    }
    return llvm::Error::success();
  });
  if (error) return error;
  report.added = stack.counts().added;
  report.modified = stack.counts().modified;
  report.removed = stack.counts().removed;
  return llvm::Error::success();
}

llvm::Expected<LayerReport> reportLayer(layerfs::Layer& layer, LayerUnion& stack) {
  LayerReport report;
  if (llvm::Error error = layer.bring()) return error;
  auto identity = layer.tarIdentity();
  if (!identity) return identity.takeError();
  report.diffId = identity->diffId.digest;
  report.tarBytes = identity->size;
  if (llvm::Error error = countEntries(layer, stack, report)) return error;
  return report;
}

/// The n-th entry that made a layer made the n-th layer. Source: OCI image-spec v1.1, config.md, history.
void nameInstructions(const layerfs::ImageConfig& config, std::vector<LayerReport>& layers) {
  auto layer = layers.begin();
  for (const layerfs::HistoryEntry& entry : config.history) {
    if (entry.emptyLayer) continue;
    if (layer == layers.end()) return;
    layer++->instruction = tidied(entry.createdBy.empty() ? entry.comment : entry.createdBy);
  }
}

bool made(const BuildStep& step, const layerfs::Layer& layer, const Digest& diffId) {
  if (step.instruction == "from") return false;
  return (step.layer != 0 && step.layer == layer.id().value) || (step.diffId && step.diffId == diffId);
}

/// The position in `steps` of the step that made each layer. From the top down, since the result's own stage comes last
/// and two stages may have made the same layer.
std::vector<std::optional<size_t>> stepsOf(const layerfs::Image& image, llvm::ArrayRef<LayerReport> layers,
                                           llvm::ArrayRef<BuildStep> steps) {
  std::vector<std::optional<size_t>> found(layers.size());
  size_t end = steps.size();
  for (size_t position = layers.size(); position-- > 0;)
    for (size_t step = end; step-- > 0;) {
      if (!made(steps[step], *image.layers[position], layers[position].diffId)) continue;
      found[position] = end = step;
      break;
    }
  return found;
}

llvm::Error tellBuild(const layerfs::Image& image, ImageReport& report, builder::Journal& journal,
                      builder::TreeStore& trees) {
  auto build = journal.findByImage(image.id);
  if (!build) return build.takeError();
  if (!*build) return llvm::Error::success();
  report.build = std::move(**build);
  auto reasons = reasonsFor(*report.build, journal, trees);
  if (!reasons) return reasons.takeError();
  auto steps = stepsOf(image, report.layers, report.build->steps);
  for (auto [layer, position] : llvm::zip(report.layers, steps)) {
    if (!position) continue;
    const BuildStep& step = report.build->steps[*position];
    if (step.firstLine != 0) layer.line = step.firstLine;
    layer.outcome = step.outcome;
    layer.reason = (*reasons)[*position];
    layer.seconds = step.duration;
  }
  return llvm::Error::success();
}

std::string shortened(llvm::StringRef text) {
  std::string shown = printable(text.take_front(kShownInstruction));
  return text.size() > kShownInstruction ? shown + "..." : shown;
}

llvm::StringRef outcomeText(const LayerReport& layer) {
  if (!layer.outcome) return "";
  return *layer.outcome == BuildStep::Outcome::Hit ? "hit" : "miss";
}

std::vector<std::string> rowOf(const LayerReport& layer, const ImageReport& report) {
  std::string instruction = layer.instruction.empty() ? "<unknown>" : shortened(layer.instruction);
  if (layer.line) instruction += " (line " + std::to_string(*layer.line) + ")";
  bool missed = layer.outcome && *layer.outcome != BuildStep::Outcome::Hit;
  return {std::to_string(layer.position + 1),
          layer.diffId.shortHex(),
          humanSize(layer.tarBytes),
          std::to_string(layer.files),
          llvm::formatv("+{0} ~{1} -{2}", layer.added, layer.modified, layer.removed),
          missed ? humanDuration(std::chrono::nanoseconds(layer.seconds)) : "",
          outcomeText(layer).str(),
          instruction,
          layer.reason && report.build ? summaryOf(*layer.reason, *report.build) : ""};
}

/// What the last build did, in one line.
std::string buildLine(const Build& build) {
  int64_t lost = 0, saved = 0;
  size_t hits = 0, misses = 0;
  for (const BuildStep& step : build.steps) {
    bool hit = step.outcome == BuildStep::Outcome::Hit;
    (hit ? saved : lost) += hit ? step.recordedDuration : step.duration;
    ++(hit ? hits : misses);
  }
  return llvm::formatv("Last build {0}: {1} steps from the cache ({2} saved), {3} executed ({4} lost)\n", build.id,
                       hits, humanDuration(std::chrono::nanoseconds(saved)), misses,
                       humanDuration(std::chrono::nanoseconds(lost)));
}

llvm::json::Object toJson(const LayerReport& layer, const ImageReport& report) {
  llvm::json::Object object{{"position", layer.position},
                            {"diffId", layer.diffId.str()},
                            {"instruction", llvm::json::fixUTF8(layer.instruction)},
                            {"tarBytes", int64_t(layer.tarBytes)},
                            {"fileBytes", int64_t(layer.fileBytes)},
                            {"files", int64_t(layer.files)},
                            {"directories", int64_t(layer.directories)},
                            {"links", int64_t(layer.links)},
                            {"added", int64_t(layer.added)},
                            {"modified", int64_t(layer.modified)},
                            {"removed", int64_t(layer.removed)}};
  if (layer.line) object["line"] = *layer.line;
  if (!layer.outcome) return object;
  object["outcome"] = nameOf(*layer.outcome);
  object["nanoseconds"] = layer.seconds;
  if (layer.reason && report.build) object["reason"] = toJson(*layer.reason, *report.build);
  return object;
}

}  // namespace

llvm::Expected<ImageReport> analyzeImage(const layerfs::Image& image, builder::Journal& journal,
                                         builder::TreeStore& trees) {
  ImageReport report;
  report.id = image.id;
  report.names = image.names;
  LayerUnion stack;
  for (const std::shared_ptr<layerfs::Layer>& layer : image.layers) {
    auto one = reportLayer(*layer, stack);
    if (!one) return withContext(one.takeError(), "layer " + llvm::Twine(report.layers.size() + 1));
    one->position = uint32_t(report.layers.size());
    report.tarBytes += one->tarBytes;
    report.layers.push_back(std::move(*one));
  }
  nameInstructions(image.config, report.layers);
  if (llvm::Error error = tellBuild(image, report, journal, trees)) return error;
  return report;
}

std::string printImageReport(const ImageReport& report) {
  std::vector<std::vector<std::string>> rows{
      {"LAYER", "DIFF ID", "SIZE", "FILES", "CHANGES", "TIME", "CACHE", "INSTRUCTION", "REASON"}};
  for (const LayerReport& layer : report.layers) rows.push_back(rowOf(layer, report));
  std::string text =
      llvm::formatv("Image {0} ({1}, {2} layers)\n", report.id.str(), humanSize(report.tarBytes), report.layers.size());
  if (report.build) text += buildLine(*report.build);
  return text + "\n" + table(rows);
}

llvm::json::Value toJson(const ImageReport& report) {
  llvm::json::Array layers;
  for (const LayerReport& layer : report.layers) layers.push_back(toJson(layer, report));
  llvm::json::Object object{{"schema", 1},
                            {"id", report.id.str()},
                            {"names", llvm::json::Array(report.names)},
                            {"tarBytes", int64_t(report.tarBytes)},
                            {"layers", std::move(layers)}};
  if (report.build) object["build"] = report.build->id;
  return object;
}

}  // namespace strata::analyzer
