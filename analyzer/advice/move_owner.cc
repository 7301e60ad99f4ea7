/// \file COPY --chown and --chmod in the place of a RUN that rewrites what was copied. Exact: advised only where the
/// layers show that the files come out the same.

#include "analyzer/advice/finders.h"
#include "analyzer/advice/shell_line.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/FormatVariadic.h>
#include <llvm/Support/Path.h>

#include <map>

namespace strata::analyzer {

namespace {
using Change = ImageTree::Change;

/// "chown -R app:app /app", understood.
struct Rewrite {
  bool isOwner = false, recursive = false;
  std::string spec;
  std::vector<std::string> operands;
};

std::optional<Rewrite> rewriteOf(const builder::BuildStep& step) {
  auto text = shellTextOf(step);
  auto commands = text && runFlagsOf(step).empty() ? simpleCommands(*text) : std::nullopt;
  if (!commands || commands->size() != 1) return std::nullopt;
  llvm::ArrayRef<std::string> words = commands->front();
  if (words[0] != "chown" && words[0] != "chmod") return std::nullopt;
  Rewrite rewrite{.isOwner = words[0] == "chown"};
  for (words = words.drop_front(); !words.empty() && words[0][0] == '-'; words = words.drop_front()) {
    if (words[0] != "-R" && words[0] != "--recursive") return std::nullopt;
    rewrite.recursive = true;
  }
  if (words.size() < 2) return std::nullopt;
  rewrite.spec = words[0];
  rewrite.operands = words.drop_front().vec();
  return rewrite;
}

/// Programs that, with the words that follow them alone, do the same whoever owns what was copied: they look into
/// files of the system, or at nothing.
bool isBlind(const SimpleCommand& command) {
  constexpr llvm::StringLiteral kBlind[] = {"adduser", "addgroup", "useradd",  "groupadd", "apk",  "apt-get", "apt",
                                            "dnf",     "yum",      "microdnf", "mkdir",    "true", ":"};
  return llvm::is_contained(kBlind, llvm::StringRef(command.front()));
}

/// Whether it matters to this step that a COPY above it gave its files another owner or mode.
bool isBlind(const builder::BuildStep& step) {
  if (step.instruction == "workdir") return true;
  auto text = shellTextOf(step);
  auto commands = text && runFlagsOf(step).empty() ? simpleCommands(*text) : std::nullopt;
  return commands && llvm::all_of(*commands, [](const SimpleCommand& command) { return isBlind(command); });
}

/// A COPY whose files the RUN rewrites, and what they come out as.
struct Copied {
  size_t position = 0;
  bool rewritten = false, uniform = true, any = false;
  uint32_t uid = 0, gid = 0, mode = 0;
};

class OwnerMove {
public:
  OwnerMove(const AdviceFacts& facts, size_t run, Rewrite rewrite)
      : facts_(facts), tree_(facts.analysis->tree), run_(run), rewrite_(std::move(rewrite)) {}

  void advise(Advices& advice) {
    auto layer = layerOf(facts_, run_);
    if (!layer || !findCopies() || !areLeftAlone(*layer) || !readRewritten(*layer) || !readCopied(*layer)) return;
    Advice one{.finding = finding(*layer)};
    for (const auto& [copyLayer, copy] : copies_)
      if (copy.rewritten && !editCopy(copy, one)) return;
    editRun(one);
    advice.push_back(std::move(one));
  }

private:
  /// The COPYs above, with nothing between them that could see the difference.
  bool findCopies() {
    const builder::Build& build = facts_.build;
    for (size_t at = run_;;) {
      auto above = llvm::find_if(build.steps, [&](const builder::BuildStep& step) {
        return step.stage == build.steps[at].stage && step.ordinal + 1 == build.steps[at].ordinal;
      });
      if (above == build.steps.end() || !hasOwnLines(*above)) break;
      at = size_t(above - build.steps.begin());
      auto layer = layerOf(facts_, at);
      if (!layer || (above->instruction != "copy" && !isBlind(*above))) break;
      if (above->instruction == "copy") copies_[*layer] = {.position = at};
    }
    return !copies_.empty();
  }

  /// Nothing between a COPY and the RUN changed what was copied, other COPYs excepted.
  bool areLeftAlone(uint32_t run) const {
    for (uint32_t id = 0; id < tree_.changeCount(); ++id) {
      const Change& change = tree_.change(id);
      bool isBetween = change.layer > copies_.begin()->first && change.layer < run && !copies_.count(change.layer);
      if (!isBetween || change.action == ImageTree::Action::Unchanged || change.before == ImageTree::kNone) continue;
      const Change& before = tree_.change(change.before);
      if (copies_.count(before.layer) && before.action != ImageTree::Action::Unchanged) return false;
    }
    return true;
  }

  bool sameButAsked(const Change& before, const Change& now) const {
    bool sameRest = before.xattrs == now.xattrs && before.kind == now.kind;
    return sameRest && (rewrite_.isOwner ? before.mode == now.mode : before.uid == now.uid && before.gid == now.gid);
  }

  /// What the RUN changed: files of the COPYs, else directories, which it may go on to change alone.
  bool readRewritten(uint32_t layer) {
    for (uint32_t id = 0; id < tree_.changeCount(); ++id) {
      const Change& now = tree_.change(id);
      if (now.layer != layer || now.action == ImageTree::Action::Unchanged) continue;
      if (now.action != ImageTree::Action::Metadata || now.before == ImageTree::kNone) return false;
      const Change& before = tree_.change(now.before);
      if (!sameButAsked(before, now)) return false;
      auto copy = copies_.find(before.layer);
      if (copy != copies_.end() && before.action != ImageTree::Action::Unchanged)
        copy->second.rewritten = true;
      else if (!now.isDirectory() || !rewrite_.recursive || !isOperand(tree_.pathOf(now.path)))
        return false;
      else
        kept_.push_back(tree_.pathOf(now.path));
    }
    return llvm::any_of(copies_, [](const auto& copy) { return copy.second.rewritten; });
  }

  bool isOperand(const std::string& path) const {
    return llvm::any_of(rewrite_.operands, [&](const std::string& operand) {
      return llvm::StringRef(absolute(operand)).trim('/') == path;
    });
  }
  std::string absolute(llvm::StringRef operand) const {
    llvm::SmallString<128> path;
    const auto* workdir = componentOf(facts_.build.steps[run_], builder::KeyComponent::Kind::Workdir);
    if (!operand.starts_with("/")) path = workdir && !workdir->value.empty() ? workdir->value : "/";
    llvm::sys::path::append(path, operand);
    llvm::sys::path::remove_dots(path, true);
    return path.str().str();
  }

  /// All that a COPY brought has to come out alike, since its flag is for all.
  bool readCopied(uint32_t layer) {
    for (uint32_t id = 0; id < tree_.changeCount(); ++id) {
      auto copy = copies_.find(tree_.change(id).layer);
      if (copy == copies_.end() || tree_.change(id).action == ImageTree::Action::Unchanged) continue;
      const Change& brought = tree_.change(id);
      if (brought.isRemoval()) continue;
      auto later = tree_.changeIn(brought.path, layer);
      note(later == ImageTree::kNone ? brought : tree_.change(later), copy->second);
    }
    return llvm::all_of(copies_, [](const auto& copy) { return !copy.second.rewritten || copy.second.uniform; });
  }
  void note(const Change& now, Copied& copy) const {
    if (!rewrite_.isOwner && now.kind == layerfs::EntryKind::Symlink) return;  // has no mode of its own
    if (!copy.any) copy.uid = now.uid, copy.gid = now.gid, copy.mode = now.mode;
    copy.any = true;
    copy.uniform &= rewrite_.isOwner ? copy.uid == now.uid && copy.gid == now.gid : copy.mode == now.mode;
  }

  /// Names mean the same where the COPY stands only if the files that say so are not younger.
  bool namesHold() const {
    auto [user, group] = llvm::StringRef(rewrite_.spec).split(':');
    if (user.empty() || group.empty()) return false;
    return llvm::all_of(std::initializer_list<llvm::StringRef>{"etc/passwd", "etc/group"}, [&](llvm::StringRef path) {
      auto id = tree_.find(path);
      auto last = id == ImageTree::kNone ? ImageTree::kNone : tree_.lastChange(id);
      return last != ImageTree::kNone && tree_.change(last).layer < copies_.begin()->first;
    });
  }
  std::string flagFor(const Copied& copy) const {
    if (!rewrite_.isOwner) return llvm::formatv("--chmod={0}", llvm::format("%04o", copy.mode)).str();
    if (namesHold()) return "--chown=" + rewrite_.spec;
    return llvm::formatv("--chown={0}:{1}", copy.uid, copy.gid).str();
  }

  /// "COPY --chown=app:app . ."; nothing where the line is written in a way that cannot be edited for certain.
  bool editCopy(const Copied& copy, Advice& one) const {
    const builder::BuildStep& step = facts_.build.steps[copy.position];
    llvm::StringRef line = facts_.files.dockerfile->line(step.firstLine), rest = line.ltrim(" \t");
    if (!rest.take_front(5).equals_insensitive("COPY ")) return false;
    for (llvm::StringRef text : facts_.files.dockerfile->lines(step.firstLine, step.lastLine))
      if (text.contains(rewrite_.isOwner ? "--chown" : "--chmod")) return false;
    std::string edited = line.take_front(line.size() - rest.size() + 5).str() + flagFor(copy) + " " +
                         rest.drop_front(5).ltrim(" \t").str();
    one.edits.push_back({step.firstLine, step.firstLine, {edited}});
    return true;
  }
  void editRun(Advice& one) const {
    const builder::BuildStep& step = facts_.build.steps[run_];
    std::vector<std::string> lines;
    if (!kept_.empty()) {
      lines = {std::string("RUN ") + (rewrite_.isOwner ? "chown " : "chmod ") + rewrite_.spec};
      for (const std::string& path : kept_) lines.back() += " /" + path;
    }
    one.edits.push_back({step.firstLine, step.lastLine, std::move(lines)});
  }

  Finding finding(uint32_t layer) const {
    std::string flag = rewrite_.isOwner ? "--chown" : "--chmod";
    Finding finding =
        findingAbout(facts_, run_, rewrite_.isOwner ? "copy-chown" : "copy-chmod",
                     "the files are copied once more to change their " +
                         std::string(rewrite_.isOwner ? "owner" : "mode") + "; COPY " + flag + " sets it at once");
    uint64_t stays = kept_.empty() ? 0 : 1024 + 512 * kept_.size();
    uint64_t bytes = facts_.analysis->report.layers[layer].tarBytes;
    finding.bytes = bytes - std::min(bytes, stays);
    if (kept_.empty()) finding.nanoseconds = timeOf(facts_.build.steps[run_]);
    return finding;
  }

  const AdviceFacts& facts_;
  const ImageTree& tree_;
  size_t run_;
  Rewrite rewrite_;
  std::map<uint32_t, Copied> copies_;  ///< by layer
  std::vector<std::string> kept_;      ///< directories that are not of the COPYs
};
}  // namespace

void adviseOwner(const AdviceFacts& facts, Advices& advice) {
  for (size_t position = 0; position < facts.build.steps.size(); ++position) {
    const builder::BuildStep& step = facts.build.steps[position];
    if (!hasOwnLines(step)) continue;
    if (auto rewrite = rewriteOf(step)) OwnerMove(facts, position, std::move(*rewrite)).advise(advice);
  }
}

}  // namespace strata::analyzer
