#include "tests/fuzz/fuzz.h"

namespace strata::fuzz {

std::vector<Target>& targets() {
  static std::vector<Target> all;  // filled before main() begins, by files in any order
  return all;
}

}  // namespace strata::fuzz
