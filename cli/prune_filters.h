#pragma once
/// \file `--filter` of the prune commands, as docker has them.

#include "cli/label_filter.h"
#include "layerfs/image_store.h"

#include <llvm/Support/Error.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strata::cli {

struct PruneFilters {
  std::optional<int64_t> until;  ///< only what is older, nanoseconds since 1970
  std::vector<LabelFilter> labels;

  /// Whether a thing that was made then, with these labels, may go.
  bool admit(int64_t created, const std::map<std::string, std::string>& labels) const;
  /// Whether an image may go: made before `until`, and labelled so. One that cannot be read may not.
  bool admit(const layerfs::ImageSummary& image, layerfs::ImageStore& images) const;
};

/// "until=24h", "until=2026-01-02T03:04:05Z", "until=1767323045", "label=key", "label!=key=value". Faults: Invalid.
llvm::Expected<PruneFilters> readPruneFilters(const std::vector<std::string>& texts);

}  // namespace strata::cli
