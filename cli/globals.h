#pragma once
/// \file The options before a command's name.

#include "cli/session.h"

namespace strata::cli {

class Options;

struct Globals {
  Session::Settings settings;
  bool version = false;
};
void declareGlobals(Options& options, Globals& globals);

}  // namespace strata::cli
