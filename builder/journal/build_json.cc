#include "builder/journal/build_json.h"

#include "support/text.h"

namespace strata::builder {

using llvm::StringRef;

namespace {
constexpr StringRef kKinds[] = {"instruction", "parent",  "base",  "arg",     "env",      "files", "destination",
                                "user",        "workdir", "shell", "network", "platform", "mount", "option"};
constexpr StringRef kOutcomes[] = {"hit", "executed", "failed", "cancelled", "skipped"};
constexpr StringRef kMisses[] = {"none",          "no-record",      "no-cache", "layer-gone",
                                 "record-pruned", "no-cache-stage", "damaged"};

template <typename Enum, size_t N>
Enum enumOf(StringRef name, const StringRef (&names)[N], Enum otherwise) {
  for (size_t i = 0; i < N; ++i)
    if (names[i] == name) return Enum(i);
  return otherwise;
}

/// JSON text carries UTF-8 alone: other bytes (a variable may hold any) are shown as U+FFFD.
std::string text(StringRef value) { return llvm::json::fixUTF8(value); }

llvm::json::Value compactJson(const KeyComponent& component) {
  llvm::json::Array array{nameOf(component.kind), text(component.name), text(component.value)};
  bool hasMore = !component.where.empty() || component.line || component.tree || component.step;
  if (hasMore) array.push_back(text(component.where));
  if (component.line || component.tree || component.step) {
    array.push_back(int64_t(component.line));
    array.push_back(component.tree ? component.tree.hex() : "");
  }
  if (component.step) array.push_back(int64_t(*component.step));
  return array;
}

llvm::json::Value componentJson(const KeyComponent& component) {
  llvm::json::Object object{
      {"kind", nameOf(component.kind)}, {"name", text(component.name)}, {"value", text(component.value)}};
  if (!component.where.empty()) object["where"] = text(component.where);
  if (component.line) object["line"] = int64_t(component.line);
  if (component.tree) object["tree"] = component.tree.hex();
  if (component.step) object["step"] = int64_t(*component.step);
  return object;
}

std::string stringOf(const llvm::json::Object& object, StringRef key) {
  return object.getString(key).value_or("").str();
}
int64_t numberOf(const llvm::json::Object& object, StringRef key) { return object.getInteger(key).value_or(0); }

KeyComponent componentFrom(const llvm::json::Object& object) {
  KeyComponent component;
  component.kind = enumOf(stringOf(object, "kind"), kKinds, KeyComponent::Kind::Option);
  component.name = stringOf(object, "name");
  component.value = stringOf(object, "value");
  component.where = stringOf(object, "where");
  component.line = uint32_t(numberOf(object, "line"));
  component.tree = digestFrom(object.getString("tree"));
  if (auto step = object.getInteger("step")) component.step = uint32_t(*step);
  return component;
}

KeyComponent componentFrom(const llvm::json::Array& array) {
  auto string = [&](size_t at) {
    return at < array.size() ? array[at].getAsString().value_or("").str() : std::string();
  };
  auto number = [&](size_t at) { return at < array.size() ? array[at].getAsInteger() : std::nullopt; };
  KeyComponent component;
  component.kind = enumOf(string(0), kKinds, KeyComponent::Kind::Option);
  component.name = string(1);
  component.value = string(2);
  component.where = string(3);
  component.line = uint32_t(number(4).value_or(0));
  if (std::string tree = string(5); !tree.empty()) component.tree = digestFrom(StringRef(tree));
  if (auto step = number(6)) component.step = uint32_t(*step);
  return component;
}

llvm::json::Value stepJson(const BuildStep& step, KeyForm form) {
  llvm::json::Array components;
  for (const KeyComponent& component : step.components)
    components.push_back(form == KeyForm::Compact ? compactJson(component) : componentJson(component));
  llvm::json::Object object{{"index", int64_t(step.index)},
                            {"stage", step.stage},
                            {"ordinal", int64_t(step.ordinal)},
                            {"instruction", step.instruction},
                            {"name", text(step.name)},
                            {"firstLine", int64_t(step.firstLine)},
                            {"lastLine", int64_t(step.lastLine)},
                            {"outcome", nameOf(step.outcome)},
                            {"miss", nameOf(step.miss)},
                            {"started", step.started},
                            {"duration", step.duration},
                            {"recordedDuration", step.recordedDuration},
                            {"layer", step.layer},
                            {"layerBytes", int64_t(step.layerBytes)},
                            {"components", std::move(components)}};
  if (!step.error.empty()) object["error"] = text(step.error);
  if (!step.missReason.empty()) object["missReason"] = text(step.missReason);
  if (step.recordRemoved) object["recordRemoved"] = step.recordRemoved;
  if (step.key) object["key"] = step.key.hex();
  if (!step.mountLayers.empty()) object["mountLayers"] = llvm::json::Array(step.mountLayers);
  if (step.diffId) object["diffId"] = step.diffId.str();
  if (step.unchanged) object["unchanged"] = true;
  if (step.output) object["output"] = step.output.hex();
  if (step.earlierOutput) object["earlierOutput"] = step.earlierOutput.hex();
  return object;
}

BuildStep stepFrom(const llvm::json::Object& object) {
  BuildStep step;
  step.index = uint32_t(numberOf(object, "index"));
  step.stage = stringOf(object, "stage");
  step.ordinal = uint32_t(numberOf(object, "ordinal"));
  step.instruction = stringOf(object, "instruction");
  step.name = stringOf(object, "name");
  step.firstLine = uint32_t(numberOf(object, "firstLine"));
  step.lastLine = uint32_t(numberOf(object, "lastLine"));
  step.outcome = enumOf(stringOf(object, "outcome"), kOutcomes, BuildStep::Outcome::Executed);
  step.miss = enumOf(stringOf(object, "miss"), kMisses, BuildStep::Miss::None);
  step.missReason = stringOf(object, "missReason");
  step.recordRemoved = numberOf(object, "recordRemoved");
  step.error = stringOf(object, "error");
  step.key = digestFrom(object.getString("key"));
  step.started = numberOf(object, "started");
  step.duration = numberOf(object, "duration");
  step.recordedDuration = numberOf(object, "recordedDuration");
  step.layer = numberOf(object, "layer");
  if (const llvm::json::Array* layers = object.getArray("mountLayers"))
    for (const llvm::json::Value& layer : *layers)
      if (auto number = layer.getAsInteger()) step.mountLayers.push_back(*number);
  StringRef diffId = object.getString("diffId").value_or("");
  diffId.consume_front("sha256:");
  step.diffId = digestFrom(diffId);
  step.layerBytes = uint64_t(numberOf(object, "layerBytes"));
  step.unchanged = object.getBoolean("unchanged").value_or(false);
  step.output = digestFrom(object.getString("output"));
  step.earlierOutput = digestFrom(object.getString("earlierOutput"));
  if (const llvm::json::Array* components = object.getArray("components"))
    for (const llvm::json::Value& value : *components) {
      if (const llvm::json::Object* named = value.getAsObject()) step.components.push_back(componentFrom(*named));
      if (const llvm::json::Array* compact = value.getAsArray()) step.components.push_back(componentFrom(*compact));
    }
  return step;
}

llvm::json::Value warningJson(const BuildWarning& warning) {
  return llvm::json::Object{{"rule", warning.rule},           {"message", text(warning.message)},
                            {"detail", text(warning.detail)}, {"url", text(warning.url)},
                            {"line", int64_t(warning.line)},  {"lastLine", int64_t(warning.lastLine)}};
}

BuildWarning warningFrom(const llvm::json::Object& object) {
  return {.rule = stringOf(object, "rule"),
          .message = stringOf(object, "message"),
          .detail = stringOf(object, "detail"),
          .url = stringOf(object, "url"),
          .line = uint32_t(numberOf(object, "line")),
          .lastLine = uint32_t(numberOf(object, "lastLine"))};
}
}  // namespace

bool BuildStep::hasKey() const {
  bool begun = outcome == Outcome::Hit || outcome == Outcome::Executed || outcome == Outcome::Failed;
  return begun && !components.empty();
}

void BuildStep::forgetLayers() {
  layer = 0;
  mountLayers.clear();
}

StringRef nameOf(KeyComponent::Kind kind) { return kKinds[size_t(kind)]; }
StringRef nameOf(BuildStep::Outcome outcome) { return kOutcomes[size_t(outcome)]; }
StringRef nameOf(BuildStep::Miss miss) { return kMisses[size_t(miss)]; }

Digest digestFrom(std::optional<StringRef> hex) {
  if (!hex || hex->empty()) return {};
  auto digest = Digest::parseHex(*hex);
  if (digest) return *digest;
  llvm::consumeError(digest.takeError());
  return {};
}

llvm::json::Object headJson(const Build& build) {
  llvm::json::Array names;
  for (const std::string& name : build.names) names.push_back(name);
  llvm::json::Object object{{"schema", 1},
                            {"id", build.id},
                            {"context", text(build.context)},
                            {"dockerfile", text(build.dockerfile)},
                            {"target", text(build.target)},
                            {"started", build.started},
                            {"duration", build.duration},
                            {"succeeded", build.succeeded},
                            {"names", std::move(names)},
                            {"stepCount", int64_t(build.stepCount)},
                            {"hitCount", int64_t(build.hitCount)}};
  if (!build.origin.empty()) object["origin"] = text(build.origin);
  if (!build.title.empty()) object["title"] = text(build.title);
  if (!build.error.empty()) object["error"] = text(build.error);
  if (!build.warnings.empty()) {
    llvm::json::Array warnings;
    for (const BuildWarning& warning : build.warnings) warnings.push_back(warningJson(warning));
    object["warnings"] = std::move(warnings);
  }
  if (build.image) object["image"] = build.image.str();
  return object;
}

llvm::json::Array stepsJson(const Build& build, KeyForm form) {
  llvm::json::Array steps;
  for (const BuildStep& step : build.steps) steps.push_back(stepJson(step, form));
  return steps;
}

llvm::json::Value toJson(const Build& build) {
  llvm::json::Object object = headJson(build);
  object["steps"] = stepsJson(build);
  return object;
}

void readHead(const llvm::json::Object& object, Build& build) {
  build.context = stringOf(object, "context");
  build.dockerfile = stringOf(object, "dockerfile");
  build.target = stringOf(object, "target");
  build.title = stringOf(object, "title");
  build.started = numberOf(object, "started");
  build.duration = numberOf(object, "duration");
  build.succeeded = object.getBoolean("succeeded").value_or(false);
  build.error = stringOf(object, "error");
  build.stepCount = uint32_t(numberOf(object, "stepCount"));
  build.hitCount = uint32_t(numberOf(object, "hitCount"));
  if (const llvm::json::Array* names = object.getArray("names"))
    for (const llvm::json::Value& name : *names)
      if (auto string = name.getAsString()) build.names.push_back(string->str());
  if (const llvm::json::Array* warnings = object.getArray("warnings"))
    for (const llvm::json::Value& warning : *warnings)
      if (const llvm::json::Object* fields = warning.getAsObject()) build.warnings.push_back(warningFrom(*fields));
}

void readSteps(const llvm::json::Value& steps, Build& build) {
  const llvm::json::Array* array = steps.getAsArray();
  if (!array) return;
  for (const llvm::json::Value& step : *array)
    if (const llvm::json::Object* fields = step.getAsObject()) build.steps.push_back(stepFrom(*fields));
}

}  // namespace strata::builder
