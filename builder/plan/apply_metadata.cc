#include "builder/lint/check_stage.h"
#include "builder/plan/outline.h"
#include "builder/plan/planner.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

llvm::Error Planner::apply(const Instruction& at, Place& place, StageState& state) {
  using llvm::Error;
  struct Visitor {
    Planner& planner;
    const Instruction& at;
    Place& place;
    StageState& state;
    Error operator()(const ArgInstruction& body) { return planner.applyArg(body, at, place, state); }
    Error operator()(const EnvInstruction& body) { return planner.applyEnv(body, at, place, state); }
    Error operator()(const LabelInstruction& body) { return planner.applyLabel(body, at, place, state); }
    Error operator()(const RunInstruction& body) { return planner.applyRun(body, at, place, state); }
    Error operator()(const CopyInstruction& body) { return planner.applyCopy(body, at, place, state); }
    Error operator()(const WorkdirInstruction& body) { return planner.applyWorkdir(body, at, place, state); }
    Error operator()(const UserInstruction& body) { return planner.applyUser(body, at, place, state); }
    Error operator()(const CmdInstruction& body) { return planner.applyCmd(body, state), Error::success(); }
    Error operator()(const EntrypointInstruction& body) {
      return planner.applyEntrypoint(body, state), Error::success();
    }
    Error operator()(const ShellInstruction& body) { return planner.applyShell(body, state), Error::success(); }
    Error operator()(const ExposeInstruction& body) { return planner.applyExpose(body, at, place, state); }
    Error operator()(const VolumeInstruction& body) { return planner.applyVolume(body, at, place, state); }
    Error operator()(const StopsignalInstruction& body) { return planner.applyStopsignal(body, at, place, state); }
    Error operator()(const HealthcheckInstruction& body) {
      return planner.applyHealthcheck(body, state), Error::success();
    }
    Error operator()(const MaintainerInstruction& body) {
      state.config.author = body.author.str();
      planner.addHistory(state, "MAINTAINER " + body.author.str());
      return Error::success();
    }
    Error operator()(const OnbuildInstruction& body) {
      state.config.onBuild.push_back(body.trigger);
      return Error::success();
    }
  };
  noteInstruction(at, place, state);
  return std::visit(Visitor{*this, at, place, state}, at.body);
}

namespace {
/// ARG-19: for whoever scans the image, not for its steps.
bool isScanSetting(llvm::StringRef name) {
  return name == "BUILDKIT_SBOM_SCAN_CONTEXT" || name == "BUILDKIT_SBOM_SCAN_STAGE";
}
}  // namespace

/// ARG-4: a build arg as it is, else the default expanded, else the global value; each pair sees those to its left.
llvm::Error Planner::applyArg(const ArgInstruction& arg, const Instruction& at, Place& place, StageState& state) {
  std::string history = "ARG";
  for (const KeyValue& pair : arg.pairs) {
    std::optional<Variable> variable;
    if (auto given = options_.buildArgs.find(pair.key.str()); given != options_.buildArgs.end()) {
      variable = Variable{given->second, true, "--build-arg"};
    } else if (pair.value) {
      auto value = expand(*pair.value, state, at, place);
      if (!value) return value.takeError();
      variable = Variable{std::move(*value), true, whereOf(at, place)};
    } else if (const Variable* global = globals_.get(pair.key)) {
      variable = *global;
    }
    if (options_.outline && !place.triggered)
      options_.outline->addArg(at, pair, variable ? std::optional<llvm::StringRef>(variable->value) : std::nullopt);
    (history += ' ') += pair.key;
    if (variable) {
      variable->line = rangeOf(at, place).firstLine();
      (history += '=') += variable->value;
      if (!isScanSetting(pair.key)) state.env.set(pair.key, *variable);
    }
    if (!llvm::is_contained(state.declaredArgs, pair.key)) state.declaredArgs.push_back(pair.key.str());
  }
  addHistory(state, std::move(history));
  return llvm::Error::success();
}

llvm::Error Planner::applyEnv(const EnvInstruction& env, const Instruction& at, Place& place, StageState& state) {
  std::string history = "ENV";
  llvm::SmallVector<std::pair<std::string, std::string>, 1> pairs;  // all expanded with what was before (VAR-4)
  for (const KeyValue& pair : env.pairs) {
    auto key = expand(pair.key, state, at, place);
    if (!key) return key.takeError();
    auto value = expand(pair.value.value_or(""), state, at, place);
    if (!value) return value.takeError();
    if (LintReport* lint = lintAt(place)) checkSecretName(at, *key, *lint);
    (((history += ' ') += *key) += '=') += *value;
    pairs.emplace_back(std::move(*key), std::move(*value));
  }
  for (const auto& [key, value] : pairs) state.setEnv(key, value, whereOf(at, place));
  addHistory(state, std::move(history));
  return llvm::Error::success();
}

llvm::Error Planner::applyLabel(const LabelInstruction& label, const Instruction& at, Place& place, StageState& state) {
  std::string history = "LABEL";
  for (const KeyValue& pair : label.pairs) {
    auto key = expand(pair.key, state, at, place);
    if (!key) return key.takeError();
    auto value = expand(pair.value.value_or(""), state, at, place);
    if (!value) return value.takeError();
    (((history += ' ') += *key) += '=') += *value;
    state.config.labels[*key] = *value;
  }
  addHistory(state, std::move(history));
  return llvm::Error::success();
}

llvm::Error Planner::applyUser(const UserInstruction& user, const Instruction& at, Place& place, StageState& state) {
  auto name = expand(user.user, state, at, place);
  if (!name) return name.takeError();
  state.config.user = *name;
  addHistory(state, "USER " + *name);
  return llvm::Error::success();
}

namespace {
std::vector<std::string> storedCommand(const CommandLine& command, const StageState& state) {
  if (command.exec) return command.words;
  std::vector<std::string> words = state.config.shell;
  if (words.empty()) words = {"/bin/sh", "-c"};
  words.push_back(command.words.empty() ? "" : command.words[0]);
  return words;
}

/// HIST-10: each element quoted, blank separated.
std::string quotedList(llvm::ArrayRef<std::string> words) {
  std::string text = "[";
  for (const std::string& word : words) {
    if (text.size() > 1) text += " ";
    text += '"';
    for (char c : word) {
      if (c == '"' || c == '\\') text += '\\';
      if (c == '\n')
        text += "\\n";
      else if (c == '\t')
        text += "\\t";
      else
        text += c;
    }
    text += '"';
  }
  return text + "]";
}
}  // namespace

void Planner::applyCmd(const CmdInstruction& cmd, StageState& state) {
  state.config.cmd = storedCommand(cmd.command, state);
  state.config.argsEscaped = true;
  state.cmdSet = true;
  addHistory(state, "CMD " + quotedList(*state.config.cmd));
}

void Planner::applyEntrypoint(const EntrypointInstruction& entrypoint, StageState& state) {
  std::vector<std::string> words = storedCommand(entrypoint.command, state);
  if (words.empty())
    state.config.entrypoint.reset();
  else
    state.config.entrypoint = words;
  if (!state.cmdSet) state.config.cmd.reset();
  addHistory(state, "ENTRYPOINT " + quotedList(words));
}

void Planner::applyShell(const ShellInstruction& shell, StageState& state) {
  state.config.shell = shell.words;
  addHistory(state, "SHELL [" + llvm::join(shell.words, " ") + "]");
}

std::string goDuration(int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  auto fraction = [](int64_t value, int64_t unit, const char* name) {
    std::string text = std::to_string(value / unit);
    if (int64_t rest = value % unit) {
      std::string digits = std::to_string(unit + rest).substr(1);
      text += "." + llvm::StringRef(digits).rtrim('0').str();
    }
    return text + name;
  };
  if (nanoseconds < 1'000) return std::to_string(nanoseconds) + "ns";
  if (nanoseconds < 1'000'000) return fraction(nanoseconds, 1'000, "µs");
  if (nanoseconds < 1'000'000'000) return fraction(nanoseconds, 1'000'000, "ms");
  int64_t minutes = nanoseconds / 60'000'000'000;
  std::string text;
  if (minutes >= 60) text += std::to_string(minutes / 60) + "h";
  if (minutes > 0) text += std::to_string(minutes % 60) + "m";
  return text + fraction(nanoseconds % 60'000'000'000, 1'000'000'000, "s");
}

void Planner::applyHealthcheck(const HealthcheckInstruction& check, StageState& state) {
  layerfs::Healthcheck health;
  if (check.none) {
    health.test = {"NONE"};
  } else {
    health.test = {check.command.exec ? "CMD" : "CMD-SHELL"};
    health.test.insert(health.test.end(), check.command.words.begin(), check.command.words.end());
    health.interval = check.interval;
    health.timeout = check.timeout;
    health.startPeriod = check.startPeriod;
    health.startInterval = check.startInterval;
    health.retries = check.retries;
  }
  addHistory(state, "HEALTHCHECK {Test:[" + llvm::join(health.test, " ") + "] Interval:" + goDuration(health.interval) +
                        " Timeout:" + goDuration(health.timeout) + " StartPeriod:" + goDuration(health.startPeriod) +
                        " StartInterval:" + goDuration(health.startInterval) +
                        " Retries:" + std::to_string(health.retries) + "}");
  state.config.healthcheck = std::move(health);
}

llvm::Error Planner::applyExpose(const ExposeInstruction& expose, const Instruction& at, Place& place,
                                 StageState& state) {
  std::vector<std::string> words;
  for (const AstWord& word : expose.ports) {
    Expansion names;  // expandWords tells of no names
    auto lookUp = [&](llvm::StringRef name) {
      auto value = state.env.find(name);
      if (!value) names.unset.push_back(name);
      return value;
    };
    auto expanded = expandWords(word.text, lookUp, escapeAt(place));
    if (!expanded) return wrong(at, place, messageOf(expanded.takeError()));
    noteUnset(names, state, at, place);
    words.insert(words.end(), expanded->begin(), expanded->end());
  }
  llvm::sort(words);  // EXPOSE-5
  std::vector<std::string> shown;
  for (const std::string& word : words) {
    if (LintReport* lint = lintAt(place)) checkPort(at, word, *lint);
    auto ports = parsePorts(word);
    if (!ports) return wrong(at, place, messageOf(ports.takeError()));
    for (const std::string& port : *ports) {
      state.config.exposedPorts.insert(port);
      shown.push_back(port);
    }
  }
  addHistory(state, "EXPOSE [" + llvm::join(shown, " ") + "]");
  return llvm::Error::success();
}

llvm::Error Planner::applyVolume(const VolumeInstruction& volume, const Instruction& at, Place& place,
                                 StageState& state) {
  std::vector<std::string> paths;
  for (const AstWord& word : volume.paths) {
    auto path = expand(word.text, state, at, place);
    if (!path) return path.takeError();
    if (path->empty()) return wrong(at, place, "VOLUME specified can not be an empty string");
    state.config.volumes.insert(*path);
    paths.push_back(std::move(*path));
  }
  addHistory(state, "VOLUME [" + llvm::join(paths, " ") + "]");
  return llvm::Error::success();
}

llvm::Error Planner::applyStopsignal(const StopsignalInstruction& stop, const Instruction& at, Place& place,
                                     StageState& state) {
  auto signal = expand(stop.signal, state, at, place);
  if (!signal) return signal.takeError();
  if (!isSignal(*signal)) return wrong(at, place, "invalid signal: " + *signal);
  state.config.stopSignal = *signal;
  addHistory(state, "STOPSIGNAL " + *signal);
  return llvm::Error::success();
}

}  // namespace strata::builder
