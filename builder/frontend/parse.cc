#include "builder/frontend/ast.h"
#include "builder/frontend/directives.h"
#include "builder/frontend/lines.h"
#include "builder/frontend/node_parser.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

namespace {
constexpr size_t kUsualLines = 1 << 16;

/// ONBUILD's instructions stand where it stands.
void placeNested(Ast& ast, AstNode& node) {
  if (!node.nested) return;
  AstNode nested = *node.nested;
  nested.range = node.range;
  placeNested(ast, nested);
  node.nested = ast.keep(llvm::ArrayRef(nested)).data();
}
}  // namespace

llvm::Expected<Ast> parseDockerfile(std::shared_ptr<const SourceText> source) {
  std::vector<Problem> problems;
  Ast ast = parseDockerfile(std::move(source), problems);
  if (auto error = joinProblems(std::move(problems))) return error;
  return ast;
}

Ast parseDockerfile(std::shared_ptr<const SourceText> source, std::vector<Problem>& problems) {
  Ast ast;
  ast.source = source;
  auto wrong = [&](uint32_t line, llvm::Error error) { problems.push_back({line, std::move(error)}); };
  if (source->text().empty()) {
    wrong(0, fault(FaultKind::Invalid, source->name() + ": the Dockerfile cannot be empty"));
    return ast;
  }
  auto directives = readDirectives(*source);
  if (!directives) {
    wrong(0, directives.takeError());
    return ast;
  }
  ast.directives = std::move(directives->list);
  ast.escape = directives->escape;
  // Room for as many instructions as there can be costs nothing until they come; growing would copy them.
  ast.nodes.reserve(std::min(source->lineCount(), kUsualLines));
  LineReader reader(*source, ast.escape, ast.arena);
  if (auto error = reader.skip(directives->lines)) {
    wrong(0, std::move(error));
    return ast;
  }
  for (;;) {
    auto line = reader.next();
    if (!line) {  // no telling where the next instruction would begin
      wrong(reader.linesRead(), line.takeError());
      return ast;
    }
    if (!*line) break;
    auto node = parseNode(ast, **line, reader);
    if (!node) {
      wrong((*line)->firstLine, node.takeError());
      continue;
    }
    node->comments = ast.keep(llvm::ArrayRef((*line)->comments));
    node->emptyContinuation = (*line)->emptyContinuation;
    node->range.end = {reader.linesRead() + 1, 0};
    placeNested(ast, *node);
    ast.nodes.push_back(*node);
  }
  if (ast.nodes.empty() && problems.empty())
    wrong(0, fault(FaultKind::Invalid, source->name() + ": file with no instructions"));
  return ast;
}

llvm::Error joinProblems(std::vector<Problem> problems) {
  constexpr size_t kMost = 10;
  llvm::stable_sort(problems, [](const Problem& a, const Problem& b) { return a.line < b.line; });
  llvm::Error joined = llvm::Error::success();
  for (size_t i = 0; i < problems.size(); ++i) {
    if (i < kMost)
      joined = llvm::joinErrors(std::move(joined), std::move(problems[i].error));
    else
      llvm::consumeError(std::move(problems[i].error));
  }
  return joined;
}

}  // namespace strata::builder
