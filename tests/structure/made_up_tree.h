#pragma once
/// \file A small tree of sources that a rule is tried on: a rule that finds nothing wrong with anything is no rule.

#include "tests/support/testing.h"

namespace strata::structure {

class MadeUpTree {
public:
  MadeUpTree& with(llvm::StringRef path, llvm::StringRef text) {
    strata::testing::writeFile(joinPath(root(), path), text);
    return *this;
  }
  std::string root() const { return dir_.path(); }

private:
  TempDir dir_ = strata::testing::makeTempDir();
};

}  // namespace strata::structure
