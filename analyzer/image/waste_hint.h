#pragma once
/// \file What to do about waste, in one sentence that names the instructions.

#include "analyzer/image/image_report.h"

#include <string>

namespace strata::analyzer {

/// "layer 3, RUN chown -R app /app (line 5)"
std::string whereIs(const LayerReport& layer);
/// For a finding of this image; a leftover's own hint where it has one. May be empty.
std::string hintFor(const WasteFinding& finding, const ImageReport& report);

}  // namespace strata::analyzer
