#include "builder/frontend/directives.h"

#include "builder/frontend/unicode.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <optional>

namespace strata::builder {

namespace {
constexpr llvm::StringLiteral kSpaces = " \t\f\r";

/// A line without its end, the first one without the mark of LEX-2.
llvm::StringRef lineAt(const SourceText& source, uint32_t number) {
  llvm::StringRef line = source.line(number);
  if (number == 1) line.consume_front("\xef\xbb\xbf");
  return line;
}

/// DIR-1. Nothing if the line is no directive that we know.
std::optional<Directive> readDirective(const SourceText& source, uint32_t number, llvm::StringRef sign) {
  static constexpr llvm::StringLiteral kKnown[] = {"syntax", "escape", "check"};
  llvm::StringRef line = trimSpaceLeft(lineAt(source, number));
  if (!line.consume_front(sign) || !line.contains('=')) return std::nullopt;
  auto [name, value] = line.split('=');
  name = trimSpaceLeft(name).rtrim(kSpaces);
  const auto* known = llvm::find_if(kKnown, [&, n = name](llvm::StringRef one) { return n.equals_insensitive(one); });
  value = value.trim(kSpaces);
  if (known == std::end(kKnown) || value.empty()) return std::nullopt;
  return Directive{*known, value, {{number, 0}, {number, uint32_t(source.line(number).size())}}};
}

const Directive* directiveNamed(const std::vector<Directive>& list, llvm::StringRef name) {
  auto found = llvm::find_if(list, [&](const Directive& one) { return one.name == name; });
  return found == list.end() ? nullptr : &*found;
}

/// What a look-up of this name finds from that line on; mistakes in other directives are no concern of it.
std::optional<Directive> lookUp(const SourceText& source, uint32_t first, llvm::StringRef name, llvm::StringRef sign) {
  for (uint32_t number = first;; ++number) {
    std::optional<Directive> directive = readDirective(source, number, sign);
    if (!directive || directive->name == name) return directive;
  }
}

/// DIR-8: a file that is a JSON object.
std::optional<Directive> syntaxOfObject(const SourceText& source, uint32_t first) {
  llvm::StringRef line = lineAt(source, first);
  if (line.empty()) return std::nullopt;
  llvm::StringRef text = source.text().drop_front(size_t(line.data() - source.text().data()));
  if (!text.ltrim().starts_with("{")) return std::nullopt;
  auto document = parseJson(text);
  if (!document) {
    llvm::consumeError(document.takeError());
    return std::nullopt;
  }
  auto syntax = document->getAsObject()->getString("syntax");
  if (!syntax) return std::nullopt;
  size_t at = text.find(*syntax);  // escaped, it is not found: then there is nothing to point at
  if (at == llvm::StringRef::npos) return std::nullopt;
  return Directive{"syntax", text.substr(at, syntax->size()), {{first, 0}, {first, uint32_t(line.size())}}};
}
}  // namespace

llvm::Expected<Directives> readDirectives(const SourceText& source) {
  Directives found;
  while (std::optional<Directive> directive = readDirective(source, found.lines + 1, "#")) {
    if (directiveNamed(found.list, directive->name))
      return parseFault(source, directive->range, "only one " + directive->name + " parser directive can be used");
    if (directive->name == "escape") {
      if (directive->value != "\\" && directive->value != "`")
        return parseFault(source, directive->range,
                          "invalid escape token '" + directive->value + "' does not match ` or \\");
      found.escape = directive->value[0];
    }
    found.list.push_back(*directive);
    ++found.lines;
  }

  // DIR-9: "#!" hides syntax and check from nobody.
  uint32_t first = lineAt(source, 1).starts_with("#!") ? 2 : 1;
  for (llvm::StringRef name : {"syntax", "check"})
    if (auto directive = first == 2 ? lookUp(source, first, name, "#") : std::nullopt) found.list.push_back(*directive);
  if (directiveNamed(found.list, "syntax")) return found;
  std::optional<Directive> syntax = lookUp(source, first, "syntax", "//");
  if (!syntax) syntax = syntaxOfObject(source, first);
  if (syntax) found.list.push_back(*syntax);
  return found;
}

}  // namespace strata::builder
