#pragma once
/// \file The keys of one `-o` value and what each may say. Source: spec OUT-4 to OUT-6, OUT-15, OUT-18.

#include "builder/export/output_spec.h"
#include "support/csv.h"

#include <llvm/Support/Error.h>

namespace strata::builder {

/// "image", "oci", "docker", "local", "tar".
llvm::StringRef nameOf(OutputType type);

/// Puts one key into `spec`, whose type is known. Faults: Invalid for a key that the type does not have or a value that
/// the key does not; Unsupported.
[[nodiscard]] llvm::Error readOutputKey(const CsvOption& option, OutputSpec& spec);

}  // namespace strata::builder
