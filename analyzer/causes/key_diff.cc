#include "analyzer/causes/key_diff.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace strata::analyzer {

namespace {

using builder::BuildStep;
using builder::KeyComponent;
using builder::TreeChange;

/// A question that two keys answer: kind, name, and the how-manieth of this kind and name.
using Question = std::tuple<KeyComponent::Kind, std::string, unsigned>;
using Answers = std::map<Question, const KeyComponent*>;

Answers answersOf(const BuildStep& step) {
  Answers answers;
  std::map<std::pair<KeyComponent::Kind, std::string>, unsigned> seen;
  for (const KeyComponent& component : step.components)
    answers[{component.kind, component.name, seen[{component.kind, component.name}]++}] = &component;
  return answers;
}

bool sameAnswer(const KeyComponent& a, const KeyComponent& b) { return a.value == b.value && a.tree == b.tree; }

/// Mostly two keys have the same parts in the same order, and there is nothing to look for.
bool sameAnswers(const BuildStep& a, const BuildStep& b) {
  auto same = [](const KeyComponent& one, const KeyComponent& other) {
    return one.kind == other.kind && one.name == other.name && sameAnswer(one, other);
  };
  return std::equal(a.components.begin(), a.components.end(), b.components.begin(), b.components.end(), same);
}

Cause::Kind causeOf(const KeyComponent& component) {
  switch (component.kind) {
    case KeyComponent::Kind::Instruction:
      return Cause::Kind::Instruction;
    case KeyComponent::Kind::Parent:
      return component.step ? Cause::Kind::ParentRebuilt : Cause::Kind::BaseMoved;
    case KeyComponent::Kind::Base:
      return Cause::Kind::BaseMoved;
    case KeyComponent::Kind::Arg:
      return Cause::Kind::Argument;
    case KeyComponent::Kind::Env:
      return Cause::Kind::Environment;
    case KeyComponent::Kind::Files:
      return Cause::Kind::Files;
    case KeyComponent::Kind::Destination:
      return Cause::Kind::Destination;
    case KeyComponent::Kind::Mount:
      return Cause::Kind::Mount;
    case KeyComponent::Kind::Platform:
      return Cause::Kind::Platform;
    default:
      return Cause::Kind::Option;
  }
}

/// "user", "shell".
std::string nameOfCause(const KeyComponent& component, Cause::Kind kind) {
  if (kind != Cause::Kind::Option || component.kind == KeyComponent::Kind::Option) return component.name;
  std::string name = nameOf(component.kind).str();
  return component.name.empty() || component.name == name ? name : name + " " + component.name;
}

/// Parts that only become known while a step runs: one that failed says nothing by lacking them.
bool foundOut(const KeyComponent& component) {
  return component.kind == KeyComponent::Kind::Destination || component.kind == KeyComponent::Kind::Parent;
}

/// Files of a stage, in a step that failed before it had them.
bool isOpen(const KeyComponent& component) {
  return component.kind == KeyComponent::Kind::Files && component.value.empty() && !component.tree;
}

/// Own causes first, in the order of their kinds; what came from above last.
bool causeLess(const Cause& a, const Cause& b) {
  auto rank = [](const Cause& cause) { return cause.kind == Cause::Kind::ParentRebuilt ? 1000 : int(cause.kind); };
  return rank(a) < rank(b);
}

uint64_t sizeOf(const TreeChange& change) { return std::max(change.oldSize, change.newSize); }

llvm::Expected<Cause> changed(const KeyComponent* before, const KeyComponent& after, builder::TreeStore& trees) {
  Cause cause;
  cause.kind = causeOf(after);
  cause.name = nameOfCause(after, cause.kind);
  cause.before = before ? before->value : "";
  cause.after = after.value;
  cause.where = after.where;
  cause.whereBefore = before ? before->where : "";
  cause.rootCause = after.step;
  if (cause.kind != Cause::Kind::Files) return cause;
  if (!before || !before->tree || !after.tree) {
    cause.changesKnown = false;
    return cause;
  }
  auto changes = changesBetween(trees, before->tree, after.tree);
  if (!changes) return changes.takeError();
  cause.changesKnown = changes->has_value();
  if (*changes) cause.changes = std::move(**changes);
  return cause;
}

Cause gone(const KeyComponent& before) {
  Cause cause;
  cause.kind = causeOf(before);
  cause.name = nameOfCause(before, cause.kind);
  cause.before = before.value;
  cause.whereBefore = before.where;
  cause.changesKnown = cause.kind != Cause::Kind::Files;
  return cause;
}

/// Another base by name: the old one has gone and the new one has come, which is one cause, and the line's.
void joinBases(std::vector<Cause>& causes, bool rewritten) {
  auto came = llvm::find_if(causes, [](auto& c) { return c.kind == Cause::Kind::BaseMoved && c.before.empty(); });
  auto went = llvm::find_if(causes, [](auto& c) { return c.kind == Cause::Kind::BaseMoved && c.after.empty(); });
  if (came == causes.end() || went == causes.end() || came == went) return;
  if (!rewritten)
    *came = Cause{.kind = Cause::Kind::Instruction, .before = "FROM " + went->name, .after = "FROM " + came->name};
  causes.erase(went);
  llvm::erase_if(causes, [&](auto& c) { return rewritten && c.kind == Cause::Kind::BaseMoved && c.before.empty(); });
}

/// A variable that was an ARG and is an ENV now, or the other way round, is one cause.
void joinVariables(std::vector<Cause>& causes) {
  auto isVariable = [](const Cause& cause) {
    return cause.kind == Cause::Kind::Argument || cause.kind == Cause::Kind::Environment;
  };
  for (size_t i = 0; i < causes.size(); ++i) {
    if (!isVariable(causes[i]) || causes[i].where.empty() || !causes[i].whereBefore.empty()) continue;
    auto went = llvm::find_if(causes, [&](const Cause& other) {
      return isVariable(other) && other.kind != causes[i].kind && other.name == causes[i].name && other.where.empty();
    });
    if (went == causes.end()) continue;
    causes[i].before = went->before;
    causes[i].whereBefore = went->whereBefore;
    size_t at = size_t(went - causes.begin());
    causes.erase(went);
    if (at < i) --i;
  }
}

/// The same line upon the same tree goes to the same place: whatever else is said of that place is no cause.
void dropSamePlace(std::vector<Cause>& causes, const BuildStep& before, const BuildStep& after) {
  auto stateOf = [](const BuildStep& step) -> const std::string* {
    for (const KeyComponent& component : step.components)
      if (component.kind == KeyComponent::Kind::Parent) return &component.value;
    return nullptr;
  };
  const std::string *old = stateOf(before), *now = stateOf(after);
  if (causes.size() > 1 && old && now && *old == *now)
    llvm::erase_if(causes, [](const Cause& cause) { return cause.kind == Cause::Kind::Destination; });
}

/// Leaves out what follows from another cause, and orders the rest.
void tidy(std::vector<Cause>& causes, llvm::StringRef instruction) {
  bool rewritten = llvm::any_of(causes, [](const Cause& cause) { return cause.kind == Cause::Kind::Instruction; });
  joinBases(causes, rewritten);
  joinVariables(causes);
  // Sources that an edited line names or names no more, and where it copies to, are told by the line.
  llvm::erase_if(causes, [&](const Cause& cause) {
    bool told = (cause.kind == Cause::Kind::Files && !cause.changesKnown) || cause.kind == Cause::Kind::Option ||
                cause.kind == Cause::Kind::Destination;
    return rewritten && instruction != "run" && told;
  });
  // What is copied does not depend on the whole of what it is copied onto: any other cause is the cause.
  if (instruction != "run" && llvm::any_of(causes, [](auto& c) { return c.kind != Cause::Kind::ParentRebuilt; }))
    llvm::erase_if(causes, [](const Cause& cause) { return cause.kind == Cause::Kind::ParentRebuilt; });
  llvm::stable_sort(causes, causeLess);
}

}  // namespace

llvm::Expected<std::optional<std::vector<TreeChange>>> changesBetween(builder::TreeStore& trees, const Digest& before,
                                                                      const Digest& after) {
  auto changes = diffTrees(trees, before, after);
  if (!changes) {
    llvm::Error error = changes.takeError();
    if (takeIf(error, FaultKind::NotFound)) return std::nullopt;
    return error;
  }
  llvm::stable_sort(*changes, [](const TreeChange& a, const TreeChange& b) { return sizeOf(a) > sizeOf(b); });
  return std::move(*changes);
}

llvm::Expected<std::vector<Cause>> differencesBetween(const BuildStep& before, const BuildStep& after,
                                                      builder::TreeStore& trees) {
  if (sameAnswers(before, after)) return std::vector<Cause>();
  Answers old = answersOf(before), now = answersOf(after);
  std::vector<Cause> causes;
  for (const auto& [question, component] : now) {
    auto was = old.find(question);
    const KeyComponent* previous = was == old.end() ? nullptr : was->second;
    if (previous ? sameAnswer(*previous, *component) : foundOut(*component)) continue;
    if (previous && isOpen(*previous) != isOpen(*component)) continue;
    auto cause = changed(previous, *component, trees);
    if (!cause) return cause.takeError();
    causes.push_back(std::move(*cause));
  }
  for (const auto& [question, component] : old)
    if (!now.count(question) && !foundOut(*component)) causes.push_back(gone(*component));
  dropSamePlace(causes, before, after);
  tidy(causes, after.instruction);
  return causes;
}

}  // namespace strata::analyzer
