#pragma once
/// \file What happens to images, told to whoever listens (layerfs/event_log.h), in docker's words.

#include "cli/session.h"

#include <llvm/ADT/StringRef.h>

#include <map>
#include <string>

namespace strata::cli {

/// `actor`: the image's id, or its name where a registry was spoken to. `name`: canonical; empty: it has none. The
/// labels of an image that is there go along.
void tellImage(Session& session, llvm::StringRef action, llvm::StringRef actor, llvm::StringRef name);
/// Where they are known.
void tellImage(Session& session, llvm::StringRef action, llvm::StringRef actor, llvm::StringRef name,
               std::map<std::string, std::string> labels);

}  // namespace strata::cli
