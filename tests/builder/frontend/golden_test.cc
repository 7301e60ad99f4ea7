/// \file Every folder of tests/data/dockerfile: what the reader makes of its Dockerfile. `dump` is what
/// `strata debug dump-dockerfile` prints, then "--", then what it prints with --lines; or, of a file that is turned
/// down, the message behind the excerpt. STRATA_UPDATE_GOLDEN=1 writes them anew.

#include "tests/builder/frontend/read_text.h"

#include <algorithm>
#include <filesystem>

namespace strata::builder {
namespace {
using testing::must;

std::string seen(llvm::StringRef text) {
  auto ast = parse(text);
  if (!ast) {
    std::string message = testing::faultOf(ast.takeError()).message;
    llvm::StringRef cause = message;
    size_t rule = cause.rfind("--------------------\n");
    return "error: " + cause.drop_front(rule == llvm::StringRef::npos ? 0 : rule + 21).str() + "\n";
  }
  std::string out;
  llvm::raw_string_ostream stream(out);
  dumpAst(*ast, stream);
  stream << "--\n";
  dumpLines(*ast, stream);
  return out;
}

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(STRATA_TEST_DATA "/dockerfile"))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, ReadsAsBefore) {
  std::string folder = STRATA_TEST_DATA "/dockerfile/" + GetParam() + "/";
  std::string dumped = seen(must(readFile(folder + "Dockerfile")));
  if (std::getenv("STRATA_UPDATE_GOLDEN")) testing::writeFile(folder + "dump", dumped);
  EXPECT_EQ(dumped, must(readFile(folder + "dump")));
}
INSTANTIATE_TEST_SUITE_P(Every, Golden, ::testing::ValuesIn(cases()),
                         [](const auto& info) { return llvm::StringRef(info.param).str(); });

}  // namespace
}  // namespace strata::builder
