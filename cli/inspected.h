#pragma once
/// \file What `inspect` can show beside images: a function for each kind of thing, defined beside that thing's
/// commands.

#include "cli/session.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <optional>

namespace strata::cli {

enum class WithSize { No, Yes };
/// Nothing: there is none of this name or id.
llvm::Expected<std::optional<llvm::json::Object>> inspectContainer(Session& session, llvm::StringRef text,
                                                                   WithSize size);

llvm::Expected<std::optional<llvm::json::Object>> inspectNetwork(Session& session, llvm::StringRef text);

llvm::Expected<std::optional<llvm::json::Object>> inspectVolume(Session& session, llvm::StringRef name);

}  // namespace strata::cli
