#pragma once
/// \file `images`: which are to be shown, by --filter and by the name that was asked for.

#include "cli/image_lookup.h"
#include "cli/prune_filters.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::cli {

class ImageFilters {
public:
  /// dangling=true|false, reference=PATTERN (any of several), label=KEY[=VALUE], label!=, before=IMAGE, since=IMAGE,
  /// until=TIME. Faults: Invalid; NotFound for an image that is not there.
  static llvm::Expected<ImageFilters> read(llvm::ArrayRef<std::string> texts, layerfs::ImageStore& images);
  /// "app", "app:1", "a*": what is named so alone. Faults: Invalid.
  [[nodiscard]] llvm::Error narrow(llvm::StringRef name);

  bool admit(const layerfs::ImageSummary& image, layerfs::ImageStore& images) const;
  bool admit(const NameParts& name) const;

private:
  std::optional<bool> dangling_;
  std::optional<int64_t> before_, since_;  ///< nanoseconds since 1970
  std::vector<std::string> patterns_;
  std::optional<std::string> repository_, tag_;
  PruneFilters others_;
};

}  // namespace strata::cli
