#pragma once
/// \file The syntax tree of a Dockerfile: instructions split into name, flags and arguments, and nothing of what they
/// mean. Source: spec LEX, DIR, FLAG, JSON, HDOC and the dump format.

#include "builder/frontend/source_fault.h"
#include "builder/frontend/source_text.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Allocator.h>
#include <llvm/Support/Error.h>

#include <memory>
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
  llvm::StringRef word;    ///< "<<-'EOF'" as written, a piece of the instruction's text
  llvm::StringRef body;    ///< raw lines with their line ends; leading tabs still there
  bool expand = true;      ///< no part of the word was quoted
  bool stripTabs = false;  ///< <<-
  unsigned fd = 0;         ///< the number before <<
  SourceRange range;       ///< the body and its delimiter line
};

/// Lives as long as its Ast: what it points at is a piece of the source text or lies in the Ast's arena.
struct AstNode {
  /// How the arguments were read (dump format, table).
  enum class Form { Words, Json, Rest, NameValue, LegacyNameValue };

  llvm::StringRef keyword;        ///< as written
  llvm::StringRef name;           ///< lower case
  llvm::ArrayRef<AstWord> flags;  ///< "--a=1", quotes and escapes removed
  llvm::ArrayRef<AstWord> args;   ///< as the dump format lists them (NameValue: three a pair)
  Form form = Form::Words;
  bool emptyContinuation = false;  ///< LEX-11
  llvm::ArrayRef<Heredoc> heredocs;
  const AstNode* nested = nullptr;           ///< ONBUILD's instruction
  llvm::StringRef text;                      ///< the joined line, flags included, trimmed; without here-documents
  llvm::StringRef rest;                      ///< the joined line after name and flags, trimmed
  llvm::ArrayRef<llvm::StringRef> comments;  ///< doc comments above it (LEX-22), without "#"
  SourceRange range;

  /// What to point at for this word: itself if it stands in the first line, else all of the instruction (LEX-16).
  SourceRange rangeFor(const AstWord& word) const {
    bool first = word.range.begin.line == range.begin.line && word.range.end.line == range.begin.line;
    return first ? word.range : range;
  }
};

/// A line at the top of the file that speaks to the reader (DIR).
struct Directive {
  llvm::StringRef name;  ///< lower case: syntax, escape, check
  llvm::StringRef value;
  SourceRange range;
};

class Ast {
public:
  std::shared_ptr<const SourceText> source;
  char escape = '\\';
  std::vector<Directive> directives;  ///< also those that only a look-up of syntax or check finds (DIR-8, DIR-9)
  std::vector<AstNode> nodes;

  /// Copies that live as long as the tree.
  llvm::StringRef keep(llvm::StringRef text) { return text.copy(arena); }
  template <typename T>
  llvm::ArrayRef<T> keep(llvm::ArrayRef<T> values) {
    return values.copy(arena);
  }

  llvm::BumpPtrAllocator arena;
};

/// Something wrong with a file, and the line where it is: so that what several readers find comes in file order.
struct Problem {
  uint32_t line = 0;
  llvm::Error error;
};

/// The parser alone. Faults: Invalid with the excerpt in the message (SourceFault); several come joined.
llvm::Expected<Ast> parseDockerfile(std::shared_ptr<const SourceText> source);
/// The same as far as it goes: an instruction that is wrong is left out and told of.
Ast parseDockerfile(std::shared_ptr<const SourceText> source, std::vector<Problem>& problems);
/// In file order, joined; of many the first ten, since what follows is often one mistake's echo.
[[nodiscard]] llvm::Error joinProblems(std::vector<Problem> problems);

/// `strata debug dump-dockerfile`. Source: dump-format.md.
void dumpAst(const Ast& ast, llvm::raw_ostream& out);
void dumpLines(const Ast& ast, llvm::raw_ostream& out);

}  // namespace strata::builder
