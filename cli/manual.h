#pragma once
/// \file The manual's pages, from the commands' own definitions. Source: man(7).

#include <string>
#include <vector>

namespace strata::cli {

struct ManualPage {
  std::string file;  ///< "strata-run.1"
  std::string text;  ///< roff
};

/// One for the program, one for each command that help lists.
std::vector<ManualPage> manualPages();

}  // namespace strata::cli
