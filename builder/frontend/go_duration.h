#pragma once
/// \file Durations as Go writes them: "1h2m3.5s". Source: spec HEALTH-3; Go, time.ParseDuration.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>

namespace strata::builder {

/// Nanoseconds, what is less than one cut off. Faults: Invalid, also for what 64 bits cannot hold.
llvm::Expected<int64_t> parseGoDuration(llvm::StringRef text);

}  // namespace strata::builder
