/// \file `COPY . .` above a RUN that reads a few of the files: those are copied first, so that a change of any other
/// does not run it again. Which files it reads is what a traced execution opened, what is known of a few commands of
/// package managers, or both.

#include "analyzer/advice/copied_tree.h"
#include "analyzer/advice/copy_parts.h"
#include "analyzer/advice/finders.h"
#include "analyzer/advice/installation.h"
#include "analyzer/advice/observed_reads.h"
#include "analyzer/advice/replay.h"
#include "analyzer/advice/untouched.h"
#include "support/clean_path.h"
#include "support/duration_text.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/FormatVariadic.h>

namespace strata::analyzer {

namespace {
using builder::BuildStep;
using builder::KeyComponent;
using layerfs::EntryKind;

constexpr size_t kLongestCommand = 50;
constexpr uint64_t kWorthSaying = 64 << 10;  ///< bytes

/// The RUN's command in a title: whole words, so that whoever hides secrets in it sees them whole, and plain ones.
std::string shownCommand(llvm::StringRef text) {
  auto isPlain = [](char c) { return llvm::isAlnum(c) || llvm::StringRef("._-/@:+&;,").contains(c); };
  llvm::SmallVector<llvm::StringRef> words;
  llvm::SplitString(text, words, " \t\r\n");
  std::string shown;
  for (llvm::StringRef word : words) {
    bool fits = llvm::all_of(word, isPlain) && shown.size() + word.size() < kLongestCommand;
    shown += (shown.empty() ? "" : " ") + (fits ? word.str() : "...");
    if (!fits) break;
  }
  return "`" + shown + "`";
}

class Narrowing {
public:
  Narrowing(const AdviceFacts& facts, size_t copy, size_t run, CopyLine line, CopiedTree tree)
      : facts_(facts),
        copyAt_(copy),
        runAt_(run),
        line_(std::move(line)),
        tree_(std::move(tree)),
        text_(*shellTextOf(run_)) {}

  llvm::Error advise(Advices& advice) {
    if (llvm::Error error = findKnown()) return error;
    auto reads = observedReads(facts_, copyAt_, runAt_, tree_);
    if (!reads) return reads.takeError();
    reads_ = std::move(*reads);
    for (auto asks : {&Narrowing::choose, &Narrowing::reachesNothingByLinks, &Narrowing::comesFirst}) {
      auto holds = (this->*asks)();
      if (!holds) return holds.takeError();
      if (!*holds) return llvm::Error::success();
    }
    auto replayed = replay(facts_, copyAt_, {runAt_}, [&](const BuildStep& moved) { return groundFor(moved); });
    if (!replayed) return replayed.takeError();
    if (replayed->saved == 0) return llvm::Error::success();
    auto one = adviceOf(*replayed);
    if (!one) return one.takeError();
    advice.push_back(std::move(*one));
    return llvm::Error::success();
  }

private:
  /// The files that the command is known to read, if it is known and they lead to no others.
  llvm::Error findKnown() {
    auto commands = simpleCommands(text_);
    auto installation = commands && commands->size() == 1 ? installationOf(commands->front()) : std::nullopt;
    if (!installation || !worksInDestination()) return llvm::Error::success();
    for (llvm::StringRef hindrance : {llvm::StringRef(installation->output), llvm::StringRef("binding.gyp")}) {
      if (hindrance.empty()) continue;  // binding.gyp: npm would compile
      auto found = tree_.find(hindrance);
      if (!found) return found.takeError();
      if (*found) return llvm::Error::success();
    }
    return findManifests(*installation);
  }
  llvm::Error findManifests(const Installation& installation) {
    std::vector<std::string> manifests;
    auto names = llvm::concat<const std::string>(installation.required, installation.optional);
    for (const auto& [position, name] : llvm::enumerate(names)) {
      auto entry = tree_.find(name);
      if (!entry) return entry.takeError();
      bool isRequired = position < installation.required.size();
      if (*entry ? (*entry)->kind != EntryKind::File : isRequired) return llvm::Error::success();
      if (position == 0 && !isSelfContained(installation, **entry)) return llvm::Error::success();
      if (*entry) manifests.push_back(name);
    }
    known_ = std::move(manifests);
    return llvm::Error::success();
  }
  bool worksInDestination() const {
    const KeyComponent* workdir = componentOf(run_, KeyComponent::Kind::Workdir);
    auto destination = destinationOf(copy_);
    return workdir && destination && llvm::StringRef(workdir->value).trim('/') == *destination;
  }
  /// Only of the very content that was built.
  bool isSelfContained(const Installation& installation, const builder::TreeEntry& manifest) const {
    auto text = readFile(joinPath(joinPath(facts_.build.context, line_.source), manifest.name), 16 << 20);
    if (!text) {
      llvm::consumeError(text.takeError());
      return false;
    }
    return digestOf(*text) == manifest.content && installation.isSelfContained(*text);
  }

  /// What is copied first. Names in a directory that was listed may count, so that comes along as a whole.
  llvm::Expected<bool> choose() {
    for (const std::string& name : known_) parts_.addFile(name);
    if (reads_) {
      if (known_.empty() && (reads_->executes || asksUnseen(text_) || llvm::is_contained(reads_->listed, "")))
        return false;
      for (const std::string& directory : reads_->listed)
        if (!directory.empty()) parts_.addDirectory(directory);
      for (const std::string& file : reads_->files) parts_.addFile(file);
    }
    return !parts_.empty() && parts_.simplify();
  }

  /// Opened files are known by where links led: with such a link among the rest of the files, this is not the split.
  llvm::Expected<bool> reachesNothingByLinks() {
    bool isReached = false;
    std::string destination = destinationOf(copy_).value_or("");
    auto visit = [&](const std::string& path, const builder::TreeEntry& entry) {
      if (entry.kind != EntryKind::Symlink || parts_.holds(path)) return;
      std::string target = linkDestination(joinPath(destination, path), entry.linkTarget);
      auto below = belowDestination(target, destination);
      isReached |= below && (below->empty() || parts_.holds(*below) || parts_.leadsTo(*below));
    };
    if (llvm::Error error = tree_.visit(visit)) return error;
    return !isReached;
  }

  /// Whether the files come out the same where the rest is copied after the RUN.
  llvm::Expected<bool> comesFirst() {
    std::string destination = destinationOf(copy_).value_or("");
    auto untouched = facts_.layers ? leavesUntouched(run_, tree_, parts_, destination, *facts_.layers)
                                   : llvm::Expected<std::optional<bool>>(std::nullopt);
    if (!untouched) return untouched.takeError();
    return untouched->value_or(!known_.empty());  // a known command leaves what it is known to leave
  }

  /// What the RUN would stand on: what the COPY stood on, and the parts.
  llvm::Expected<std::optional<std::string>> groundFor(const BuildStep& moved) const {
    std::string ground = groundOf(moved);
    auto tree = CopiedTree::of(moved, facts_.trees);
    if (!tree) return tree.takeError();
    if (ground.empty() || !*tree) return std::optional<std::string>();
    auto fingerprint = (*tree)->fingerprint(parts_.paths());
    if (!fingerprint || !*fingerprint) return fingerprint;
    return std::optional(ground + "\n" + **fingerprint);
  }

  llvm::Expected<Advice> adviceOf(const Replayed& replayed) {
    Advice one{.finding = findingAbout(facts_, copyAt_, "narrow-copy", title())};
    LineEdit edit{copy_.firstLine, run_.lastLine, parts_.lines(line_)};
    const FileLines& lines = *facts_.files.dockerfile;
    for (auto [from, to] : {std::pair(run_.firstLine, run_.lastLine), std::pair(copy_.firstLine, run_.firstLine - 1)})
      for (std::string& text : lines.lines(from, to)) edit.lines.push_back(std::move(text));
    one.edits.push_back(std::move(edit));
    auto twice = bytesOfParts();
    if (!twice) return twice.takeError();
    one.finding.nanoseconds = replayed.saved;
    one.finding.detail = "With these copied first it would have saved " + durationText(replayed.saved) + " in " +
                         std::to_string(replayed.builds) + " of the last " + std::to_string(facts_.history.size()) +
                         " builds. " + basis();
    if (*twice >= kWorthSaying) one.finding.detail += " " + humanSize(*twice) + " are in two layers then.";
    if (known_.empty()) one.finding.level = FindingLevel::Note;
    return one;
  }
  std::string title() const {
    if (reads_)
      return llvm::formatv("this {0} read {1:N} of the {2:N} files that were copied before it", shownCommand(text_),
                           reads_->files.size(), reads_->copied);
    return "of all that is copied before it " + shownCommand(text_) + " needs " + llvm::join(known_, " ");
  }
  /// What the advice rests on.
  std::string basis() const {
    if (!reads_)
      return "That the command reads nothing else is known of the command, not observed: build --trace-reads observes "
             "it.";
    std::string text = "What it opened in build " + reads_->build + ", which was traced, is copied first";
    if (!known_.empty()) return text + ", and what such a command is known to read.";
    return text + (reads_->listed.empty() ? "" : ", and whole each directory that it listed") +
           ". Whether it only asked if some other file is there is not recorded: look before you apply this.";
  }
  llvm::Expected<uint64_t> bytesOfParts() {
    uint64_t bytes = 0;
    for (const std::string& path : parts_.paths()) {
      auto entry = tree_.find(path);
      if (!entry) return entry.takeError();
      if (*entry) bytes += (*entry)->size;
    }
    return bytes;
  }

  const AdviceFacts& facts_;
  size_t copyAt_, runAt_;
  const BuildStep &copy_ = facts_.build.steps[copyAt_], &run_ = facts_.build.steps[runAt_];
  CopyLine line_;
  CopiedTree tree_;
  std::string text_;                    ///< the RUN's command
  std::vector<std::string> known_;      ///< files that it is known to need, and no others; empty: it is not known
  std::optional<ObservedReads> reads_;  ///< nothing: nobody traced it
  CopyParts parts_;
};

/// "COPY . ." or "COPY web /app" on a line of its own, as the step has it.
std::optional<CopyLine> lineOf(const AdviceFacts& facts, const BuildStep& copy) {
  const KeyComponent* files = componentOf(copy, KeyComponent::Kind::Files);
  if (!files || files->step || !hasOwnLines(copy) || copy.firstLine != copy.lastLine) return std::nullopt;
  auto line = CopyLine::parse(facts.files.dockerfile->line(copy.firstLine));
  return line && line->source == cleanPath(files->name) ? line : std::nullopt;
}
}  // namespace

llvm::Error adviseNarrow(const AdviceFacts& facts, Advices& advice) {
  for (size_t position = 0; position < facts.build.steps.size(); ++position) {
    const BuildStep& copy = facts.build.steps[position];
    auto next = copy.instruction == "copy" ? directlyAfter(facts, position) : std::nullopt;
    if (!next || !shellTextOf(facts.build.steps[*next])) continue;
    auto line = lineOf(facts, copy);
    if (!line) continue;
    auto tree = CopiedTree::of(copy, facts.trees);
    if (!tree) return tree.takeError();
    if (!*tree) continue;
    Narrowing narrowing(facts, position, *next, std::move(*line), std::move(**tree));
    if (llvm::Error error = narrowing.advise(advice)) return error;
  }
  return llvm::Error::success();
}

}  // namespace strata::analyzer
