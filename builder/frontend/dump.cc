#include "builder/frontend/ast.h"
#include "builder/frontend/unicode.h"

#include <llvm/Support/Format.h>
#include <llvm/Support/raw_ostream.h>

namespace strata::builder {

namespace {
void writeByte(llvm::raw_ostream& out, unsigned char byte) { out << "\\x" << llvm::format("%02x", unsigned(byte)); }

/// One code point: shown as itself, or escaped if it cannot be shown.
void writeCodePoint(llvm::raw_ostream& out, llvm::StringRef bytes, uint32_t point) {
  switch (point) {
    case '"':
      out << "\\\"";
      return;
    case '\\':
      out << "\\\\";
      return;
    case '\a':
      out << "\\a";
      return;
    case '\b':
      out << "\\b";
      return;
    case '\f':
      out << "\\f";
      return;
    case '\n':
      out << "\\n";
      return;
    case '\r':
      out << "\\r";
      return;
    case '\t':
      out << "\\t";
      return;
    case '\v':
      out << "\\v";
      return;
    default:
      break;
  }
  if (point < 0x20 || point == 0x7f)
    writeByte(out, static_cast<unsigned char>(point));
  else if (isShown(point))
    out << bytes;
  else if (point <= 0xffff)
    out << llvm::format("\\u%04x", point);
  else
    out << llvm::format("\\U%08x", point);
}

void writeQuoted(llvm::raw_ostream& out, llvm::StringRef text) {
  out << '"';
  while (!text.empty()) {
    Character character = firstCharacter(text);
    if (character.valid())
      writeCodePoint(out, text.take_front(character.width), character.point);
    else
      writeByte(out, static_cast<unsigned char>(text[0]));
    text = text.drop_front(character.width);
  }
  out << '"';
}

void dumpNode(const AstNode& node, llvm::raw_ostream& out) {
  out << '(' << node.name;
  if (!node.flags.empty()) {
    out << " [";
    for (size_t i = 0; i < node.flags.size(); ++i) {
      if (i) out << ' ';
      writeQuoted(out, node.flags[i].text);
    }
    out << ']';
  }
  if (node.nested) {
    out << ' ';
    dumpNode(*node.nested, out);
  }
  for (const AstWord& argument : node.args) {
    out << ' ';
    writeQuoted(out, argument.text);
  }
  out << ')';
}
}  // namespace

void dumpAst(const Ast& ast, llvm::raw_ostream& out) {
  for (const AstNode& node : ast.nodes) {
    dumpNode(node, out);
    out << '\n';
  }
}

void dumpLines(const Ast& ast, llvm::raw_ostream& out) {
  for (const AstNode& node : ast.nodes)
    out << node.range.firstLine() << '-' << node.range.lastLine() << ' ' << node.name << '\n';
}

}  // namespace strata::builder
