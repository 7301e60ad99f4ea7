#pragma once
/// \file The syntax tree of a Dockerfile: instructions split into name, flags and arguments, and nothing of what they
/// mean. Source: spec LEX, DIR, FLAG, JSON, HDOC and the dump format.

#include "builder/frontend/source_text.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
}

namespace strata::builder {

/// A piece of an instruction, raw: quotes and escapes as written. Lives as long as its Ast.
struct AstWord {
  llvm::StringRef text;
  SourceRange range;
};

struct Heredoc {
  llvm::StringRef name;    ///< the delimiter, quotes removed
  llvm::StringRef body;    ///< raw lines with their line ends; leading tabs still there
  bool expand = true;      ///< no part of the word was quoted
  bool stripTabs = false;  ///< <<-
  unsigned fd = 0;         ///< the number before <<
  SourceRange range;       ///< the body and its delimiter line
};

struct AstNode {
  /// How the arguments were read (dump format, table).
  enum class Form { Words, Json, Rest, NameValue, LegacyNameValue };

  llvm::StringRef keyword;     ///< as written
  llvm::StringRef name;        ///< lower case
  std::vector<AstWord> flags;  ///< "--a=1", quotes and escapes removed
  std::vector<AstWord> args;   ///< as the dump format lists them (NameValue: three a pair)
  Form form = Form::Words;
  std::vector<Heredoc> heredocs;
  std::unique_ptr<AstNode> nested;        ///< ONBUILD's instruction
  llvm::StringRef text;                   ///< the joined line, flags included, trimmed; without here-documents
  llvm::StringRef rest;                   ///< the joined line after name and flags, trimmed
  std::vector<llvm::StringRef> comments;  ///< doc comments above it (LEX-22), without "#"
  bool emptyContinuation = false;         ///< LEX-11
  SourceRange range;
};

struct Directive {
  llvm::StringRef name;  ///< lower case: syntax, escape, check
  llvm::StringRef value;
  SourceRange range;
};

class Ast {
public:
  Ast();
  ~Ast();
  Ast(Ast&&) noexcept;
  Ast& operator=(Ast&&) noexcept;

  std::shared_ptr<const SourceText> source;
  char escape = '\\';
  std::vector<Directive> directives;
  std::vector<AstNode> nodes;

  /// Keeps a copy of the text for as long as the tree lives.
  llvm::StringRef keep(llvm::StringRef text);

private:
  struct Arena;
  std::unique_ptr<Arena> arena_;
};

/// The parser alone. Faults: Invalid with the excerpt in the message, see frontendFault.
llvm::Expected<Ast> parseDockerfile(std::shared_ptr<const SourceText> source);

/// `strata debug dump-dockerfile`. Source: dump-format.md.
void dumpAst(const Ast& ast, llvm::raw_ostream& out);
void dumpLines(const Ast& ast, llvm::raw_ostream& out);

/// An Invalid fault whose message is the excerpt (ERR-2), then "dockerfile parse error on line N: <message>".
[[nodiscard]] llvm::Error parseFault(const SourceText& source, const SourceRange& range, const llvm::Twine& message);
/// The same without "dockerfile parse error on line N: ", for what the parser is not to blame for.
[[nodiscard]] llvm::Error sourceFault(const SourceText& source, const SourceRange& range, const llvm::Twine& message);

}  // namespace strata::builder
