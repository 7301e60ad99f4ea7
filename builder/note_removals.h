#pragma once
/// \file What became of the cache records that the steps of a build once had.

#include "builder/cache/record_store.h"
#include "builder/journal/journal.h"

#include <llvm/Support/Error.h>

namespace strata::builder {

/// A step that missed and whose key once had a record says what became of it. So does one of which nothing differs but
/// the step below, which ran again because its own record went: then the record is that of the key that it had in the
/// last build here.
[[nodiscard]] llvm::Error noteRemovals(Build& build, RecordStore& records, Journal& journal);

}  // namespace strata::builder
