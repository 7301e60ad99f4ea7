#include "analyzer/diff/config_diff.h"

#include "support/duration_text.h"
#include "support/text.h"

#include <map>

namespace strata::analyzer {

namespace {

using layerfs::Healthcheck;
using layerfs::ImageConfig;
using MaybeText = std::optional<std::string>;
using Named = std::map<std::string, std::string>;

MaybeText unlessEmpty(const std::string& text) { return text.empty() ? MaybeText() : MaybeText(text); }
MaybeText listText(const std::vector<std::string>& list) { return printJson(llvm::json::Array(list)); }
MaybeText listText(const std::optional<std::vector<std::string>>& list) { return list ? listText(*list) : MaybeText(); }
MaybeText unlessEmptyList(const std::vector<std::string>& list) { return list.empty() ? MaybeText() : listText(list); }

Named namedOf(const std::vector<std::string>& env) {
  Named variables;
  for (llvm::StringRef one : env) variables[one.split('=').first.str()] = one.split('=').second.str();
  return variables;
}
Named namedOf(const std::set<std::string>& names) {
  Named named;
  for (const std::string& name : names) named[name];
  return named;
}
Named namedOf(const std::optional<Healthcheck>& check) {
  Named parts;
  if (!check) return parts;
  parts["test"] = *listText(check->test);
  auto put = [&](const char* name, int64_t nanoseconds) {
    if (nanoseconds != 0) parts[name] = durationText(nanoseconds);
  };
  put("interval", check->interval);
  put("timeout", check->timeout);
  put("startPeriod", check->startPeriod);
  put("startInterval", check->startInterval);
  if (check->retries != 0) parts["retries"] = std::to_string(check->retries);
  return parts;
}

std::string platformText(const ImageConfig& config) {
  std::string text = config.platform.str();
  if (!config.platform.osVersion.empty()) text += " " + config.platform.osVersion;
  for (const std::string& feature : config.osFeatures) text += " " + feature;
  return text;
}

class Changes {
public:
  void compare(const char* member, MaybeText before, MaybeText after) {
    put(member, {}, std::move(before), std::move(after));
  }

  void compare(const char* member, const Named& before, const Named& after) {
    auto left = before.begin(), right = after.begin();
    while (left != before.end() || right != after.end()) {
      if (right == after.end() || (left != before.end() && left->first < right->first)) {
        put(member, left->first, left->second, std::nullopt);
        ++left;
      } else if (left == before.end() || right->first < left->first) {
        put(member, right->first, std::nullopt, right->second);
        ++right;
      } else {
        put(member, left->first, left->second, right->second);
        ++left, ++right;
      }
    }
  }

  std::vector<ConfigChange> take() { return std::move(changes_); }

private:
  void put(const char* member, std::string name, MaybeText before, MaybeText after) {
    if (before != after) changes_.push_back({member, std::move(name), std::move(before), std::move(after)});
  }
  std::vector<ConfigChange> changes_;
};

}  // namespace

std::vector<ConfigChange> diffConfigs(const ImageConfig& before, const ImageConfig& after) {
  Changes changes;
  changes.compare("platform", platformText(before), platformText(after));
  changes.compare("entrypoint", listText(before.entrypoint), listText(after.entrypoint));
  changes.compare("cmd", listText(before.cmd), listText(after.cmd));
  changes.compare("shell", unlessEmptyList(before.shell), unlessEmptyList(after.shell));
  changes.compare("user", unlessEmpty(before.user), unlessEmpty(after.user));
  changes.compare("workingDir", unlessEmpty(before.workingDir), unlessEmpty(after.workingDir));
  changes.compare("env", namedOf(before.env), namedOf(after.env));
  changes.compare("exposedPorts", namedOf(before.exposedPorts), namedOf(after.exposedPorts));
  changes.compare("volumes", namedOf(before.volumes), namedOf(after.volumes));
  changes.compare("healthcheck", namedOf(before.healthcheck), namedOf(after.healthcheck));
  changes.compare("stopSignal", unlessEmpty(before.stopSignal), unlessEmpty(after.stopSignal));
  changes.compare("onBuild", unlessEmptyList(before.onBuild), unlessEmptyList(after.onBuild));
  changes.compare("argsEscaped", before.argsEscaped ? MaybeText("true") : MaybeText(),
                  after.argsEscaped ? MaybeText("true") : MaybeText());
  changes.compare("labels", before.labels, after.labels);
  changes.compare("author", unlessEmpty(before.author), unlessEmpty(after.author));
  return changes.take();
}

}  // namespace strata::analyzer
