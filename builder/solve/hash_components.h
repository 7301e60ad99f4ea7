#pragma once
/// \file What a vertex's key is the digest of: its named components.

#include "builder/journal/journal.h"
#include "support/digest.h"

#include <llvm/ADT/ArrayRef.h>

namespace strata::builder {

/// Kind, name and value of each, in an order of their own: who gave them in another one gets the same digest. `where`,
/// `line` and `step` explain and decide nothing.
void hashComponents(llvm::ArrayRef<KeyComponent> components, Hasher& hasher);

}  // namespace strata::builder
