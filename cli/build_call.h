#pragma once
/// \file `strata build --call` and `--check`: questions about a Dockerfile, answered as text or JSON. Source: spec
/// CALL.

#include "builder/build.h"
#include "cli/session.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata::cli {

struct BuildCall {
  std::string method;  ///< check, outline, targets, subrequests.describe, or build: no question at all
  bool json = false;
};

/// "check,format=json". Faults: Invalid.
llvm::Expected<BuildCall> parseCall(llvm::StringRef text);

/// Answers on standard output. 1 for a check that found something. Faults: as the question's; for a check, what would
/// end a build.
llvm::Expected<int> answerCall(const BuildCall& call, const builder::BuildRequest& request, Session& session);

}  // namespace strata::cli
