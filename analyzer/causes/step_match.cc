#include "analyzer/causes/step_match.h"

#include "support/text.h"

#include <llvm/ADT/MapVector.h>
#include <llvm/ADT/STLExtras.h>

#include <algorithm>

namespace strata::analyzer {

namespace {

using builder::BuildOutline;
using builder::StepOutline;

/// Positions of a stage's steps in its build, in order.
using Stage = std::vector<size_t>;
using Stages = llvm::MapVector<llvm::StringRef, Stage>;

/// Longer texts are compared by their beginning: the distance is quadratic.
constexpr size_t kComparedText = 200;

Stages stagesOf(const BuildOutline& build) {
  Stages stages;
  for (size_t i = 0; i < build.size(); ++i) stages[build[i].stage].push_back(i);
  return stages;
}

/// Without "[build 2/4] ".
llvm::StringRef textIn(llvm::StringRef name) { return name.starts_with("[") ? name.split("] ").second : name; }

class Matcher {
public:
  Matcher(const BuildOutline& build, const BuildOutline& earlier)
      : build_(build), earlier_(earlier), found_(build.size()) {}

  std::vector<std::optional<size_t>> run() {
    Stages now = stagesOf(build_), then = stagesOf(earlier_);
    std::vector<const Stage*> renamed;
    for (auto& [name, stage] : now) {
      auto same = then.find(name);
      if (same == then.end()) {
        renamed.push_back(&stage);
        continue;
      }
      matchStage(stage, same->second);
      then.erase(same);
    }
    for (auto [stage, left] : llvm::zip(renamed, then)) matchStage(*stage, left.second);
    return std::move(found_);
  }

private:
  bool sameText(size_t now, size_t then) const {
    const StepOutline &a = build_[now], &b = earlier_[then];
    return a.instruction == b.instruction && textIn(a.name) == textIn(b.name);
  }

  /// The longest common subsequence of equal texts; what lies between two of its members goes to matchGap.
  void matchStage(llvm::ArrayRef<size_t> now, llvm::ArrayRef<size_t> then) {
    const size_t width = then.size() + 1;
    std::vector<uint32_t> length((now.size() + 1) * width);
    for (size_t i = now.size(); i-- > 0;)
      for (size_t j = then.size(); j-- > 0;)
        length[i * width + j] = sameText(now[i], then[j])
                                    ? length[(i + 1) * width + j + 1] + 1
                                    : std::max(length[(i + 1) * width + j], length[i * width + j + 1]);
    size_t i = 0, j = 0, gapNow = 0, gapThen = 0;
    while (i < now.size() && j < then.size()) {
      if (sameText(now[i], then[j])) {
        matchGap(now.slice(gapNow, i - gapNow), then.slice(gapThen, j - gapThen));
        found_[now[i++]] = then[j++];
        gapNow = i, gapThen = j;
      } else if (length[(i + 1) * width + j] >= length[i * width + j + 1]) {
        ++i;
      } else {
        ++j;
      }
    }
    matchGap(now.drop_front(gapNow), then.drop_front(gapThen));
  }

  struct Pair {
    unsigned distance;
    size_t skew;  ///< of equal distances the pair at the same place wins
    size_t now, then;
  };

  void matchGap(llvm::ArrayRef<size_t> now, llvm::ArrayRef<size_t> then) {
    std::vector<Pair> pairs;
    for (size_t i = 0; i < now.size(); ++i)
      for (size_t j = 0; j < then.size(); ++j) {
        const StepOutline &a = build_[now[i]], &b = earlier_[then[j]];
        if (a.instruction != b.instruction) continue;
        llvm::StringRef text = textIn(a.name).take_front(kComparedText);
        unsigned distance = text.edit_distance(textIn(b.name).take_front(kComparedText));
        pairs.push_back({distance, i > j ? i - j : j - i, now[i], then[j]});
      }
    llvm::stable_sort(pairs, [](const Pair& a, const Pair& b) {
      return std::tie(a.distance, a.skew) < std::tie(b.distance, b.skew);
    });
    std::vector<bool> taken(earlier_.size());
    for (const Pair& pair : pairs) {
      if (found_[pair.now] || taken[pair.then]) continue;
      found_[pair.now] = pair.then;
      taken[pair.then] = true;
    }
  }

  const BuildOutline& build_;
  const BuildOutline& earlier_;
  std::vector<std::optional<size_t>> found_;
};

}  // namespace

llvm::StringRef textOf(const builder::BuildStep& step) { return textIn(step.name); }

std::string shortNameOf(const builder::BuildStep& step) {
  constexpr size_t kShown = 48;
  llvm::StringRef name = step.name;
  return printable(name.take_front(kShown)) + (name.size() > kShown ? "..." : "");
}

std::vector<std::optional<size_t>> matchSteps(const BuildOutline& build, const BuildOutline& earlier) {
  return Matcher(build, earlier).run();
}

std::vector<const builder::BuildStep*> matchSteps(const builder::Build& build, const builder::Build& earlier) {
  std::vector<const builder::BuildStep*> steps;
  for (std::optional<size_t> match : matchSteps(outlineOf(build), outlineOf(earlier)))
    steps.push_back(match ? &earlier.steps[*match] : nullptr);
  return steps;
}

}  // namespace strata::analyzer
