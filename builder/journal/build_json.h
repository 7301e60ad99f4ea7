#pragma once
/// \file A build as JSON, which is how the journal keeps it. A member that is missing or of another type reads as
/// nothing: an older or a newer strata may have written it.

#include "builder/journal/journal.h"

#include <llvm/Support/JSON.h>

#include <optional>

namespace strata::builder {

/// How the parts of keys, of which there are thousands, are written.
enum class KeyForm {
  Named,    ///< an object each, for everybody
  Compact,  ///< an array each, for the journal itself: [kind, name, value, where, line, tree, step], read four times as
            ///< fast
};

/// All but the steps.
llvm::json::Object headJson(const Build& build);
llvm::json::Array stepsJson(const Build& build, KeyForm form = KeyForm::Named);
void readHead(const llvm::json::Object& object, Build& build);
/// Of either form.
void readSteps(const llvm::json::Value& steps, Build& build);

/// Of a member that is missing, empty or no digest: none.
Digest digestFrom(std::optional<llvm::StringRef> hex);

}  // namespace strata::builder
