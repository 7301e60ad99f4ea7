/// Input: the end of a blob, as a manifest that lies may point at it.

#include "layerfs/outline_tail.h"
#include "tests/fuzz/fuzz.h"

namespace strata::fuzz {

namespace {
/// All of the outline; nothing for a fault, or for a long one.
std::optional<std::string> outlineIn(llvm::StringRef tail) {
  auto tar = valueOf(layerfs::openOutlineTail(tail));
  std::string outline, buffer(64 * 1024, '\0');
  while (tar && outline.size() < kMostInflated) {
    auto got = valueOf((*tar)->read(buffer.data(), buffer.size()));
    if (!got) return std::nullopt;
    if (*got == 0) return outline;
    outline.append(buffer, 0, *got);
  }
  return std::nullopt;
}
}  // namespace

FUZZ_TARGET(outline) {
  auto outline = outlineIn(input);
  if (!outline || outline->empty()) return;
  // One after the other they are one outline after the other: nothing of a piece depends on where it stands.
  auto twice = outlineIn((input + input).str());
  FUZZ_EXPECT(!twice || *twice == *outline + *outline, "pieces are read one by one");
}

}  // namespace strata::fuzz
