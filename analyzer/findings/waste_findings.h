#pragma once
/// \file Waste as Findings, for reports that show everything in one list.

#include "analyzer/findings/finding.h"
#include "analyzer/image/image_report.h"

#include <vector>

namespace strata::analyzer {

/// Waste of fewer bytes is a note.
inline constexpr uint64_t kNotableWaste = 1'000'000;

/// A Finding for each of the report's, in its order: where the wasted bytes are, and what to do.
std::vector<Finding> wasteFindings(const ImageReport& report);

}  // namespace strata::analyzer
