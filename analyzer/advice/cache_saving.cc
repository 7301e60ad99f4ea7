#include "analyzer/advice/cache_saving.h"

#include "analyzer/causes/step_match.h"
#include "layerfs/layer_store.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

#include <algorithm>

namespace strata::analyzer {

namespace {
using builder::BuildStep;
using layerfs::LayerEntry;

/// A file in a cache.
struct CacheFile {
  uint64_t bytes = 0;
  int64_t written = 0;  ///< nanoseconds since 1970
};

bool isBelow(llvm::StringRef path, llvm::ArrayRef<std::string> targets) {
  return llvm::any_of(targets, [&](llvm::StringRef target) {
    llvm::StringRef rest = path;
    return rest.consume_front(target.trim('/')) && rest.starts_with("/");
  });
}

/// What a manager writes down of each execution, whatever it fetched.
bool isNote(llvm::StringRef path) {
  return path.contains("/_logs/") || path.ends_with(".log") || path.ends_with("/_update-notifier-last-checked");
}

/// None where the step's layer is not here.
llvm::Expected<std::vector<CacheFile>> filesOf(const BuildStep& step, llvm::ArrayRef<std::string> targets,
                                               layerfs::LayerStore& layers) {
  std::vector<CacheFile> files;
  if (step.layer == 0) return files;
  auto layer = layers.load({step.layer});
  if (!layer) {
    llvm::Error error = layer.takeError();
    if (takeIf(error, FaultKind::NotFound)) return files;
    return error;
  }
  if ((*layer)->form() == layerfs::LayerForm::Remote) return files;
  auto visit = [&](const LayerEntry& entry, ByteSource&) {
    if (entry.kind == layerfs::EntryKind::File && isBelow(entry.path, targets) && !isNote(entry.path))
      files.push_back({entry.size, entry.mtime});
    return llvm::Error::success();
  };
  if (llvm::Error error = (*layer)->walk(visit)) return error;
  return files;
}

/// How long the files were being written, if it was this execution that wrote nearly all of them. What it did before
/// the first one, a start of its own among that, is counted as one share among as many as there are files.
std::optional<int64_t> fillingTime(llvm::ArrayRef<CacheFile> files, const BuildStep& execution) {
  uint64_t bytes = 0, inside = 0;
  std::vector<int64_t> times;
  for (const CacheFile& file : files) {
    bytes += file.bytes;
    if (file.written < execution.started || file.written > execution.started + execution.duration) continue;
    inside += file.bytes;
    times.push_back(file.written);
  }
  if (times.size() < 2 || double(inside) < 0.9 * double(bytes)) return std::nullopt;
  auto [first, last] = std::minmax_element(times.begin(), times.end());
  double share = double(times.size()) / double(times.size() - 1);
  return std::min(int64_t(double(*last - *first) * share), *last - execution.started);
}
}  // namespace

llvm::Expected<std::optional<CacheSaving>> cacheSavingOf(const AdviceFacts& facts, size_t position,
                                                         llvm::ArrayRef<std::string> targets) {
  if (!facts.layers) return std::nullopt;
  auto files = filesOf(facts.build.steps[position], targets, *facts.layers);
  if (!files) return files.takeError();
  std::optional<CacheSaving> saving;
  std::vector<int64_t> durations;  // newest first
  for (const ExplainedBuild& one : facts.history) {
    const BuildStep* then = matchSteps(facts.build, one.build)[position];
    if (!then || then->outcome != BuildStep::Outcome::Executed) continue;
    durations.push_back(then->duration);
    auto filled = saving || then->duration == 0 ? std::nullopt : fillingTime(*files, *then);
    if (filled) saving = CacheSaving{.build = one.build.id, .duration = then->duration, .filled = *filled};
  }
  if (!saving || durations.size() < 2) return std::nullopt;
  durations.pop_back();
  saving->executions = uint32_t(durations.size());
  for (int64_t duration : durations)
    saving->saved += int64_t(double(duration) * double(saving->filled) / double(saving->duration));
  return saving;
}

}  // namespace strata::analyzer
