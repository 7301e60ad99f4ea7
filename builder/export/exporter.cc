#include "builder/export/exporter.h"

#include "builder/export/merged_files.h"
#include "support/fault.h"
#include "support/output_file.h"
#include "support/text.h"

namespace strata::builder {

std::string directoryFor(const ExportJob& job, const PlatformResult& result) {
  if (!job.spec.platformSplit.value_or(job.asIndex || job.results.size() > 1)) return {};
  std::string name = result.platform.str();
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

llvm::Error checkNoOverwriting(const ExportJob& job) {
  if (job.results.size() < 2 || !directoryFor(job, job.results.front()).empty()) return llvm::Error::success();
  std::map<std::string, std::string> owners;  // directories may be shared
  for (const PlatformResult& result : job.results) {
    auto files = mergedFiles(result);
    if (!files) return files.takeError();
    std::string platform = result.platform.str();
    auto error = files->walk([&](const layerfs::LayerEntry& entry, ByteSource&, int) -> llvm::Error {
      if (entry.kind == layerfs::EntryKind::Directory) return llvm::Error::success();
      auto [other, isNew] = owners.emplace(entry.path, platform);
      if (isNew) return llvm::Error::success();
      return fault(FaultKind::Invalid, "cannot overwrite " + printable(entry.path) + " from " + other->second +
                                           " with " + platform + " when platform-split is false");
    });
    if (error) return error;
  }
  return llvm::Error::success();
}

llvm::Error writeDestination(const ExportJob& job, llvm::function_ref<llvm::Error(ByteSink& sink)> produce) {
  const std::string& path = job.spec.destination;
  if (path == "-" && !job.standardOutput) return fault(FaultKind::Invalid, "standard output is not there to write to");
  if (path == "-") return produce(*job.standardOutput);
  return writeOutput(path, 0666, produce);
}

}  // namespace strata::builder
