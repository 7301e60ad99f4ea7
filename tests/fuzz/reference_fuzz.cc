/// Input: an image reference, a digest or a platform; each line is read as all three.

#include "layerfs/platform.h"
#include "registry/reference.h"
#include "support/digest.h"
#include "tests/fuzz/fuzz.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::fuzz {

namespace {

void checkSame(const registry::Reference& reference, const std::string& text, llvm::StringRef form) {
  auto again = registry::parseReference(text);
  if (!again) return broken("the " + form + " form is a reference: " + messageOf(again.takeError()));
  FUZZ_EXPECT(*again == reference, "the " + form + " form names the same image");
}

void checkReference(llvm::StringRef text) {
  auto reference = valueOf(registry::parseReference(text));
  if (!reference) return;
  FUZZ_EXPECT(!reference->domain.empty() && !reference->path.empty(), "a reference has a domain and a path");
  FUZZ_EXPECT(!reference->tag.empty() || reference->digest, "a reference has a tag or a digest");
  FUZZ_EXPECT(llvm::all_of(reference->canonical(), llvm::isPrint), "a reference is of plain characters");
  checkSame(*reference, reference->canonical(), "canonical");
  checkSame(*reference, reference->familiar(), "familiar");
  FUZZ_EXPECT(llvm::StringRef(reference->canonical()).starts_with(reference->repository()),
              "the canonical form begins with the repository");
}

void checkDigest(llvm::StringRef text) {
  auto digest = valueOf(Digest::parse(text));
  if (digest) FUZZ_EXPECT(digest->str() == text, "a digest has one spelling");
}

void checkPlatform(llvm::StringRef text) {
  auto platform = valueOf(layerfs::parsePlatform(text));
  if (!platform) return;
  FUZZ_EXPECT(layerfs::normalised(*platform) == *platform, "a platform is normalised");
  auto again = layerfs::parsePlatform(platform->str());
  if (!again) return broken("a platform prints as one: " + messageOf(again.takeError()));
  again->osVersion = platform->osVersion;  // str() does not show it
  FUZZ_EXPECT(*again == *platform, "a platform prints as itself");
}
}  // namespace

FUZZ_TARGET(reference) {
  for (llvm::StringRef rest = input; !rest.empty();) {
    auto [line, below] = rest.split('\n');
    rest = below;
    checkReference(line);
    checkDigest(line);
    checkPlatform(line);
  }
}

}  // namespace strata::fuzz
