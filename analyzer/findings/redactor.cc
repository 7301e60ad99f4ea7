#include "analyzer/findings/redactor.h"

#include "analyzer/findings/config_secrets.h"
#include "analyzer/secrets/secret_checks.h"
#include "analyzer/secrets/secret_formats.h"
#include "analyzer/secrets/secret_scan.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::analyzer {

namespace {
constexpr llvm::StringLiteral kHidden = "***";
constexpr size_t kAnywhere = 8;      ///< a value of fewer characters may be a common word
constexpr size_t kMostKnown = 1000;  ///< a configuration may be made to hold any number; shapes need not be known

std::string withoutMatches(llvm::StringRef text, llvm::ArrayRef<SecretMatch> matches) {
  std::string shown;
  size_t at = 0;
  for (const SecretMatch& match : matches) {
    if (match.begin < at) continue;
    shown += text.slice(at, match.begin);
    shown += kHidden;
    at = match.begin + match.size;
  }
  return shown + text.substr(at).str();
}

/// Whether `name` stands right before, with what may be between it and its value.
bool hasNameBefore(llvm::StringRef before, llvm::StringRef name) {
  llvm::StringRef behind = before.rtrim(" =:\"'");
  return behind.size() < before.size() && behind.ends_with(name);
}

void hide(std::string& text, llvm::StringRef name, llvm::StringRef value) {
  for (size_t at = text.find(value); at != std::string::npos; at = text.find(value, at)) {
    bool hides = value.size() >= kAnywhere || hasNameBefore(llvm::StringRef(text).take_front(at), name);
    if (hides) text.replace(at, value.size(), kHidden);
    at += hides ? kHidden.size() : value.size();
  }
}

bool isVariable(const Cause& cause) {
  return cause.kind == Cause::Kind::Argument || cause.kind == Cause::Kind::Environment;
}

/// Whether the value is text out of the Dockerfile or the command line, and no digest.
bool hasText(builder::KeyComponent::Kind kind) {
  using Kind = builder::KeyComponent::Kind;
  return kind != Kind::Parent && kind != Kind::Base && kind != Kind::Files && kind != Kind::Destination;
}
bool hasText(Cause::Kind kind) {
  using Kind = Cause::Kind;
  return kind != Kind::ParentRebuilt && kind != Kind::BaseMoved && kind != Kind::Files && kind != Kind::Destination;
}
}  // namespace

Redactor::Redactor(const layerfs::ImageConfig& config) {
  for (const ConfigSecret& secret : findConfigSecrets(config)) add(secret.name, secret.value);
}

Redactor::Redactor(const ExplainedBuild& explained) {
  learn(explained.build);
  for (const StepReason& reason : explained.reasons) learn(reason.causes);
}

void Redactor::learn(const builder::Build& build) {
  using Kind = builder::KeyComponent::Kind;
  for (const builder::BuildStep& step : build.steps)
    for (const builder::KeyComponent& component : step.components)
      if ((component.kind == Kind::Arg || component.kind == Kind::Env) && isSecretName(component.name) &&
          isPlausibleValue(component.value))
        add(component.name, component.value);
}

void Redactor::learn(llvm::ArrayRef<Cause> causes) {
  for (const Cause& cause : causes)
    for (const std::string& value : {cause.before, cause.after})
      if (isVariable(cause) && isSecretName(cause.name) && isPlausibleValue(value)) add(cause.name, value);
}

void Redactor::add(llvm::StringRef name, llvm::StringRef value) {
  if (value.empty() || known_.size() >= kMostKnown) return;
  // A value before those that are part of it.
  auto place = llvm::partition_point(known_, [&](const Known& known) { return known.value.size() > value.size(); });
  for (auto at = place; at != known_.end() && at->value.size() == value.size(); ++at)
    if (at->name == name && at->value == value) return;
  known_.insert(place, {name.str(), value.str()});
}

std::string Redactor::apply(llvm::StringRef text) const {
  std::string shown = text.str();
  for (const Known& known : known_) hide(shown, known.name, known.value);
  shown = withoutMatches(shown, findSecrets(shown));
  return withoutMatches(shown, findAssignments(shown));
}

std::string Redactor::applyToValue(llvm::StringRef name, llvm::StringRef value) const {
  return isSecretName(name) && isPlausibleValue(value) ? kHidden.str() : apply(value);
}

void Redactor::apply(StepReason& reason) const { apply(reason.causes); }

void Redactor::apply(std::vector<Cause>& causes) const {
  for (Cause& cause : causes) {
    if (hasText(cause.kind)) {
      cause.before = applyToValue(cause.name, cause.before);
      cause.after = applyToValue(cause.name, cause.after);
    }
    cause.name = apply(cause.name);
  }
}

void Redactor::apply(builder::Build& build) const {
  build.context = apply(build.context);
  build.error = apply(build.error);
  for (builder::BuildStep& step : build.steps) {
    step.name = apply(step.name);
    step.error = apply(step.error);
    for (builder::KeyComponent& component : step.components) {
      if (hasText(component.kind)) component.value = applyToValue(component.name, component.value);
      component.name = apply(component.name);
    }
  }
}

void Redactor::apply(ImageReport& report) const {
  for (LayerReport& layer : report.layers) {
    layer.instruction = apply(layer.instruction);
    if (layer.reason) apply(*layer.reason);
  }
  for (WasteFinding& finding : report.waste.findings) finding.hint = apply(finding.hint);
  if (report.build) apply(*report.build);
}

}  // namespace strata::analyzer
