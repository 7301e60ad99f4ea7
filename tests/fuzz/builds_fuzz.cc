/// Input: 'f' and a file of builds, or the digit of a format and the blocks of such a file, each behind its length as
/// three digits of base 36, so that one who makes inputs up comes by them.

#include "builder/journal/build_file.h"
#include "builder/journal/build_json.h"
#include "builder/journal/build_outline.h"
#include "support/text.h"
#include "tests/fuzz/fuzz.h"

#include <llvm/Support/Endian.h>

namespace strata::fuzz {

namespace {
using namespace builder;

std::string fileOf(char format, llvm::StringRef blocks) {
  std::string file = ("strata builds " + llvm::Twine(format) + "\n").str();
  while (blocks.size() >= 3) {
    unsigned length = 0;
    if (blocks.take_front(3).getAsInteger(36, length)) break;
    llvm::StringRef block = blocks.substr(3, length);
    char bytes[8];
    llvm::support::endian::write64le(bytes, block.size());
    file.append(bytes, sizeof bytes).append(block.str());
    blocks = blocks.drop_front(3 + block.size());
  }
  return file;
}

void checkBuild(const Build& build) {
  FUZZ_EXPECT(build.id.size() == 12, "a build has an id");
  FUZZ_EXPECT(build.started >= 0 && build.duration >= 0, "nothing happened before 1970");
  FUZZ_EXPECT(build.stepCount == build.steps.size(), "steps are counted");
  for (const BuildStep& step : build.steps) FUZZ_EXPECT(step.layer == 0, "another store's layers have no numbers here");
  Build again;
  again.id = build.id;
  again.image = build.image;
  readHead(headJson(build), again);
  readSteps(stepsJson(build), again);
  Build compact = again;
  compact.steps.clear();
  readSteps(stepsJson(build, KeyForm::Compact), compact);
  FUZZ_EXPECT(printJson(toJson(compact)) == printJson(toJson(build)), "both forms say the same");
  FUZZ_EXPECT(printJson(toJson(again)) == printJson(toJson(build)), "a build is read as it was written");
  BuildOutline outline = outlineOf(build);
  FUZZ_EXPECT(decodeOutline(encodeOutline(outline)) == outline, "an outline is read as it was written");
}

void checkReads(const StepReads& reads) {
  FUZZ_EXPECT(reads.traced >= 0, "nothing happened before 1970");
  auto again = valueOf(StepReads::decode(reads.encode()));
  FUZZ_EXPECT(again == reads, "reads are read as they were written");
}
}  // namespace

FUZZ_TARGET(builds) {
  if (input.empty()) return;
  llvm::StringRef rest = input.drop_front();
  const bool isWhole = input.front() == 'f';
  std::string made = isWhole ? "" : fileOf(input.front(), rest);
  StringSource source(isWhole ? rest : llvm::StringRef(made));
  auto file = valueOf(readBuildFile(source));
  if (!file) return;
  FUZZ_EXPECT(!file->builds.empty(), "a file has builds");
  for (const Build& build : file->builds) checkBuild(build);
  for (const auto& [key, reads] : file->reads) checkReads(reads);
  for (const std::string& tree : file->trees) {
    auto object = valueOf(TreeObject::decode(tree));
    FUZZ_EXPECT(object && object->encode() == tree, "a tree is written in one way");
  }
}

}  // namespace strata::fuzz
