#pragma once
/// \file An image report in Markdown, for a pull request.

#include "analyzer/findings/gates.h"
#include "analyzer/findings/image_secrets.h"
#include "analyzer/image/image_report.h"

#include <llvm/ADT/ArrayRef.h>

#include <string>

namespace strata::analyzer {

/// Verdict of the gates, if there were any, sizes, secrets and the largest waste; layers and files folded below.
std::string printMarkdown(const ImageReport& report, const SecretReport& secrets, llvm::ArrayRef<GateResult> gates);

}  // namespace strata::analyzer
