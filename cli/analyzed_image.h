#pragma once
/// \file The image that a person means, wherever it is, to be analysed.

#include "analyzer/image/image_report.h"
#include "cli/session.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <string>

namespace strata::cli {

struct ImageChoice {
  std::string platform;  ///< of an index; empty: this machine's, else the first
  bool remote = false;   ///< the name is a registry's, whatever is here
};

/// "docker://NAME", or a name with `remote`: as the registry has it. Else an image of the store; else
/// "docker-archive:FILE", "oci-archive:FILE", "oci:DIRECTORY", or the path of one of these. Faults: NotFound; those of
/// the place.
llvm::Expected<std::unique_ptr<analyzer::ImageSource>> openImageSource(Session& session, llvm::StringRef text,
                                                                       const ImageChoice& choice = {});

/// Store, journal and trees of the session.
llvm::Expected<analyzer::Surroundings> surroundingsOf(Session& session);

}  // namespace strata::cli
