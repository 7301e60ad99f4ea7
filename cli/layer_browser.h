#pragma once
/// \file The terminal browser of `inspect-layers -i`: draws what analyzer/browser says, and tells it the keys.

#include "analyzer/image/image_report.h"

#include <llvm/Support/Error.h>

namespace strata::cli {

/// Until the reader leaves; the terminal is as it was then. Faults: Invalid where input or output is no terminal.
[[nodiscard]] llvm::Error browseLayers(const analyzer::Analysis& analysis);

}  // namespace strata::cli
