#pragma once
/// \file Short ways to put a text to the Dockerfile reader, for the tests of its parts.

#include "builder/frontend/instruction.h"
#include "tests/support/testing.h"

#include <llvm/Support/raw_ostream.h>

namespace strata::builder {

inline std::shared_ptr<const SourceText> sourceOf(llvm::StringRef text) {
  return std::make_shared<SourceText>("Dockerfile", text.str());
}
inline llvm::Expected<Ast> parse(llvm::StringRef text) { return parseDockerfile(sourceOf(text)); }
inline llvm::Expected<Dockerfile> read(llvm::StringRef text) { return readDockerfile(sourceOf(text)); }

inline std::string dump(llvm::StringRef text) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  dumpAst(testing::must(parse(text)), stream);
  return out;
}
inline std::string lines(llvm::StringRef text) {
  std::string out;
  llvm::raw_string_ostream stream(out);
  dumpLines(testing::must(parse(text)), stream);
  return out;
}

/// The message about one line below a FROM.
inline std::string complaint(llvm::StringRef line) {
  return testing::faultOf(read(("FROM a\n" + line + "\n").str())).message;
}
/// The one instruction below a FROM, as what it must be. The file lives until the program ends.
template <typename T>
const T& instruction(llvm::StringRef line) {
  static std::vector<std::unique_ptr<Dockerfile>> files;
  files.push_back(std::make_unique<Dockerfile>(testing::must(read(("FROM a\n" + line + "\n").str()))));
  return std::get<T>(files.back()->stages.at(0).instructions.at(0).body);
}
inline std::vector<std::string> textsOf(llvm::ArrayRef<AstWord> words) {
  std::vector<std::string> texts;
  for (const AstWord& word : words) texts.push_back(word.text.str());
  return texts;
}

}  // namespace strata::builder
