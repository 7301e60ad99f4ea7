/// \file A COPY moved below RUNs that read nothing of it: what they do depends on their words alone, as far as they are
/// of programs that are known to look at nothing else.

#include "analyzer/advice/finders.h"
#include "analyzer/advice/replay.h"
#include "analyzer/advice/shell_line.h"
#include "support/duration_text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringSwitch.h>

#include <set>

namespace strata::analyzer {

namespace {
using builder::BuildStep;
using builder::KeyComponent;

bool isPackageWord(llvm::StringRef word) { return !word.contains('/') && !word.starts_with("."); }

/// A command that reads no file that a build could have copied, but for what its words name.
bool readsNothing(const SimpleCommand& command) {
  llvm::StringRef program = command.front();
  auto words = llvm::drop_begin(command);
  bool known = llvm::StringSwitch<bool>(program)
                   .Cases("apt-get", "apt", "apk", "dnf", "microdnf", "yum", "zypper", true)
                   .Cases("adduser", "addgroup", "useradd", "groupadd", "usermod", true)
                   .Cases("sleep", "true", "echo", "gem", true)
                   .Default(false);
  if (known || program == "pip" || program == "pip3") {
    bool plain = llvm::all_of(words, isPackageWord);
    if (program == "gem" || program.starts_with("pip")) plain &= command.size() > 2 && command[1] == "install";
    for (const std::string& word : words) plain &= word != "-r" && word != "-c" && word != "-e" && word != "-f";
    return plain;
  }
  return program == "rm" && llvm::all_of(words, [](llvm::StringRef word) {
           return word == "-rf" || word == "-r" || word == "-f" || word.starts_with("/var/lib/apt/lists") ||
                  word.starts_with("/var/cache/");
         });
}

bool isIndependent(const BuildStep& step) {
  auto text = shellTextOf(step);
  if (!text || !hasOwnLines(step)) return false;
  for (const std::string& flag : runFlagsOf(step))
    if (!llvm::StringRef(flag).contains("type=cache")) return false;
  std::string plain;  // a pattern in the one place where it is usual
  for (llvm::StringRef rest = *text; !rest.empty();) {
    auto [before, after] = rest.split("/var/lib/apt/lists/*");
    plain += before.str() + (after.data() && before.size() < rest.size() ? "/var/lib/apt/lists" : "");
    rest = after;
  }
  auto commands = simpleCommands(plain);
  return commands && llvm::all_of(*commands, [](const SimpleCommand& command) {
           return readsNothing(command) || (command.front() == "set" && command.size() == 2);
         });
}

/// Whether COPYs and RUNs leave nothing at the same path, so that it does not matter who comes first.
bool areApart(const AdviceFacts& facts, llvm::ArrayRef<size_t> copies, llvm::ArrayRef<size_t> runs) {
  std::set<uint32_t> copied, run;
  for (size_t position : copies)
    if (auto layer = layerOf(facts, position)) copied.insert(*layer);
  for (size_t position : runs)
    if (auto layer = layerOf(facts, position)) run.insert(*layer);
  if (copied.size() != copies.size()) return false;
  const ImageTree& tree = facts.analysis->tree;
  for (uint32_t id = 0; id < tree.changeCount(); ++id) {
    const ImageTree::Change& change = tree.change(id);
    if (!copied.count(change.layer) || change.action == ImageTree::Action::Unchanged) continue;
    for (uint32_t layer : run) {
      auto other = tree.changeIn(change.path, layer);
      if (other != ImageTree::kNone && tree.change(other).action != ImageTree::Action::Unchanged) return false;
    }
  }
  return true;
}

/// Instructions that make no step and stand between two lines, which a moved COPY would pass.
bool passesVariables(const AdviceFacts& facts, uint32_t from, uint32_t to) {
  for (uint32_t number = from; number <= to; ++number) {
    std::string word = facts.files.dockerfile->line(number).ltrim().take_until([](char c) { return c == ' '; }).upper();
    if (word == "ENV" || word == "ARG" || word == "ONBUILD") return true;
  }
  return false;
}

std::vector<size_t> independentRunsBelow(const AdviceFacts& facts, size_t copy) {
  std::vector<size_t> runs;
  for (size_t at = copy;;) {
    auto next = nextInStage(facts.build, at);
    if (!next || facts.build.steps[*next].instruction != "run" || !isIndependent(facts.build.steps[*next])) return runs;
    if (passesVariables(facts, facts.build.steps[at].lastLine + 1, facts.build.steps[*next].firstLine - 1)) return runs;
    runs.push_back(at = *next);
  }
}

/// The COPYs that end with this one and stand one below the other, lowest first.
std::vector<size_t> copiesUpFrom(const AdviceFacts& facts, size_t lowest) {
  std::vector<size_t> copies{lowest};
  for (size_t position = lowest; position-- > 0;) {
    const BuildStep& step = facts.build.steps[position];
    if (step.stage != facts.build.steps[lowest].stage) continue;
    if (step.instruction != "copy" || !hasOwnLines(step) || directlyAfter(facts, position) != copies.back()) break;
    copies.push_back(position);
  }
  return copies;
}

/// With the comment above it.
uint32_t beginOf(const FileLines& lines, const BuildStep& step) {
  uint32_t first = step.firstLine;
  while (first > 1 && lines.line(first - 1).ltrim().starts_with("#")) --first;
  return first;
}

Advice adviceOf(const AdviceFacts& facts, llvm::ArrayRef<size_t> copies, llvm::ArrayRef<size_t> runs,
                const Replayed& replayed) {
  const FileLines& lines = *facts.files.dockerfile;
  const BuildStep& last = facts.build.steps[runs.back()];
  Advice one{.finding = findingAbout(facts, copies.front(), "reorder",
                                     "copied above a RUN that reads nothing of it, and makes it run again")};
  LineEdit below{last.lastLine + 1, last.lastLine, {}};
  for (size_t position : copies) {
    const BuildStep& copy = facts.build.steps[position];
    uint32_t first = beginOf(lines, copy);
    std::vector<std::string> moved = lines.lines(first, copy.lastLine);
    below.lines.insert(below.lines.end(), moved.begin(), moved.end());
    one.edits.push_back({first, copy.lastLine, {}});
  }
  one.edits.push_back(std::move(below));
  one.finding.nanoseconds = replayed.saved;
  one.finding.detail = "Below line " + std::to_string(last.lastLine) + " it would have saved " +
                       durationText(replayed.saved) + " in " + std::to_string(replayed.builds) + " of the last " +
                       std::to_string(facts.history.size()) + " builds.";
  return one;
}

llvm::Error adviseAround(const AdviceFacts& facts, size_t lowest, Advices& advice) {
  std::vector<size_t> runs = independentRunsBelow(facts, lowest), up = copiesUpFrom(facts, lowest), best, copies;
  if (runs.empty()) return llvm::Error::success();
  Replayed most;
  for (size_t position : up) {
    copies.insert(copies.begin(), position);
    auto ground = [](const BuildStep& moved) -> llvm::Expected<std::optional<std::string>> { return groundOf(moved); };
    auto replayed = replay(facts, position, runs, ground);
    if (!replayed) return replayed.takeError();
    if (replayed->saved <= most.saved || !areApart(facts, copies, runs)) continue;
    most = *replayed;
    best = copies;
  }
  if (!best.empty()) advice.push_back(adviceOf(facts, best, runs, most));
  return llvm::Error::success();
}
}  // namespace

llvm::Error adviseOrder(const AdviceFacts& facts, Advices& advice) {
  if (!facts.analysis) return llvm::Error::success();
  for (size_t position = 0; position < facts.build.steps.size(); ++position) {
    const BuildStep& step = facts.build.steps[position];
    if (step.instruction != "copy" || !hasOwnLines(step) || !layerOf(facts, position)) continue;
    if (llvm::Error error = adviseAround(facts, position, advice)) return error;
  }
  return llvm::Error::success();
}

}  // namespace strata::analyzer
