#pragma once
/// \file An image report as text for a terminal.

#include "analyzer/image/image_report.h"

#include <string>

namespace strata::analyzer {

/// The layers, then sizes and efficiency, waste by cause, and the largest files. `columns` of the terminal: lines are
/// made to fit, down to 80; 0: they may have any length.
std::string printImageReport(const ImageReport& report, unsigned columns = 0);

}  // namespace strata::analyzer
