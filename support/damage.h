#pragma once
/// \file What was found damaged on the way and dropped, to be made or brought again when it is needed.

#include <string>

namespace strata {

struct Damage {
  std::string kind;     ///< "database", "blob", "layer", "image", "record", ...: one word
  std::string name;     ///< which one: a digest, a number, a path below the store's root
  std::string problem;  ///< what is wrong with it, a clause: "its files are missing"

  /// "layer 5 is damaged: its files are missing"
  std::string str() const { return kind + " " + name + " is damaged: " + problem; }
};

}  // namespace strata
