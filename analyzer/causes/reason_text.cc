/// \file The words of invalidation.h: a reason in one line, and in full.

#include "analyzer/causes/invalidation.h"
#include "analyzer/causes/sequence_diff.h"
#include "analyzer/causes/step_match.h"
#include "support/duration_text.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/Format.h>
#include <llvm/Support/FormatVariadic.h>

namespace strata::analyzer {

namespace {

using builder::Build;
using builder::BuildStep;
using builder::TreeChange;

constexpr size_t kShownText = 60;  ///< characters of a value in one line
constexpr size_t kSummaryCauses = 2;
constexpr size_t kShownOutput = 5;

std::string shortValue(llvm::StringRef text) {
  if (auto digest = Digest::parse(text))
    return "sha256:" + digest->shortHex();
  else
    llvm::consumeError(digest.takeError());
  std::string shown = printable(text.take_front(kShownText));
  return text.size() > kShownText ? shown + "..." : shown;
}

/// A value as one of two that differ.
std::string valueText(llvm::StringRef value, bool whole) {
  if (value.empty()) return "(none)";
  return whole ? printable(value) : shortValue(value);
}

std::string octal(uint32_t mode) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%04o", mode);
  return text;
}

llvm::StringRef kindText(layerfs::EntryKind kind) {
  switch (kind) {
    case layerfs::EntryKind::Directory:
      return "a directory";
    case layerfs::EntryKind::Symlink:
      return "a symlink";
    case layerfs::EntryKind::File:
      return "a file";
    case layerfs::EntryKind::Hardlink:
      return "a hard link";
    case layerfs::EntryKind::Whiteout:
      return "removed";
    default:
      return "a special file";
  }
}

std::string ownerText(const builder::TreeEntry& entry) {
  return (llvm::Twine(entry.uid) + ":" + llvm::Twine(entry.gid)).str();
}

std::string changeText(const TreeChange& change) {
  std::string path = printable(change.path);
  switch (change.kind) {
    case TreeChange::Kind::Added:
      return path + " added (" + humanSize(change.newSize) + ")";
    case TreeChange::Kind::Removed:
      return path + " removed (" + humanSize(change.oldSize) + ")";
    case TreeChange::Kind::Modified: {
      if (change.after.kind == layerfs::EntryKind::Symlink)
        return path + " target " + printable(change.before.linkTarget) + " -> " + printable(change.after.linkTarget);
      std::string before = humanSize(change.oldSize), after = humanSize(change.newSize);
      return path + " modified (" + (before == after ? after : before + " -> " + after) + ")";
    }
    case TreeChange::Kind::Mode:
      return path + " mode " + octal(change.before.mode) + " -> " + octal(change.after.mode);
    case TreeChange::Kind::Owner:
      return path + " owner " + ownerText(change.before) + " -> " + ownerText(change.after);
    case TreeChange::Kind::Type:
      return path + " was " + kindText(change.before.kind).str() + ", is " + kindText(change.after.kind).str();
    case TreeChange::Kind::Xattrs:
      return path + " extended attributes changed";
  }
  return path;
}

std::string countText(size_t count, llvm::StringRef what) {
  return (llvm::Twine(count) + " " + what + (count == 1 ? "" : "s")).str();
}

/// What came of running again: nothing, and what that spared; or which files it was.
std::string outputText(const StepReason& reason) {
  if (reason.unchanged) {
    if (reason.savedSteps == 0) return "  it left the same files as before\n";
    return "  it left the same files as before, so that " + countText(reason.savedSteps, "step") +
           " below stayed cached (" + durationText(reason.saved) + " saved)\n";
  }
  size_t count = reason.outputChanges.size();
  if (count == 0) return "";
  std::string text = "  it left other files than before, " + countText(count, "difference") + ":\n";
  for (const TreeChange& change : llvm::ArrayRef(reason.outputChanges).take_front(kShownOutput))
    text += "    " + changeText(change) + "\n";
  if (count > kShownOutput) text += llvm::formatv("    and {0} more\n", count - kShownOutput).str();
  return text;
}

std::string filesText(const Cause& cause) {
  std::string name = printable(cause.name);
  if (!cause.changesKnown) return name + " changed (which files is no longer known)";
  if (cause.changes.empty()) return name + " changed in what is selected or how it is named";
  std::string text = changeText(cause.changes.front());
  if (cause.changes.size() > 1) text += llvm::formatv(" and {0} more", cause.changes.size() - 1).str();
  return text;
}

/// "step 3 (COPY package.json)", counted from 1 as the tables do.
std::string stepText(uint32_t index, const Build& build) {
  std::string text = "step " + std::to_string(index + 1);
  auto step = llvm::find_if(build.steps, [&](const BuildStep& one) { return one.index == index; });
  return step == build.steps.end() ? text : text + " (" + shortValue(textOf(*step)) + ")";
}

/// The usual shell says nothing about a change.
llvm::StringRef withoutShell(llvm::StringRef command) {
  command.consume_front("/bin/sh -c ");
  return command;
}

std::string changeOfValue(const Cause& cause, bool whole) {
  std::string text = valueText(cause.before, whole) + " -> " + valueText(cause.after, whole);
  std::string where = printable(cause.where), before = printable(cause.whereBefore);
  if (before.empty() || before == where) return where.empty() ? text : text + " (" + where + ")";
  return text + " (" + (where.empty() ? "not set any more" : where) + ", before: " + before + ")";
}

/// Of a here-document.
std::string bodyText(const Cause& cause, bool whole) {
  return whole ? wordDiffText(cause.before, cause.after) : shortWordDiffText(cause.before, cause.after);
}

std::string instructionText(const Cause& cause, bool whole) {
  llvm::StringRef before = withoutShell(cause.before), after = withoutShell(cause.after);
  if (before == after) return "instruction changed in what is not shown of it";  // a secret, taken out of both
  std::string words = whole ? wordDiffText(before, after) : shortWordDiffText(before, after);
  return "instruction changed: " + words;
}

std::string timeText(int64_t at) {
  if (at == 0) return "";
  return " " + agoText(at) + ", at " + rfc3339(at - at % 1'000'000'000);
}

/// What became of the record that the key once had.
std::string removalText(const Cause& cause) {
  llvm::StringRef why = cause.name, who;
  if (why.starts_with("by `")) std::tie(who, why) = why.split(": ");
  std::string reason = why.empty() ? "" : " (" + printable(why) + ")";
  switch (cause.kind) {
    case Cause::Kind::RecordPruned:
      return "its cache record was pruned" + (who.empty() ? "" : " " + printable(who)) + timeText(cause.at) + reason;
    case Cause::Kind::Damaged:
      return "its cached layer was damaged and dropped" + timeText(cause.at) + reason;
    default:
      return "its cached layer is no longer in the store" + reason;
  }
}

std::string causeText(const Cause& cause, const Build& build, bool whole) {
  std::string name = printable(cause.name);
  switch (cause.kind) {
    case Cause::Kind::Instruction:
      return instructionText(cause, whole);
    case Cause::Kind::Argument:
    case Cause::Kind::Environment:
      return name + ": " + changeOfValue(cause, whole);
    case Cause::Kind::Files:
      return filesText(cause);
    case Cause::Kind::BaseMoved:
      return "base " + name + " moved: " + changeOfValue(cause, whole);
    case Cause::Kind::ParentRebuilt:
      return cause.rootCause ? "rebuilt because of " + stepText(*cause.rootCause, build) : "the step above changed";
    case Cause::Kind::Destination:
      return name.empty() ? "what it copies onto is different" : name + ": " + changeOfValue(cause, whole);
    case Cause::Kind::Mount:
      return "mount " + name + ": " +
             (cause.rootCause ? "because of " + stepText(*cause.rootCause, build) : changeOfValue(cause, whole));
    case Cause::Kind::Platform:
      return "platform: " + changeOfValue(cause, whole);
    case Cause::Kind::Option:
      return name + ": " +
             (llvm::StringRef(name).starts_with("<<") ? bodyText(cause, whole) : changeOfValue(cause, whole));
    case Cause::Kind::NoCache:
      return (name.empty() ? "--no-cache" : name) + " was given";
    case Cause::Kind::LayerGone:
    case Cause::Kind::RecordPruned:
    case Cause::Kind::Damaged:
      return removalText(cause);
    case Cause::Kind::FirstBuild:
      return build.origin.empty() ? "never built before in this store" : "no earlier build of it is known";
    case Cause::Kind::Unknown:
      return cause.name.empty() ? "unknown: no part of the key differs" : name;
  }
  return name;
}

/// ", out of step 4 (RUN make), rebuilt because of step 3 (COPY src .)"
std::string originText(const Cause& cause, const Build& build) {
  if (!cause.source) return "";
  std::string text = ", out of " + stepText(*cause.source, build);
  if (cause.rootCause && *cause.rootCause != *cause.source)
    text += ", rebuilt because of " + stepText(*cause.rootCause, build);
  return text;
}

/// Every file that made the difference, one a line.
std::string changesText(const Cause& cause) {
  std::string text;
  for (const TreeChange& change : cause.changes) text += "    " + changeText(change) + "\n";
  return text;
}

}  // namespace

std::string summaryOf(const Cause& cause, const Build& build) { return causeText(cause, build, false); }

std::string summaryOf(const StepReason& reason, const Build& build) {
  std::vector<std::string> parts;
  for (const Cause& cause : llvm::ArrayRef(reason.causes).take_front(kSummaryCauses))
    parts.push_back(causeText(cause, build, false));
  if (reason.causes.size() > kSummaryCauses)
    parts.push_back(countText(reason.causes.size() - kSummaryCauses, "more cause"));
  if (reason.unchanged) parts.push_back("same files as before");
  std::string text = llvm::join(parts, "; ");
  if (!reason.neverHere || reason.causes.empty()) return text;
  return "never built here; since the cache's build " + reason.comparedWith + ": " + text;
}

std::string detailsOf(const StepReason& reason, const Build& build) {
  std::string text;
  if (reason.neverHere && !reason.causes.empty())
    text += "  never built here; its nearest relative is in build " + reason.comparedWith + " of the cache " +
            printable(reason.comparedCache) + "\n";
  for (const Cause& cause : reason.causes) {
    if (cause.kind != Cause::Kind::Files || !cause.changesKnown || cause.changes.empty()) {
      text += "  " + causeText(cause, build, true) + "\n";
      continue;
    }
    text += llvm::formatv("  {0}: {1} {2} changed", printable(cause.name), cause.changes.size(),
                          cause.changes.size() == 1 ? "file" : "files");
    text += originText(cause, build) + "\n" + changesText(cause);
  }
  return text + outputText(reason);
}

}  // namespace strata::analyzer
