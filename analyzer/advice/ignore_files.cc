/// \file Lines for .dockerignore: what was sent along, and how often it made steps run again.

#include "analyzer/advice/finders.h"
#include "analyzer/advice/ignored_paths.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <map>
#include <set>

namespace strata::analyzer {

namespace {
using builder::BuildStep;
using builder::KeyComponent;

struct Found {
  uint64_t bytes = 0;
  bool deep = false;  ///< also elsewhere than at the top of the context
};
using FoundByRule = std::map<const IgnoreRule*, Found>;

/// Looks through the files that a COPY took.
class Walk {
public:
  Walk(builder::TreeStore& trees, llvm::ArrayRef<const IgnoreRule*> rules, FoundByRule& found)
      : trees_(trees), rules_(rules), found_(found) {}

  llvm::Error selection(const Digest& digest, bool wholeContext) {
    auto object = trees_.find(digest);
    if (!object) return object.takeError();
    if (!*object || !(*object)->isSelection) return llvm::Error::success();
    for (const builder::TreeEntry& entry : (*object)->entries) {
      llvm::StringRef name = llvm::StringRef(entry.name).split(' ').second;
      bool isTop = wholeContext && name.empty();
      if (llvm::Error error = isTop || name.empty() ? below(entry.content, isTop) : one(entry, name, false))
        return error;
    }
    return llvm::Error::success();
  }

private:
  llvm::Error below(const Digest& digest, bool isTop) {
    auto object = trees_.find(digest);
    if (!object) return object.takeError();
    if (!*object) return llvm::Error::success();  // pruned
    for (const builder::TreeEntry& entry : (*object)->entries)
      if (llvm::Error error = one(entry, entry.name, isTop)) return error;
    return llvm::Error::success();
  }
  llvm::Error one(const builder::TreeEntry& entry, llvm::StringRef name, bool isTop) {
    auto rule = llvm::find_if(rules_, [&](const IgnoreRule* candidate) { return candidate->matches(name); });
    if (rule != rules_.end()) {
      Found& found = found_[*rule];
      found.bytes += entry.size;
      found.deep |= !isTop;
      return llvm::Error::success();
    }
    return entry.kind == layerfs::EntryKind::Directory ? below(entry.content, false) : llvm::Error::success();
  }

  builder::TreeStore& trees_;
  llvm::ArrayRef<const IgnoreRule*> rules_;
  FoundByRule& found_;
};

struct Misses {
  uint32_t steps = 0, builds = 0;
  int64_t time = 0;
};

/// Whether everything that made this step run are such files, or a step of which that is true.
bool isForThem(const StepReason& reason, llvm::ArrayRef<const IgnoreRule*> rules, const std::set<uint32_t>& spared) {
  if (reason.hit || reason.causes.empty()) return false;
  return llvm::all_of(reason.causes, [&](const Cause& cause) {
    if (cause.kind == Cause::Kind::ParentRebuilt) return cause.rootCause && spared.count(*cause.rootCause) != 0;
    if (cause.kind != Cause::Kind::Files || !cause.changesKnown || cause.changes.empty()) return false;
    return llvm::all_of(cause.changes, [&](const builder::TreeChange& change) { return ruleFor(rules, change.path); });
  });
}

Misses missesFor(llvm::ArrayRef<ExplainedBuild> history, llvm::ArrayRef<const IgnoreRule*> rules) {
  Misses misses;
  for (const ExplainedBuild& one : history) {
    std::set<uint32_t> spared;
    for (auto [step, reason] : llvm::zip(one.build.steps, one.reasons)) {
      if (step.outcome != BuildStep::Outcome::Executed || !isForThem(reason, rules, spared)) continue;
      spared.insert(step.index);
      misses.time += step.duration;
    }
    misses.steps += uint32_t(spared.size());
    misses.builds += !spared.empty();
  }
  return misses;
}

std::string detailOf(const FoundByRule& found, const Misses& misses, size_t builds, bool inImage) {
  std::string text;
  for (const auto& [rule, one] : found)
    text += (text.empty() ? "" : ", ") + rule->name.str() + ": " + rule->what.str() + ", " + humanSize(one.bytes);
  text += inImage ? ". The image would be without them."
                  : ". They are in no layer of the image, but are read and compared.";
  if (misses.steps > 0)
    text += " Alone they made " + std::to_string(misses.steps) + " steps run again in " +
            std::to_string(misses.builds) + " of the last " + std::to_string(builds) + " builds.";
  return text;
}
}  // namespace

llvm::Error adviseIgnored(const AdviceFacts& facts, Advices& advice) {
  // A line behind "!keep.log" could take away what that line brings back.
  for (uint32_t number = 1; number <= facts.files.ignore->count(); ++number)
    if (facts.files.ignore->line(number).ltrim().starts_with("!")) return llvm::Error::success();
  std::vector<const IgnoreRule*> rules = ignoreRulesFor(facts.build);
  FoundByRule all, inImage;
  std::optional<size_t> largest;
  for (size_t position = 0; position < facts.build.steps.size(); ++position) {
    const BuildStep& step = facts.build.steps[position];
    const KeyComponent* files = componentOf(step, KeyComponent::Kind::Files);
    if (step.instruction != "copy" || !files || files->step || !files->tree) continue;
    FoundByRule found;
    bool wholeContext = files->name == "." || files->name == "./" || files->name == "/";
    if (llvm::Error error = Walk(facts.trees, rules, found).selection(files->tree, wholeContext)) return error;
    for (const auto& [rule, one] : found) {
      all[rule].bytes = std::max(all[rule].bytes, one.bytes);
      all[rule].deep |= one.deep;
      if (layerOf(facts, position)) inImage[rule].bytes += one.bytes;
    }
    if (!found.empty() && !largest) largest = position;
  }
  if (!largest) return llvm::Error::success();

  std::vector<const IgnoreRule*> hit;
  LineEdit edit{facts.files.ignore->count() + 1, facts.files.ignore->count(), {}};
  uint64_t bytes = 0;
  for (auto& [rule, one] : all) {
    hit.push_back(rule);
    edit.lines.push_back((one.deep ? "**/" : "") + rule->name.str());
    if (!inImage.empty()) one.bytes = inImage[rule].bytes;
    bytes += one.bytes;
  }
  Misses misses = missesFor(facts.history, hit);
  Advice one{.finding = findingAbout(facts, *largest, "dockerignore", "files that no image needs are copied along"),
             .ofIgnoreFile = true};
  one.finding.bytes = bytes;
  one.finding.nanoseconds = misses.time;
  one.finding.detail = detailOf(all, misses, facts.history.size(), !inImage.empty());
  if (bytes < (64 << 10) && misses.steps == 0) one.finding.level = FindingLevel::Note;
  one.edits.push_back(std::move(edit));
  advice.push_back(std::move(one));
  return llvm::Error::success();
}

}  // namespace strata::analyzer
