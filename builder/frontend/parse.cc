#include "builder/frontend/ast.h"
#include "builder/frontend/directives.h"
#include "builder/frontend/lines.h"
#include "builder/frontend/node_parser.h"
#include "support/fault.h"

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
  Ast ast;
  ast.source = source;
  if (source->text().empty()) return fault(FaultKind::Invalid, source->name() + ": the Dockerfile cannot be empty");
  auto directives = readDirectives(*source);
  if (!directives) return directives.takeError();
  ast.directives = std::move(directives->list);
  ast.escape = directives->escape;
  // Room for as many instructions as there can be costs nothing until they come; growing would copy them.
  ast.nodes.reserve(std::min(source->lineCount(), kUsualLines));
  LineReader reader(*source, ast.escape, ast.arena);
  if (auto error = reader.skip(directives->lines)) return error;
  for (;;) {
    auto line = reader.next();
    if (!line) return line.takeError();
    if (!*line) break;
    auto node = parseNode(ast, **line, reader);
    if (!node) return node.takeError();
    node->comments = ast.keep(llvm::ArrayRef((*line)->comments));
    node->emptyContinuation = (*line)->emptyContinuation;
    node->range.end = {reader.linesRead() + 1, 0};
    placeNested(ast, *node);
    ast.nodes.push_back(*node);
  }
  if (ast.nodes.empty()) return fault(FaultKind::Invalid, source->name() + ": file with no instructions");
  return ast;
}

}  // namespace strata::builder
