#include "layerfs/image_config.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/Support/raw_ostream.h>

namespace strata::layerfs {

using llvm::StringRef;
using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

std::optional<StringRef> ImageConfig::findEnv(StringRef name) const {
  for (auto pair = env.rbegin(); pair != env.rend(); ++pair) {
    auto [key, value] = StringRef(*pair).split('=');
    if (key == name) return value;
  }
  return std::nullopt;
}

void ImageConfig::setEnv(StringRef name, StringRef value) {
  std::string pair = (name + "=" + value).str();
  for (auto known = env.rbegin(); known != env.rend(); ++known)  // from the end, as findEnv looks
    if (StringRef(*known).split('=').first == name) {
      *known = pair;
      return;
    }
  env.push_back(pair);
}

namespace {
/// Reads members of one object, remembering the first that has a wrong type.
class Reader {
public:
  Reader(const Object& object, std::string where, std::string& problem)
      : object_(object), where_(std::move(where)), problem_(problem) {}

  std::string text(StringRef key) {
    return as<std::string>(
        key, [](const Value& v) { return v.getAsString(); }, "a string");
  }
  bool boolean(StringRef key) {
    return as<bool>(
        key, [](const Value& v) { return v.getAsBoolean(); }, "true or false");
  }
  int64_t number(StringRef key) {
    return as<int64_t>(
        key, [](const Value& v) { return v.getAsInteger(); }, "a whole number");
  }
  int smallNumber(StringRef key) {
    int64_t value = number(key);
    if (value != int(value)) wrong(key, "a small number");
    return int(value);
  }

  std::optional<std::vector<std::string>> list(StringRef key) {
    const Value* value = present(key);
    if (!value) return std::nullopt;
    std::vector<std::string> strings;
    const Array* array = value->getAsArray();
    if (!array) return wrong(key, "a list"), std::nullopt;
    for (const Value& element : *array) {
      auto string = element.getAsString();
      if (!string) return wrong(key, "a list of strings"), std::nullopt;
      strings.push_back(string->str());
    }
    return strings;
  }
  /// {"80/tcp": {}}: the keys.
  std::set<std::string> keys(StringRef key) {
    std::set<std::string> names;
    if (const Object* members = object(key))
      for (const auto& [name, ignored] : *members) names.insert(name.str());
    return names;
  }
  std::map<std::string, std::string> strings(StringRef key) {
    std::map<std::string, std::string> pairs;
    if (const Object* members = object(key))
      for (const auto& [name, value] : *members) {
        auto string = value.getAsString();
        if (!string) return wrong(key, "an object of strings"), pairs;
        pairs[name.str()] = string->str();
      }
    return pairs;
  }
  const Object* object(StringRef key) {
    const Value* value = present(key);
    if (value && !value->getAsObject()) wrong(key, "an object");
    return value ? value->getAsObject() : nullptr;
  }
  const Array* array(StringRef key) {
    const Value* value = present(key);
    if (value && !value->getAsArray()) wrong(key, "a list");
    return value ? value->getAsArray() : nullptr;
  }
  std::optional<int64_t> time(StringRef key) {
    std::string value = text(key);
    // Go's zero time: how builders without a clock leave it unset.
    if (value.empty() || value == "0001-01-01T00:00:00Z") return std::nullopt;
    auto nanoseconds = parseRfc3339(value);
    if (nanoseconds) return *nanoseconds;
    llvm::consumeError(nanoseconds.takeError());
    wrong(key, "a time");
    return std::nullopt;
  }

private:
  template <typename T, typename Get>
  T as(StringRef key, Get get, StringRef what) {
    const Value* value = present(key);
    if (!value) return T();
    auto result = get(*value);
    if (!result) return wrong(key, what), T();
    return T(*result);
  }
  const Value* present(StringRef key) const {
    const Value* value = object_.get(key);
    return value && value->kind() != Value::Null ? value : nullptr;
  }
  void wrong(StringRef key, StringRef what) {
    if (problem_.empty()) problem_ = (where_ + key + ": not " + what).str();
  }

  const Object& object_;
  std::string where_;
  std::string& problem_;
};

Healthcheck readHealthcheck(const Object& object, std::string& problem) {
  Reader reader(object, "config.Healthcheck.", problem);
  Healthcheck check;
  check.test = reader.list("Test").value_or(std::vector<std::string>());
  check.interval = reader.number("Interval");
  check.timeout = reader.number("Timeout");
  check.startPeriod = reader.number("StartPeriod");
  check.startInterval = reader.number("StartInterval");
  check.retries = reader.smallNumber("Retries");
  return check;
}

void readContainerConfig(const Object& object, ImageConfig& config, std::string& problem) {
  Reader reader(object, "config.", problem);
  config.user = reader.text("User");
  config.exposedPorts = reader.keys("ExposedPorts");
  config.env = reader.list("Env").value_or(std::vector<std::string>());
  config.entrypoint = reader.list("Entrypoint");
  config.cmd = reader.list("Cmd");
  config.volumes = reader.keys("Volumes");
  config.workingDir = reader.text("WorkingDir");
  config.labels = reader.strings("Labels");
  config.stopSignal = reader.text("StopSignal");
  config.argsEscaped = reader.boolean("ArgsEscaped");
  if (const Object* check = reader.object("Healthcheck")) config.healthcheck = readHealthcheck(*check, problem);
  config.onBuild = reader.list("OnBuild").value_or(std::vector<std::string>());
  config.shell = reader.list("Shell").value_or(std::vector<std::string>());
}

void readHistory(const Array& array, ImageConfig& config, std::string& problem) {
  for (const Value& value : array) {
    const Object* object = value.getAsObject();
    if (!object) {
      problem = "history: not a list of objects";
      return;
    }
    Reader reader(*object, "history.", problem);
    config.history.push_back({.created = reader.time("created"),
                              .createdBy = reader.text("created_by"),
                              .author = reader.text("author"),
                              .comment = reader.text("comment"),
                              .emptyLayer = reader.boolean("empty_layer")});
  }
}

llvm::Error readRootfs(const Object& rootfs, ImageConfig& config, std::string& problem) {
  Reader reader(rootfs, "rootfs.", problem);
  for (const std::string& text : reader.list("diff_ids").value_or(std::vector<std::string>())) {
    auto digest = Digest::parse(text);
    if (!digest) return withContext(digest.takeError(), "image configuration: rootfs.diff_ids");
    config.diffIds.push_back({*digest});
  }
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<ImageConfig> parseImageConfig(StringRef json) {
  auto value = parseJson(json);
  if (!value) return withContext(value.takeError(), "image configuration");
  const Object* object = value->getAsObject();
  if (!object) return fault(FaultKind::Invalid, "image configuration: not an object");
  std::string problem;
  ImageConfig config;
  Reader reader(*object, "", problem);
  config.platform = {reader.text("os"), reader.text("architecture"), reader.text("variant"), reader.text("os.version")};
  config.osFeatures = reader.list("os.features").value_or(std::vector<std::string>());
  config.created = reader.time("created");
  config.author = reader.text("author");
  if (const Object* container = reader.object("config")) readContainerConfig(*container, config, problem);
  if (const Object* rootfs = reader.object("rootfs"))
    if (auto error = readRootfs(*rootfs, config, problem)) return error;
  if (const Array* history = reader.array("history")) readHistory(*history, config, problem);
  if (!problem.empty()) return fault(FaultKind::Invalid, "image configuration: " + problem);
  return config;
}

namespace {
/// Writes members, leaving out empty ones, in the order of the calls.
class ConfigWriter {
public:
  explicit ConfigWriter(llvm::json::OStream& out) : out_(out) {}
  void text(StringRef key, StringRef value) {
    if (!value.empty()) out_.attribute(key, llvm::json::fixUTF8(value));
  }
  void number(StringRef key, int64_t value) {
    if (value) out_.attribute(key, value);
  }
  void list(StringRef key, const std::vector<std::string>& values) {
    out_.attributeArray(key, [&] {
      for (const std::string& value : values) out_.value(llvm::json::fixUTF8(value));
    });
  }
  void keys(StringRef key, const std::set<std::string>& names) {
    if (names.empty()) return;
    out_.attributeObject(key, [&] {
      for (const std::string& name : names) out_.attributeObject(llvm::json::fixUTF8(name), [] {});
    });
  }

private:
  llvm::json::OStream& out_;
};

void writeContainerConfig(llvm::json::OStream& out, const ImageConfig& config) {
  ConfigWriter writer(out);
  writer.text("User", config.user);
  writer.keys("ExposedPorts", config.exposedPorts);
  if (!config.env.empty()) writer.list("Env", config.env);
  if (config.entrypoint) writer.list("Entrypoint", *config.entrypoint);
  if (config.cmd) writer.list("Cmd", *config.cmd);
  if (config.healthcheck) {
    const Healthcheck& check = *config.healthcheck;
    out.attributeObject("Healthcheck", [&] {
      if (!check.test.empty()) writer.list("Test", check.test);
      writer.number("Interval", check.interval);
      writer.number("Timeout", check.timeout);
      writer.number("StartPeriod", check.startPeriod);
      writer.number("StartInterval", check.startInterval);
      writer.number("Retries", check.retries);
    });
  }
  if (config.argsEscaped) out.attribute("ArgsEscaped", true);
  writer.keys("Volumes", config.volumes);
  writer.text("WorkingDir", config.workingDir);
  if (!config.onBuild.empty()) writer.list("OnBuild", config.onBuild);
  if (!config.labels.empty())
    out.attributeObject("Labels", [&] {
      for (const auto& [key, value] : config.labels)
        out.attribute(llvm::json::fixUTF8(key), llvm::json::fixUTF8(value));
    });
  writer.text("StopSignal", config.stopSignal);
  if (!config.shell.empty()) writer.list("Shell", config.shell);
}
}  // namespace

std::string printImageConfig(const ImageConfig& config) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream out(stream);
  ConfigWriter writer(out);
  out.object([&] {
    if (config.created) out.attribute("created", rfc3339(*config.created));
    writer.text("author", config.author);
    out.attribute("architecture", config.platform.architecture);
    writer.text("variant", config.platform.variant);
    out.attribute("os", config.platform.os);
    writer.text("os.version", config.platform.osVersion);
    if (!config.osFeatures.empty()) writer.list("os.features", config.osFeatures);
    out.attributeObject("config", [&] { writeContainerConfig(out, config); });
    out.attributeObject("rootfs", [&] {
      out.attribute("type", "layers");
      out.attributeArray("diff_ids", [&] {
        for (const DiffId& diffId : config.diffIds) out.value(diffId.digest.str());
      });
    });
    if (!config.inlineCache.empty())
      out.attributeBegin("strata.cache.v1"), out.rawValue(config.inlineCache), out.attributeEnd();
    if (config.history.empty()) return;
    out.attributeArray("history", [&] {
      for (const HistoryEntry& entry : config.history)
        out.object([&] {
          if (entry.created) out.attribute("created", rfc3339(*entry.created));
          writer.text("created_by", entry.createdBy);
          writer.text("author", entry.author);
          writer.text("comment", entry.comment);
          if (entry.emptyLayer) out.attribute("empty_layer", true);
        });
    });
  });
  return text;
}

Object containerConfigJson(const ImageConfig& config) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream out(stream);
  out.object([&] { writeContainerConfig(out, config); });
  return std::move(*llvm::cantFail(llvm::json::parse(text)).getAsObject());
}

}  // namespace strata::layerfs
