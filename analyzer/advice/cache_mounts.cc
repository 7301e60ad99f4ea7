/// \file Cache mounts for package managers that leave their caches in layers, or fetch the same again and again.

#include "analyzer/advice/cache_saving.h"
#include "analyzer/advice/finders.h"
#include "analyzer/advice/shell_line.h"
#include "analyzer/causes/step_match.h"
#include "support/duration_text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::analyzer {

namespace {
using builder::BuildStep;
using builder::KeyComponent;

struct Manager {
  llvm::StringLiteral name;
  llvm::StringLiteral programs;  ///< separated by blanks
  llvm::StringLiteral actions;   ///< first words of theirs that fetch; empty: any
  /// Directories; "~" is root's home, "$GOPATH" and "$CARGO_HOME" what the environment says.
  llvm::StringLiteral targets;
  bool locked = false;  ///< two of them at once would hurt each other
  /// Later steps of the stage may need what is there, so all of them that run must have the mount.
  bool neededLater = false;
  llvm::StringLiteral opposite;  ///< words that say: keep no cache
};

constexpr Manager kManagers[] = {
    {"apt", "apt apt-get", "update install upgrade dist-upgrade build-dep", "/var/cache/apt /var/lib/apt/lists", true,
     false, "clean /var/lib/apt/lists/* /var/lib/apt/lists"},
    {"apk", "apk", "add update upgrade", "/var/cache/apk", true, false, "--no-cache /var/cache/apk/* /var/cache/apk"},
    {"dnf", "dnf microdnf", "install update upgrade", "/var/cache/dnf /var/cache/libdnf5", true, false,
     "clean /var/cache/dnf"},
    {"yum", "yum", "install update upgrade", "/var/cache/yum", true, false, "clean /var/cache/yum"},
    {"npm", "npm", "ci install i", "~/.npm", false, false, "cache ~/.npm"},
    {"yarn", "yarn", "", "/usr/local/share/.cache", false, false, "cache"},
    {"pip", "pip pip3 python python3", "install -m", "~/.cache/pip", false, false, "--no-cache-dir purge"},
    {"uv", "uv", "", "~/.cache/uv", false, false, "--no-cache"},
    {"poetry", "poetry", "install", "~/.cache/pypoetry", false, true, "--no-cache"},
    {"go", "go", "build install mod get test run", "$GOPATH/pkg/mod ~/.cache/go-build", false, true, "clean"},
    {"cargo", "cargo", "build install fetch test", "$CARGO_HOME/registry $CARGO_HOME/git", false, true, ""},
    {"maven", "mvn ./mvnw", "", "~/.m2", false, true, ""},
    {"gradle", "gradle ./gradlew", "", "~/.gradle/caches", false, true, ""},
    {"composer", "composer", "install update require", "~/.cache/composer ~/.composer/cache", false, false,
     "--no-cache"},
};

bool hasWord(llvm::StringRef list, llvm::StringRef word) {
  llvm::SmallVector<llvm::StringRef> words;
  list.split(words, ' ');
  return llvm::is_contained(words, word);
}

llvm::StringRef commandTextOf(const BuildStep& step) {
  const KeyComponent* instruction = componentOf(step, KeyComponent::Kind::Instruction);
  return instruction ? llvm::StringRef(instruction->value).split(" -c ").second : "";
}

/// Whether the step runs the manager, and lets it keep a cache.
bool uses(const BuildStep& step, const Manager& manager) {
  bool found = false;
  for (const SimpleCommand& command : looseCommands(commandTextOf(step))) {
    for (const std::string& word : command)
      if (hasWord(manager.opposite, word)) return false;
    if (!hasWord(manager.programs, command.front())) continue;
    auto action = llvm::find_if(llvm::drop_begin(command),
                                [](const std::string& word) { return word[0] != '-' || word == "-m"; });
    bool python = llvm::StringRef(command.front()).starts_with("python");
    if (python && !llvm::is_contained(command, "pip")) continue;
    found |= manager.actions.empty() || (action != command.end() && hasWord(manager.actions, *action));
  }
  return found;
}

std::string environment(const BuildStep& step, llvm::StringRef name) {
  const KeyComponent* variable = componentOf(step, KeyComponent::Kind::Env, name);
  return variable ? variable->value : "";
}

/// Absolute paths, as the step sees them; none where its home is not known.
std::vector<std::string> targetsOf(const BuildStep& step, const Manager& manager) {
  const KeyComponent* user = componentOf(step, KeyComponent::Kind::User);
  bool isRoot = !user || user->value.empty() || user->value == "root" || user->value == "0" || user->value == "0:0";
  std::string home = environment(step, "HOME");
  if (home.empty()) home = "/root";
  std::vector<std::string> targets;
  llvm::SmallVector<llvm::StringRef> words;
  manager.targets.split(words, ' ');
  for (llvm::StringRef word : words) {
    if (!isRoot) return {};  // a mount belongs to root
    std::string gopath = environment(step, "GOPATH"), cargo = environment(step, "CARGO_HOME");
    if (word.consume_front("~"))
      targets.push_back(home + word.str());
    else if (word.consume_front("$GOPATH"))
      targets.push_back((gopath.empty() ? home + "/go" : gopath) + word.str());
    else if (word.consume_front("$CARGO_HOME"))
      targets.push_back((cargo.empty() ? home + "/.cargo" : cargo) + word.str());
    else
      targets.push_back(word.str());
  }
  return targets;
}

/// What the step's layer holds below these directories.
uint64_t bytesBelow(const AdviceFacts& facts, size_t position, llvm::ArrayRef<std::string> targets) {
  auto layer = layerOf(facts, position);
  if (!layer) return 0;
  const ImageTree& tree = facts.analysis->tree;
  std::vector<uint64_t> sizes = tree.layerSizes(*layer);
  uint64_t bytes = 0;
  for (const std::string& target : targets) {
    auto path = tree.find(llvm::StringRef(target).drop_front());
    if (path != ImageTree::kNone) bytes += sizes[path];
  }
  return bytes;
}

/// What is known of the time that the steps take.
struct MountTimes {
  uint32_t runs = 0;  ///< how often they were executed in the builds that are known
  int64_t time = 0;
  int64_t saved = 0;
  std::string basis;  ///< sentences; empty: of no step is it known what a filled cache saves
};

llvm::Error addTimes(const AdviceFacts& facts, size_t position, llvm::ArrayRef<std::string> targets,
                     MountTimes& times) {
  uint32_t runs = 0;
  for (const ExplainedBuild& one : facts.history) {
    const BuildStep* then = matchSteps(facts.build, one.build)[position];
    if (!then || then->outcome != BuildStep::Outcome::Executed) continue;
    ++runs;
    times.time += then->duration;
  }
  times.runs = std::max(times.runs, runs);
  auto saving = cacheSavingOf(facts, position, targets);
  if (!saving) return saving.takeError();
  if (!*saving) return llvm::Error::success();
  times.saved += (*saving)->saved;
  times.basis += " In build " + (*saving)->build + " the files of its cache were written in " +
                 durationText((*saving)->filled) + " of the " + durationText((*saving)->duration) +
                 " that it took: so much could be spared where a cache has all that is asked for, " +
                 durationText((*saving)->saved) + " in " + std::to_string((*saving)->executions) +
                 " executions after the first.";
  return llvm::Error::success();
}

std::string detailOf(const MountTimes& times, size_t builds) {
  if (times.runs < 2) return "";
  std::string text = "It ran " + std::to_string(times.runs) + " times in the last " + std::to_string(builds) +
                     " builds, " + durationText(times.time) + " in all";
  return times.basis.empty() ? text + "; how much of that was downloading is not known." : text + "." + times.basis;
}

bool mounts(const BuildStep& step) { return componentOf(step, KeyComponent::Kind::Mount) != nullptr; }

/// "RUN --mount=type=cache,target=/root/.npm npm ci", of the line that the instruction begins with.
std::optional<LineEdit> editOf(const AdviceFacts& facts, const BuildStep& step, const Manager& manager) {
  llvm::StringRef line = facts.files.dockerfile->line(step.firstLine), rest = line.ltrim(" \t");
  if (!rest.take_front(4).equals_insensitive("RUN ")) return std::nullopt;
  std::string text = line.take_front(line.size() - rest.size() + 4).str();
  for (const std::string& target : targetsOf(step, manager))
    text += "--mount=type=cache,target=" + target + (manager.locked ? ",sharing=locked " : " ");
  return LineEdit{step.firstLine, step.firstLine, {text + rest.drop_front(4).ltrim(" \t").str()}};
}

/// The steps of a stage that run the manager, where all of them can have the mount.
std::vector<size_t> usersIn(const AdviceFacts& facts, llvm::StringRef stage, const Manager& manager) {
  std::vector<size_t> users;
  for (size_t position = 0; position < facts.build.steps.size(); ++position) {
    const BuildStep& step = facts.build.steps[position];
    if (step.stage != stage || step.instruction != "run") continue;
    if (uses(step, manager)) {
      if (mounts(step) || !hasOwnLines(step) || targetsOf(step, manager).empty()) return {};
      users.push_back(position);
    } else if (manager.neededLater && !users.empty()) {
      return {};  // it may look for what would be in the mount
    }
  }
  return users;
}

llvm::Error advise(const AdviceFacts& facts, llvm::StringRef stage, const Manager& manager, Advices& advice) {
  std::vector<size_t> users = usersIn(facts, stage, manager);
  if (users.empty()) return llvm::Error::success();
  Advice one{.finding = findingAbout(
                 facts, users.front(), "cache-mount",
                 "a cache mount keeps what " + manager.name.str() + " downloads out of the layer and between builds")};
  MountTimes times;
  for (size_t position : users) {
    const BuildStep& step = facts.build.steps[position];
    auto edit = editOf(facts, step, manager);
    if (!edit) return llvm::Error::success();
    one.edits.push_back(std::move(*edit));
    std::vector<std::string> targets = targetsOf(step, manager);
    one.finding.bytes += bytesBelow(facts, position, targets);
    if (llvm::Error error = addTimes(facts, position, targets, times)) return error;
  }
  if (one.finding.bytes == 0 && times.runs < 2) return llvm::Error::success();
  if (one.finding.bytes == 0 && times.saved == 0) one.finding.level = FindingLevel::Note;
  one.finding.nanoseconds = times.saved;
  one.finding.detail = detailOf(times, facts.history.size());
  advice.push_back(std::move(one));
  return llvm::Error::success();
}
}  // namespace

llvm::Error adviseCacheMounts(const AdviceFacts& facts, Advices& advice) {
  std::vector<std::string> stages;
  for (const BuildStep& step : facts.build.steps)
    if (!llvm::is_contained(stages, step.stage)) stages.push_back(step.stage);
  for (const std::string& stage : stages)
    for (const Manager& manager : kManagers)
      if (llvm::Error error = advise(facts, stage, manager, advice)) return error;
  return llvm::Error::success();
}

}  // namespace strata::analyzer
