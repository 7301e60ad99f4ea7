#include "builder/frontend/flag_reader.h"

#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

namespace {
using FlagKind = FlagSpec::Kind;

/// A boolean's text: nothing is true, "=" with nothing is an error.
std::optional<bool> truth(llvm::StringRef value) {
  if (value.equals_insensitive("true")) return true;
  if (value.equals_insensitive("false")) return false;
  return std::nullopt;
}

std::string suggestion(llvm::StringRef name, llvm::ArrayRef<FlagSpec> known) {
  std::vector<llvm::StringRef> names;
  for (const FlagSpec& spec : known) names.push_back(spec.name);
  return didYouMean(name, names);
}
}  // namespace

llvm::Expected<FlagReader> FlagReader::read(const AstNode& node, llvm::ArrayRef<FlagSpec> known,
                                            const SourceText& source) {
  FlagReader reader;
  for (const AstWord& flag : node.flags) {
    auto [name, value] = flag.text.drop_front(2).split('=');
    bool hasValue = flag.text.contains('=');
    auto wrong = [&](const llvm::Twine& message) { return parseFault(source, node.rangeFor(flag), message); };
    const auto* spec = llvm::find_if(known, [&, n = name](const FlagSpec& one) { return one.name == n; });
    if (spec == known.end()) return wrong("unknown flag: --" + name + suggestion(name, known));
    if (spec->kind != FlagKind::List && reader.word(spec->name)) return wrong("duplicate flag specified: " + name);
    if (spec->kind == FlagKind::Boolean) {
      if (hasValue && !truth(value)) return wrong("expecting boolean value for flag " + name + ", not: " + value);
    } else if (!hasValue) {
      return wrong("missing a value on flag: " + name);
    }
    reader.values_.push_back({spec->name, {hasValue ? value : llvm::StringRef("true"), flag.range}});
  }
  return reader;
}

std::optional<AstWord> FlagReader::word(llvm::StringRef name) const {
  for (const Value& value : values_)
    if (value.name == name) return value.word;
  return std::nullopt;
}

llvm::StringRef FlagReader::string(llvm::StringRef name) const {
  std::optional<AstWord> found = word(name);
  return found ? found->text : llvm::StringRef();
}

std::optional<bool> FlagReader::boolean(llvm::StringRef name) const {
  std::optional<AstWord> found = word(name);
  return found ? truth(found->text) : std::nullopt;
}

std::vector<AstWord> FlagReader::list(llvm::StringRef name) const {
  std::vector<AstWord> words;
  for (const Value& value : values_)
    if (value.name == name) words.push_back(value.word);
  return words;
}

}  // namespace strata::builder
