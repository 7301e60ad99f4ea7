/// \file A base by its digest: what the name led to when the last build was made.

#include "analyzer/advice/finders.h"

#include <llvm/ADT/STLExtras.h>

#include <set>

namespace strata::analyzer {

namespace {
using builder::BuildStep;
using builder::KeyComponent;

struct Moves {
  uint32_t builds = 0;
  int64_t time = 0;
};

/// What was built again only because this name led to another image.
Moves movesOf(const AdviceFacts& facts, llvm::StringRef name) {
  Moves moves;
  for (const ExplainedBuild& one : facts.history) {
    std::set<uint32_t> moved;
    bool counts = false;
    for (auto [step, reason] : llvm::zip(one.build.steps, one.reasons)) {
      bool all = !reason.causes.empty() && llvm::all_of(reason.causes, [&](const Cause& cause) {
        return cause.kind == Cause::Kind::ParentRebuilt ? cause.rootCause && moved.count(*cause.rootCause) != 0
                                                        : cause.kind == Cause::Kind::BaseMoved && cause.name == name;
      });
      const KeyComponent* base = componentOf(step, KeyComponent::Kind::Base);
      if (all || (base && base->name == name)) moved.insert(step.index);
      if (!all) continue;
      counts = true;
      if (step.outcome == BuildStep::Outcome::Executed) moves.time += step.duration;
    }
    moves.builds += counts;
  }
  return moves;
}

/// "docker.io/library/busybox" is what "busybox:1.36" names.
bool isOfRepository(llvm::StringRef repository, llvm::StringRef name) {
  llvm::StringRef bare = name;
  size_t slash = bare.rfind('/'), colon = bare.rfind(':');
  if (colon != llvm::StringRef::npos && (slash == llvm::StringRef::npos || colon > slash))
    bare = bare.take_front(colon);
  return repository == bare || (repository.ends_with(bare) && repository.drop_back(bare.size()).ends_with("/"));
}

llvm::Expected<std::optional<Digest>> digestFor(const AdviceFacts& facts, const KeyComponent& base) {
  auto id = Digest::parse(base.value);
  if (!id) {
    llvm::consumeError(id.takeError());
    return std::nullopt;
  }
  auto known = facts.images->digests().of(*id);
  if (!known) return known.takeError();
  for (const layerfs::RepositoryDigest& one : *known)
    if (isOfRepository(one.repository, base.name)) return std::optional(one.digest);
  return std::nullopt;
}

/// The line with the digest behind the name, if the name stands there by itself.
std::optional<std::string> pinned(llvm::StringRef line, llvm::StringRef name, const Digest& digest) {
  for (size_t at = line.find(name); at != llvm::StringRef::npos; at = line.find(name, at + 1)) {
    size_t end = at + name.size();
    bool alone = at > 0 && (line[at - 1] == ' ' || line[at - 1] == '\t') &&
                 (end == line.size() || line[end] == ' ' || line[end] == '\t');
    if (alone) return (line.take_front(end) + "@" + digest.str() + line.drop_front(end)).str();
  }
  return std::nullopt;
}
}  // namespace

llvm::Error advisePin(const AdviceFacts& facts, Advices& advice) {
  if (!facts.images) return llvm::Error::success();
  std::set<uint32_t> lines;
  for (size_t position = 0; position < facts.build.steps.size(); ++position) {
    const BuildStep& step = facts.build.steps[position];
    const KeyComponent* base = step.instruction == "from" ? componentOf(step, KeyComponent::Kind::Base) : nullptr;
    if (!base || !hasOwnLines(step) || llvm::StringRef(base->name).contains('@')) continue;
    auto digest = digestFor(facts, *base);
    if (!digest) return digest.takeError();
    auto line = *digest ? pinned(facts.files.dockerfile->line(step.firstLine), base->name, **digest) : std::nullopt;
    if (!line || !lines.insert(step.firstLine).second) continue;
    Moves moves = movesOf(facts, base->name);
    Advice one{.finding =
                   findingAbout(facts, position, "pin-base", "the base is whatever its name leads to at the time")};
    if (moves.builds == 0) one.finding.level = FindingLevel::Note;
    one.finding.nanoseconds = moves.time;
    one.finding.detail = "It moved in " + std::to_string(moves.builds) + " of the last " +
                         std::to_string(facts.history.size()) +
                         " builds. With its digest the build stays the same "
                         "until the line is changed; what is repaired in the base comes no sooner.";
    one.edits.push_back({step.firstLine, step.firstLine, {std::move(*line)}});
    advice.push_back(std::move(one));
  }
  return llvm::Error::success();
}

}  // namespace strata::analyzer
