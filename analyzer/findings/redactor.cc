#include "analyzer/findings/redactor.h"

#include "analyzer/findings/config_secrets.h"
#include "analyzer/secrets/secret_checks.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::analyzer {

namespace {
bool isVariable(const Cause& cause) {
  return cause.kind == Cause::Kind::Argument || cause.kind == Cause::Kind::Environment;
}

/// Whether the values are text out of the Dockerfile or the command line, and no digests.
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

void Redactor::learn(llvm::ArrayRef<Cause> causes) {
  for (const Cause& cause : causes)
    for (const std::string& value : {cause.before, cause.after})
      if (isVariable(cause) && isSecretName(cause.name) && isPlausibleValue(value)) add(cause.name, value);
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

void Redactor::apply(ImageReport& report) const {
  for (LayerReport& layer : report.layers) {
    layer.instruction = apply(layer.instruction);
    if (layer.reason) apply(*layer.reason);
  }
  for (WasteFinding& finding : report.waste.findings) finding.hint = apply(finding.hint);
  if (report.build) apply(*report.build);
}

}  // namespace strata::analyzer
