#include "analyzer/advice/cache_saving.h"

#include "analyzer/causes/step_match.h"
#include "layerfs/layer_store.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

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
    if (entry.kind == layerfs::EntryKind::File && isBelow(entry.path, targets))
      files.push_back({entry.size, entry.mtime});
    return llvm::Error::success();
  };
  if (llvm::Error error = (*layer)->walk(visit)) return error;
  return files;
}

/// When the last of the files was written, if it was this execution that wrote nearly all of them.
std::optional<int64_t> lastWritten(llvm::ArrayRef<CacheFile> files, const BuildStep& execution) {
  uint64_t bytes = 0, inside = 0;
  int64_t last = 0;
  for (const CacheFile& file : files) {
    bytes += file.bytes;
    if (file.written < execution.started || file.written > execution.started + execution.duration) continue;
    inside += file.bytes;
    last = std::max(last, file.written);
  }
  return bytes > 0 && double(inside) >= 0.9 * double(bytes) ? std::optional(last) : std::nullopt;
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
    auto last = saving || then->duration == 0 ? std::nullopt : lastWritten(*files, *then);
    if (last) saving = CacheSaving{.build = one.build.id, .duration = then->duration, .filled = *last - then->started};
  }
  if (!saving || durations.size() < 2) return std::nullopt;
  durations.pop_back();
  saving->executions = uint32_t(durations.size());
  for (int64_t duration : durations)
    saving->saved += int64_t(double(duration) * double(saving->filled) / double(saving->duration));
  return saving;
}

}  // namespace strata::analyzer
