/// \file Lines for .dockerignore: what was sent along, and how often it made steps run again.

#include "analyzer/advice/finders.h"
#include "analyzer/advice/ignore_edit.h"
#include "analyzer/advice/ignored_paths.h"
#include "support/clean_path.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <map>
#include <set>

namespace strata::analyzer {

namespace {
constexpr llvm::StringLiteral kIgnoreFile = ".dockerignore";

using builder::BuildStep;
using builder::KeyComponent;
using builder::TreeEntry;
using layerfs::EntryKind;

/// A file or directory that a COPY took and a rule is about.
struct Hit {
  std::optional<std::string> path;  ///< in the context; nothing where a wildcard led to it
  TreeEntry entry;
  size_t copy = 0;  ///< position of the step
};
using HitsByRule = std::map<const IgnoreRule*, std::vector<Hit>>;

/// Looks through the files that COPYs took.
class Walk {
public:
  Walk(builder::TreeStore& trees, llvm::ArrayRef<const IgnoreRule*> rules) : trees_(trees), rules_(rules) {}
  HitsByRule hits;
  bool takesTop = false;  ///< some COPY takes all files at the top of the context

  llvm::Error copy(size_t position, const KeyComponent& files) {
    copy_ = position;
    auto object = trees_.find(files.tree);
    if (!object) return object.takeError();
    if (!*object || !(*object)->isSelection) return llvm::Error::success();
    llvm::SmallVector<llvm::StringRef> sources;
    llvm::StringRef(files.name).split(sources, ' ');
    takesTop |= llvm::any_of(sources, isTop);
    for (const TreeEntry& entry : (*object)->entries) {
      auto [number, name] = llvm::StringRef(entry.name).split(' ');
      size_t argument = 0;
      bool isKnown = !number.split('.').first.getAsInteger(10, argument) && argument < sources.size();
      auto path = isKnown ? pathOf(sources[argument], name) : std::nullopt;
      bool isRoot = name.empty() || (path && path->empty());
      if (llvm::Error error = isRoot ? below(entry.content, path) : one(entry, name, path)) return error;
    }
    return llvm::Error::success();
  }

private:
  /// A pattern without a directory may match any name there.
  static bool isTop(llvm::StringRef source) {
    bool isPattern = source.find_first_of("*?[\\") != llvm::StringRef::npos;
    return isPattern ? !llvm::StringRef(cleanPath(source)).contains('/') : cleanPath(source).empty();
  }
  /// Where in the context a source is that was found by this name.
  static std::optional<std::string> pathOf(llvm::StringRef source, llvm::StringRef name) {
    if (source.find_first_of("*?[\\") == llvm::StringRef::npos) return cleanPath(source);
    llvm::StringRef above = source.take_front(source.rfind('/') + 1);
    if (above.find_first_of("*?[\\") != llvm::StringRef::npos) return std::nullopt;
    return cleanPath((above + name).str());
  }
  llvm::Error below(const Digest& digest, const std::optional<std::string>& path) {
    auto object = trees_.find(digest);
    if (!object) return object.takeError();
    if (!*object) return llvm::Error::success();  // pruned
    for (const TreeEntry& entry : (*object)->entries) {
      std::optional<std::string> inside;
      if (path) inside = path->empty() ? entry.name : *path + "/" + entry.name;
      if (llvm::Error error = one(entry, entry.name, inside)) return error;
    }
    return llvm::Error::success();
  }
  llvm::Error one(const TreeEntry& entry, llvm::StringRef name, const std::optional<std::string>& path) {
    auto rule = llvm::find_if(rules_, [&](const IgnoreRule* candidate) { return candidate->matches(name); });
    if (rule == rules_.end())
      return entry.kind == EntryKind::Directory ? below(entry.content, path) : llvm::Error::success();
    hits[*rule].push_back({path, entry, copy_});
    return llvm::Error::success();
  }

  builder::TreeStore& trees_;
  llvm::ArrayRef<const IgnoreRule*> rules_;
  size_t copy_ = 0;
};

/// What goes with the lines of one rule.
struct Gone {
  uint64_t bytes = 0;      ///< of layers of the image, else of what the largest COPY takes
  bool isInImage = false;  ///< the former
  bool isAny = false;      ///< something goes
  bool isAll = true;       ///< nothing of it is brought back
};

/// Adds what the filter leaves out of an entry, or all of it with `filter` null.
llvm::Error addGone(const TreeEntry& entry, const std::string& path, const IgnoreFilter& filter,
                    builder::TreeStore& trees, Gone& gone) {
  if (!filter || entry.kind != EntryKind::Directory) {
    bool goes = !filter || filter(path);
    gone.isAny |= goes;
    gone.isAll &= goes;
    gone.bytes += goes ? entry.size : 0;
    return llvm::Error::success();
  }
  auto object = trees.find(entry.content);
  if (!object) return object.takeError();
  if (!*object) return llvm::Error::success();  // pruned
  for (const TreeEntry& child : (*object)->entries)
    if (llvm::Error error = addGone(child, path + "/" + child.name, filter, trees, gone)) return error;
  return llvm::Error::success();
}

llvm::Expected<Gone> goneOf(llvm::ArrayRef<Hit> hits, const IgnoreFilter& filter, const AdviceFacts& facts) {
  Gone all;
  std::map<size_t, uint64_t> byCopy;
  for (const Hit& hit : hits) {
    Gone gone;
    bool isUnknown = filter && !hit.path;
    if (isUnknown)
      gone.isAll = false;
    else if (llvm::Error error = addGone(hit.entry, hit.path.value_or(""), filter, facts.trees, gone))
      return error;
    all.isAll &= gone.isAll;
    all.isAny |= gone.isAny;
    byCopy[hit.copy] += gone.bytes;
  }
  uint64_t largest = 0;
  for (auto [copy, bytes] : byCopy) {
    largest = std::max(largest, bytes);
    if (!layerOf(facts, copy)) continue;
    all.bytes += bytes;
    all.isInImage = true;
  }
  if (!all.isInImage) all.bytes = largest;
  return all;
}

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

/// The rules that are worth a line, and the lines.
class Ignoring {
public:
  /// `self`: the rule that is about the ignore file, if a new one would be copied along; else null.
  Ignoring(const AdviceFacts& facts, const HitsByRule& hits, const IgnoreRule* self)
      : facts_(facts), hits_(hits), self_(self), edit_(*facts.files.ignore) {}

  llvm::Error advise(Advices& advice) {
    if (llvm::Error error = choose()) return error;
    if (gone_.empty()) return llvm::Error::success();
    std::vector<const IgnoreRule*> spared;
    uint64_t bytes = 0;
    for (const auto& [rule, gone] : gone_) {
      bytes += gone.bytes;
      // What a line brings back goes on to make steps run again, and which misses those were cannot be told.
      if (gone.isAll && !(edit_.bringsBack() && edit_.isNamed(*rule))) spared.push_back(rule);
    }
    if (self_) edit_.add(*self_, /*deep=*/false);
    Misses misses = missesFor(facts_.history, spared);
    Advice one{
        .finding = findingAbout(facts_, firstCopy(), "dockerignore", "files that no image needs are copied along"),
        .ofIgnoreFile = true};
    one.finding.bytes = bytes;
    one.finding.nanoseconds = misses.time;
    one.finding.detail = detail(misses);
    if (bytes < (64 << 10) && misses.steps == 0) one.finding.level = FindingLevel::Note;
    one.edits = edit_.edits();
    advice.push_back(std::move(one));
    return llvm::Error::success();
  }

private:
  static bool isDeep(llvm::ArrayRef<Hit> hits) {
    return llvm::any_of(hits, [](const Hit& hit) { return !hit.path || llvm::StringRef(*hit.path).contains('/'); });
  }
  size_t firstCopy() const {
    size_t first = SIZE_MAX;
    for (const auto& [rule, gone] : gone_) first = std::min(first, hits_.at(rule).front().copy);
    return first;
  }

  /// All rules that were hit; with `!` lines those that leave something out even so.
  llvm::Error choose() {
    IgnoreEdit all(*facts_.files.ignore);
    for (const auto& [rule, hits] : hits_) all.add(*rule, isDeep(hits));
    auto filter = filterOf(all);
    if (!filter) return filter.takeError();
    for (const auto& [rule, hits] : hits_) {
      auto gone = goneOf(hits, *filter, facts_);
      if (!gone) return gone.takeError();
      if (!gone->isAny) continue;
      gone_[rule] = *gone;
      edit_.add(*rule, isDeep(hits));
    }
    return llvm::Error::success();
  }
  /// Null where every line that is added holds for all that it matches.
  llvm::Expected<IgnoreFilter> filterOf(const IgnoreEdit& edit) const {
    auto text = edit.bringsBack() ? facts_.files.ignore->edited(edit.edits()) : std::nullopt;
    return text ? facts_.readIgnoreFile(*text) : IgnoreFilter();
  }

  std::string detail(const Misses& misses) const {
    bool inImage = llvm::any_of(gone_, [](const auto& one) { return one.second.isInImage; });
    std::string text;
    for (const auto& [rule, gone] : gone_)
      text += (text.empty() ? "" : ", ") + rule->name.str() + ": " + rule->what.str() + ", " + humanSize(gone.bytes);
    text += inImage ? ". The image would be without them."
                    : ". They are in no layer of the image, but are read and compared.";
    if (llvm::any_of(gone_, [](const auto& one) { return !one.second.isAll; }))
      text += " What the file's \"!\" lines bring back stays.";
    if (misses.steps > 0)
      text += " Alone they made " + std::to_string(misses.steps) + " steps run again in " +
              std::to_string(misses.builds) + " of the last " + std::to_string(facts_.history.size()) + " builds.";
    return text;
  }

  const AdviceFacts& facts_;
  const HitsByRule& hits_;
  const IgnoreRule* self_;
  IgnoreEdit edit_;
  std::map<const IgnoreRule*, Gone> gone_;
};
}  // namespace

llvm::Error adviseIgnored(const AdviceFacts& facts, Advices& advice) {
  std::vector<const IgnoreRule*> rules = ignoreRulesFor(facts.build);
  Walk walk(facts.trees, rules);
  for (size_t position = 0; position < facts.build.steps.size(); ++position) {
    const BuildStep& step = facts.build.steps[position];
    const KeyComponent* files = componentOf(step, KeyComponent::Kind::Files);
    if (step.instruction != "copy" || !files || files->step || !files->tree) continue;
    if (llvm::Error error = walk.copy(position, *files)) return error;
  }
  auto self = llvm::find_if(rules, [](const IgnoreRule* rule) { return rule->name == kIgnoreFile; });
  bool comesAlong = walk.takesTop && !facts.files.ignoreExists && self != rules.end();
  return Ignoring(facts, walk.hits, comesAlong ? *self : nullptr).advise(advice);
}

}  // namespace strata::analyzer
