#include "layerfs/layer_entry.h"

#include <algorithm>

namespace strata::layerfs {

namespace {
/// '/' ranks below every other byte, so that a directory's children come before "directory-x".
unsigned rankOf(char byte) { return byte == '/' ? 0 : unsigned(static_cast<unsigned char>(byte)) + 1; }
}  // namespace

bool pathLess(const std::string& a, const std::string& b) {
  auto [left, right] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (right == b.end()) return false;
  return left == a.end() || rankOf(*left) < rankOf(*right);
}

}  // namespace strata::layerfs
