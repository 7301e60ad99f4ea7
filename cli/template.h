#pragma once
/// \file Go templates over JSON values, as far as docker's users write them for `--format`: fields, `json`, `index`,
/// `len`, `join`, `split`, `lower`, `upper`, `print`, `println`, `eq`, `ne`, `and`, `or`, `not`, `truncate`; pipelines;
/// `if`, `range` and `with` with `else`; variables; trimming hyphens; comments. Source: Go's package text/template;
/// docker's "Format command and log output".

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>
#include <llvm/Support/raw_ostream.h>

#include <memory>
#include <string>

namespace strata::cli {

struct TemplateNode;

class Template {
public:
  /// `\n` and `\t` outside of actions become line ends and tabs, as docker has it. Faults: Invalid saying what was
  /// expected.
  static llvm::Expected<Template> parse(llvm::StringRef text);
  Template(Template&&) noexcept;
  ~Template();

  /// Faults: Invalid: a field that is not there, with a near name; a function that does not fit its values.
  llvm::Expected<std::string> render(const llvm::json::Value& value) const;

private:
  explicit Template(std::unique_ptr<TemplateNode> root);
  std::unique_ptr<TemplateNode> root_;
};

/// A document by `--format`: "json" is one line of JSON, anything else a template; both with a line end.
[[nodiscard]] llvm::Error printFormatted(llvm::StringRef format, llvm::json::Value document, llvm::raw_ostream& out);

}  // namespace strata::cli
