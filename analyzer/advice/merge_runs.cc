/// \file One RUN of several, where a later one removes what an earlier one left: a layer cannot be made smaller by the
/// next.

#include "analyzer/advice/finders.h"
#include "analyzer/advice/shell_line.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::analyzer {

namespace {
/// From the RUN that leaves files to the one that removes them.
struct Chain {
  std::vector<size_t> positions;
  uint64_t bytes = 0;
};

std::optional<size_t> positionOf(const AdviceFacts& facts, uint32_t layer) {
  const auto& reason = facts.analysis->report.layers[layer].reason;
  if (!reason) return std::nullopt;
  for (size_t position = 0; position < facts.build.steps.size(); ++position)
    if (facts.build.steps[position].index == reason->step) return position;
  return std::nullopt;
}

/// Nothing where something else stands between the two, or a line is no plain shell.
std::optional<Chain> chainOf(const AdviceFacts& facts, const WasteFinding& waste) {
  auto from = positionOf(facts, waste.layer), to = waste.other ? positionOf(facts, *waste.other) : std::nullopt;
  if (!from || !to || *from == *to) return std::nullopt;
  Chain chain{.positions = {*from}, .bytes = waste.bytes};
  while (chain.positions.back() != *to) {
    auto next = directlyAfter(facts, chain.positions.back());
    if (!next) return std::nullopt;
    chain.positions.push_back(*next);
  }
  for (size_t position : chain.positions) {
    const builder::BuildStep& step = facts.build.steps[position];
    if (!hasOwnLines(step) || !shellTextOf(step)) return std::nullopt;
    if (runFlagsOf(step) != runFlagsOf(facts.build.steps[*from])) return std::nullopt;
    if (facts.files.dockerfile->isIdle(step.lastLine)) return std::nullopt;
  }
  return chain;
}

/// Chains that have a RUN in common become one.
void unite(std::vector<Chain>& chains, Chain chain) {
  for (size_t i = 0; i < chains.size();) {
    auto& other = chains[i].positions;
    if (other.front() > chain.positions.back() || chain.positions.front() > other.back()) {
      ++i;
      continue;
    }
    other.insert(other.end(), chain.positions.begin(), chain.positions.end());
    llvm::sort(other);
    other.erase(std::unique(other.begin(), other.end()), other.end());
    chain = {.positions = std::move(other), .bytes = chain.bytes + chains[i].bytes};
    chains.erase(chains.begin() + ptrdiff_t(i));
  }
  chains.push_back(std::move(chain));
}

/// The lines of a RUN without "RUN" and its flags, the first indented by four.
std::optional<std::vector<std::string>> bodyOf(const AdviceFacts& facts, const builder::BuildStep& step) {
  std::vector<std::string> lines = facts.files.dockerfile->lines(step.firstLine, step.lastLine);
  llvm::StringRef first = llvm::StringRef(lines.front()).ltrim(" \t");
  if (!first.take_front(4).equals_insensitive("RUN ")) return std::nullopt;
  first = first.drop_front(4).ltrim(" \t");
  for (const std::string& flag : runFlagsOf(step)) {
    if (!first.consume_front(flag)) return std::nullopt;
    first = first.ltrim(" \t");
  }
  lines.front() = "    " + first.str();
  return lines;
}

char escapeOf(const FileLines& lines) {
  for (uint32_t number = 1; number <= lines.count() && lines.line(number).trim().starts_with("#"); ++number)
    if (lines.line(number).drop_front().trim().lower() == "escape=`") return '`';
  return '\\';
}

/// A bracket before the first word, and one behind the last.
void putInBrackets(std::vector<std::string>& lines, size_t head) {
  lines.front().insert(head, "( ");
  lines.back() = llvm::StringRef(lines.back()).rtrim(" \t").str() + " )";
}

class Merger {
public:
  explicit Merger(const AdviceFacts& facts)
      : facts_(facts), tail_(std::string(" && ") + escapeOf(*facts.files.dockerfile)) {}

  std::optional<LineEdit> merge(const Chain& chain) const {
    const builder::BuildStep& first = step(chain, 0);
    LineEdit edit{first.firstLine, step(chain, chain.positions.size() - 1).lastLine, {}};
    for (size_t i = 0; i < chain.positions.size(); ++i) {
      auto lines = linesOf(chain, i);
      if (!lines) return std::nullopt;
      if (i + 1 < chain.positions.size()) lines->back() = llvm::StringRef(lines->back()).rtrim(" \t").str() + tail_;
      if (i > 0) addComments(step(chain, i - 1).lastLine + 1, step(chain, i).firstLine, edit.lines);
      edit.lines.insert(edit.lines.end(), lines->begin(), lines->end());
    }
    return edit;
  }

private:
  const builder::BuildStep& step(const Chain& chain, size_t i) const { return facts_.build.steps[chain.positions[i]]; }

  std::optional<std::vector<std::string>> linesOf(const Chain& chain, size_t i) const {
    const builder::BuildStep& now = step(chain, i);
    auto lines = bodyOf(facts_, now);
    auto brackets = lines ? bracketsOf(chain, i) : std::nullopt;
    if (!brackets) return std::nullopt;
    size_t head = 4;
    if (i == 0) {
      std::string original = facts_.files.dockerfile->line(now.firstLine).str();
      head = original.size() - (lines->front().size() - 4);
      lines->front() = original;
    }
    if (*brackets) putInBrackets(*lines, head);
    return lines;
  }

  /// Whether this RUN of the chain needs brackets; nothing where it cannot be joined.
  std::optional<bool> bracketsOf(const Chain& chain, size_t i) const {
    bool needed = false;
    std::string text = *shellTextOf(step(chain, i));
    if (i > 0) {
      auto joined = joinShell(*shellTextOf(step(chain, i - 1)), text);
      if (!joined) return std::nullopt;
      needed |= joined->bracketsSecond;
    }
    if (i + 1 < chain.positions.size()) {
      auto joined = joinShell(text, *shellTextOf(step(chain, i + 1)));
      if (!joined) return std::nullopt;
      needed |= joined->bracketsFirst;
    }
    return needed;
  }

  /// Comments may stand among continued lines, blank lines had better not.
  void addComments(uint32_t from, uint32_t to, std::vector<std::string>& lines) const {
    for (uint32_t number = from; number < to; ++number)
      if (!facts_.files.dockerfile->line(number).trim().empty())
        lines.push_back(facts_.files.dockerfile->line(number).str());
  }

  const AdviceFacts& facts_;
  std::string tail_;
};
}  // namespace

void adviseMerge(const AdviceFacts& facts, Advices& advice) {
  std::vector<Chain> chains;
  for (const WasteFinding& waste : facts.analysis->report.waste.findings) {
    if (waste.cause != WasteCause::DeletedLater && waste.cause != WasteCause::OverwrittenLater) continue;
    if (auto chain = chainOf(facts, waste)) unite(chains, std::move(*chain));
  }
  for (const Chain& chain : chains) {
    auto edit = Merger(facts).merge(chain);
    if (!edit) continue;
    Advice one{.finding = findingAbout(facts, chain.positions.front(), "merge-runs",
                                       "a later RUN removes or rewrites what this one leaves; in one RUN it never gets "
                                       "into a layer")};
    one.finding.bytes = chain.bytes;
    one.finding.detail =
        "The " + std::to_string(chain.positions.size()) + " instructions are then cached and rebuilt together.";
    one.edits.push_back(std::move(*edit));
    advice.push_back(std::move(one));
  }
}

}  // namespace strata::analyzer
