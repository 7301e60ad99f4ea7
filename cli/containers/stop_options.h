#pragma once
/// \file `-s` and `-t` of `stop` and `restart`.

#include "runtime/containers/lifecycle.h"

#include <llvm/Support/Error.h>

#include <string>

namespace strata::cli {

class Options;

struct StopChoice {
  std::string signal, seconds;
  llvm::Expected<runtime::StopOptions> read() const;  ///< Faults: Invalid
};
void declareStopChoice(Options& declared, StopChoice& choice);

}  // namespace strata::cli
