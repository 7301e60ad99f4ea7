#pragma once
/// \file Commands that do one thing to several containers and print each one's name.

#include "cli/command.h"
#include "cli/session.h"
#include "runtime/containers/container_store.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata::cli {

using ContainerAction = llvm::function_ref<llvm::Error(runtime::ContainerStore&, const runtime::Container&)>;

/// Does it to all that the words name, all at once where `Pace` says so, prints the words of those that it went well
/// with, and fails for the others afterwards. Exit status 0, or the errors.
enum class Pace { OneByOne, AtOnce };
llvm::Expected<int> forEachContainer(Session& session, const Arguments& words, Pace pace, ContainerAction action);

}  // namespace strata::cli
