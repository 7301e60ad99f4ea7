#include "cli/build_errors.h"

#include "support/fault.h"

#include <memory>
#include <vector>

namespace strata::cli {

namespace {

/// A message that ends an excerpt (a rule of hyphens) and then says what is wrong; no excerpt: the cause alone.
struct Message {
  llvm::StringRef excerpt;
  std::string cause;

  explicit Message(llvm::StringRef text) {
    constexpr llvm::StringLiteral kRule = "--------------------\n";
    size_t rule = text.rfind(kRule);
    if (rule != llvm::StringRef::npos) excerpt = text.take_front(rule + kRule.size());
    cause = (excerpt.empty() ? "" : "failed to solve: ") + text.drop_front(excerpt.size()).str();
  }
};

}  // namespace

llvm::Error showExcerpts(llvm::Error error, llvm::raw_ostream& out) {
  if (!error) return error;
  std::vector<std::unique_ptr<llvm::ErrorInfoBase>> parts;
  llvm::handleAllErrors(std::move(error),
                        [&](std::unique_ptr<llvm::ErrorInfoBase> part) { parts.push_back(std::move(part)); });
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    std::string text = parts[i]->message();
    Message message(text);
    out << message.excerpt << "ERROR: " << message.cause << "\n";
  }
  llvm::Error last(std::move(parts.back()));
  FaultKind kind = kindOf(last);
  std::string text = messageOf(std::move(last));
  Message message(text);
  out << message.excerpt;
  return fault(kind, message.cause);
}

}  // namespace strata::cli
