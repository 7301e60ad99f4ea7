#include "analyzer/advice/observed_reads.h"

#include "analyzer/causes/step_match.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

using builder::BuildStep;
using builder::KeyComponent;

std::optional<std::string> destinationOf(const BuildStep& copy) {
  const KeyComponent* destination = componentOf(copy, KeyComponent::Kind::Option, "destination");
  if (!destination || !llvm::StringRef(destination->value).starts_with("/")) return std::nullopt;
  return llvm::StringRef(destination->value).trim('/').str();
}

std::optional<llvm::StringRef> belowDestination(llvm::StringRef path, llvm::StringRef destination) {
  if (destination.empty()) return path;
  if (!path.consume_front(destination) || (!path.empty() && !path.starts_with("/"))) return std::nullopt;
  return path.drop_front(!path.empty());
}

namespace {
std::string commandOf(const BuildStep& run) {
  const KeyComponent* instruction = componentOf(run, KeyComponent::Kind::Instruction);
  return instruction ? instruction->value : "";
}

/// Whether a name of the COPY is looked at where this directory is listed.
llvm::Expected<bool> isCopied(llvm::StringRef directory, CopiedTree& tree) {
  if (directory.empty()) return true;
  auto entry = tree.find(directory);
  if (!entry) return entry.takeError();
  return *entry && (*entry)->kind == layerfs::EntryKind::Directory;
}

/// Nothing where a file lies elsewhere than the COPY's words say: the destination is reached through a link.
llvm::Expected<std::optional<ObservedReads>> readsOf(const builder::StepReads& reads, const BuildStep& copy,
                                                     CopiedTree& tree) {
  auto source = llvm::find_if(reads.sources, [&](const auto& one) { return one.key && one.key == copy.key; });
  auto destination = destinationOf(copy);
  if (reads.incomplete || source == reads.sources.end() || !destination) return std::nullopt;
  ObservedReads observed{.build = reads.build, .copied = source->files};
  for (const builder::ReadFile& file : source->read) {
    auto path = belowDestination(file.path, *destination);
    if (!path || path->empty()) return std::nullopt;
    observed.files.push_back(path->str());
    observed.executes |= file.executed;
  }
  for (const std::string& directory : reads.listed) {
    auto path = belowDestination(directory, *destination);
    if (!path) continue;
    auto copied = isCopied(*path, tree);
    if (!copied) return copied.takeError();
    if (*copied) observed.listed.push_back(path->str());
  }
  return observed;
}

/// Whether what was read is in both trees the same, so that the command would read the same again.
llvm::Expected<bool> readTheSame(const ObservedReads& observed, CopiedTree& then, CopiedTree& now) {
  auto before = then.fingerprint(observed.files), after = now.fingerprint(observed.files);
  if (!before || !after) return llvm::joinErrors(before.takeError(), after.takeError());
  return *before && *before == *after;
}
}  // namespace

llvm::Expected<std::optional<ObservedReads>> observedReads(const AdviceFacts& facts, size_t copy, size_t run,
                                                           CopiedTree& tree) {
  if (!facts.reads) return std::nullopt;
  std::string command = commandOf(facts.build.steps[run]);
  for (const ExplainedBuild& one : facts.history) {
    std::vector<const BuildStep*> then = matchSteps(facts.build, one.build);
    if (!then[copy] || !then[run] || !then[run]->key || commandOf(*then[run]) != command) continue;
    if (then[run]->outcome != BuildStep::Outcome::Hit && then[run]->outcome != BuildStep::Outcome::Executed) continue;
    auto reads = facts.reads->find(then[run]->key);
    if (!reads) return reads.takeError();
    if (!*reads) continue;
    auto copied = CopiedTree::of(*then[copy], facts.trees);
    if (!copied) return copied.takeError();
    if (!*copied) continue;
    auto observed = readsOf(**reads, *then[copy], **copied);
    if (!observed) return observed.takeError();
    if (!*observed) continue;
    auto same = readTheSame(**observed, **copied, tree);
    if (!same) return same.takeError();
    if (*same) return observed;
  }
  return std::nullopt;
}

}  // namespace strata::analyzer
