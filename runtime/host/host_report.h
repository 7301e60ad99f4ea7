#pragma once
/// \file What this host lets the user do, what strata chooses of it, and the smallest change that would help: the facts
/// behind `strata doctor`.

#include "layerfs/store.h"

#include <llvm/ADT/StringRef.h>

#include <string>
#include <vector>

namespace strata::runtime {

struct HostFact {
  enum class State { Good, Limited, Missing };
  std::string name;  ///< "control groups"
  State state = State::Good;
  std::string value;   ///< what there is
  std::string advice;  ///< what would help; empty: nothing is wanting
};
llvm::StringRef nameOf(HostFact::State state);

/// Something that a user wants to do.
struct Ability {
  std::string name;  ///< "build with RUN"
  bool able = false;
  std::string how;  ///< what was chosen for it, or why it cannot be
};

struct HostReport {
  std::vector<HostFact> facts;
  std::vector<Ability> abilities;
  /// Images can be built, with RUN, and containers run.
  bool isUsable() const;
};

/// `store` is null where it could not be opened, which `storeFault` explains.
HostReport examineHost(layerfs::Store* store, llvm::StringRef storeFault);

}  // namespace strata::runtime
