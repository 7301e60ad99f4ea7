#pragma once
/// \file Findings as JSON; schema: docs/json.md, "Findings".

#include "analyzer/findings/finding.h"
#include "analyzer/findings/image_secrets.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/JSON.h>

namespace strata::analyzer {

llvm::json::Object toJson(const Finding& finding);
llvm::json::Array toJson(llvm::ArrayRef<Finding> findings);
/// `findings`, and what was read for them.
llvm::json::Object toJson(const SecretReport& report);

}  // namespace strata::analyzer
