#include "analyzer/secrets/hidden_values.h"

#include "analyzer/secrets/secret_checks.h"
#include "analyzer/secrets/secret_formats.h"
#include "analyzer/secrets/secret_scan.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::analyzer {

namespace {
using builder::KeyComponent;

constexpr llvm::StringLiteral kStars = "***";
constexpr size_t kMarkDigits = 6;
constexpr size_t kAnywhere = 8;      ///< a value of fewer characters may be a common word
constexpr size_t kMostKnown = 1000;  ///< a configuration may be made to hold any number; shapes need not be known

/// Whether `name` stands right before, with what may be between it and its value.
bool hasNameBefore(llvm::StringRef before, llvm::StringRef name) {
  llvm::StringRef behind = before.rtrim(" =:\"'");
  return behind.size() < before.size() && behind.ends_with(name);
}

/// Whether the value is text out of the Dockerfile or the command line, and no digest.
bool hasText(KeyComponent::Kind kind) {
  using Kind = KeyComponent::Kind;
  return kind != Kind::Parent && kind != Kind::Base && kind != Kind::Files && kind != Kind::Destination;
}

/// Of "***#1a2b3c" the stars alone.
std::string withoutMarks(std::string text) {
  for (size_t at = text.find("***#"); at != std::string::npos; at = text.find("***#", at + kStars.size())) {
    llvm::StringRef digits = llvm::StringRef(text).substr(at + kStars.size() + 1, kMarkDigits);
    if (digits.size() == kMarkDigits && llvm::all_of(digits, llvm::isHexDigit))
      text.erase(at + kStars.size(), 1 + kMarkDigits);
  }
  return text;
}
}  // namespace

void HiddenValues::add(llvm::StringRef name, llvm::StringRef value) {
  if (value.empty() || known_.size() >= kMostKnown) return;
  // A value before those that are part of it.
  auto place = llvm::partition_point(known_, [&](const Known& known) { return known.value.size() > value.size(); });
  for (auto at = place; at != known_.end() && at->value.size() == value.size(); ++at)
    if (at->name == name && at->value == value) return;
  known_.insert(place, {name.str(), value.str()});
}

void HiddenValues::learn(const builder::Build& build) {
  using Kind = KeyComponent::Kind;
  for (const builder::BuildStep& step : build.steps)
    for (const KeyComponent& component : step.components)
      if ((component.kind == Kind::Arg || component.kind == Kind::Env) && isSecretName(component.name) &&
          isPlausibleValue(component.value))
        add(component.name, component.value);
}

std::string HiddenValues::sign(llvm::StringRef value) const {
  if (hiding_ == Hiding::Stars) return kStars.str();
  std::string digest = Hasher().field("strata-mark-1").field(value).finish().hex();
  return (kStars + "#" + llvm::StringRef(digest).take_front(kMarkDigits)).str();
}

void HiddenValues::hide(std::string& text, const Known& known) const {
  const std::string& value = known.value;
  const std::string hidden = sign(value);
  for (size_t at = text.find(value); at != std::string::npos; at = text.find(value, at)) {
    bool hides = value.size() >= kAnywhere || hasNameBefore(llvm::StringRef(text).take_front(at), known.name);
    if (hides) text.replace(at, value.size(), hidden);
    at += hides ? hidden.size() : value.size();
  }
}

template <typename Matches>
std::string HiddenValues::without(llvm::StringRef text, const Matches& matches) const {
  std::string shown;
  size_t at = 0;
  for (const SecretMatch& match : matches) {
    if (match.begin < at) continue;
    shown += text.slice(at, match.begin);
    shown += sign(text.substr(match.begin, match.size));
    at = match.begin + match.size;
  }
  return shown + text.substr(at).str();
}

std::string HiddenValues::apply(llvm::StringRef text) const {
  std::string shown = text.str();
  for (const Known& known : known_) hide(shown, known);
  shown = without(shown, findSecrets(shown));
  shown = without(shown, findAssignments(shown));
  return hiding_ == Hiding::Stars ? withoutMarks(std::move(shown)) : shown;
}

std::string HiddenValues::applyToValue(llvm::StringRef name, llvm::StringRef value) const {
  return isSecretName(name) && isPlausibleValue(value) ? sign(value) : apply(value);
}

void HiddenValues::applyToStep(builder::BuildStep& step) const {
  for (std::string* text : {&step.name, &step.error, &step.missReason}) *text = apply(*text);
  for (KeyComponent& component : step.components) {
    if (hasText(component.kind)) component.value = applyToValue(component.name, component.value);
    component.name = apply(component.name);
  }
}

void HiddenValues::apply(builder::Build& build) const {
  for (std::string* text : {&build.context, &build.title, &build.error}) *text = apply(*text);
  for (builder::BuildWarning& warning : build.warnings) warning.message = apply(warning.message);
  for (builder::BuildStep& step : build.steps) applyToStep(step);
}

builder::Build withMarks(builder::Build build) {
  HiddenValues values(Hiding::Marks);
  values.learn(build);
  values.apply(build);
  return build;
}

}  // namespace strata::analyzer
