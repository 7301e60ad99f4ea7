/// Input: a tar with an image, docker's or a layout. It is read and analysed as `inspect-layers FILE` does it. Headers
/// get their checksums, those of layers that lie in it uncompressed too.

#include "analyzer/image/archive_source.h"
#include "analyzer/image/content_print.h"
#include "analyzer/image/efficiency.h"
#include "analyzer/image/waste.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/mended_tar.h"

namespace strata::fuzz {

namespace {
using namespace analyzer;
using Action = ImageTree::Action;

void checkTree(const ImageTree& tree, size_t layers) {
  for (ImageTree::ChangeId id = 0; id < tree.changeCount(); ++id) {
    const ImageTree::Change& change = tree.change(id);
    FUZZ_EXPECT(change.layer < layers, "a change is a layer's");
    FUZZ_EXPECT(change.path < tree.pathCount(), "a change is one of a path");
    FUZZ_EXPECT(change.before == ImageTree::kNone || change.before < id, "what was before came before");
    FUZZ_EXPECT(change.before != ImageTree::kNone || change.action != Action::Modified, "what was modified was there");
  }
}

void checkWaste(const ReadImage& image) {
  Waste waste = wasteOf(image.tree, image.prints);
  Efficiency efficiency = efficiencyOf(image.tree);
  FUZZ_EXPECT(efficiency.score >= 0 && efficiency.score <= 1, "an efficiency is a share");
}
}  // namespace

FUZZ_TARGET(archive) {
  UniqueFd file = memoryFile(mendedTar(input));
  auto source = valueOf(openArchiveImage("/proc/self/fd/" + std::to_string(file.get()), {}));
  if (!source) return;
  auto image = valueOf(readImage(**source));
  if (!image) return;
  checkTree(image->tree, (*source)->layerCount());
  checkWaste(*image);
}

}  // namespace strata::fuzz
