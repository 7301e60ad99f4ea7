#pragma once
/// \file An image report as JSON; schema: docs/json.md, "Layers".

#include "analyzer/image/image_report.h"

#include <llvm/Support/JSON.h>

namespace strata::analyzer {

inline constexpr int64_t kImageReportSchema = 2;

llvm::json::Value toJson(const ImageReport& report);

}  // namespace strata::analyzer
