#include "analyzer/reads/run_reads.h"

#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <algorithm>

namespace strata::analyzer {

using builder::Build;
using builder::BuildStep;
using builder::ReadFile;
using builder::ReadSource;
using builder::UnreadPath;
using llvm::json::Array;
using llvm::json::Object;

namespace {
std::string whyNoReads(const BuildStep& step) {
  switch (step.outcome) {
    case BuildStep::Outcome::Hit:
      return "not known: it came from the cache, and its execution was not traced";
    case BuildStep::Outcome::Executed:
      return "not known: it was not traced (strata build --trace-reads)";
    case BuildStep::Outcome::Failed:
    case BuildStep::Outcome::Cancelled:
      return "not known: it did not come to its end";
    case BuildStep::Outcome::Skipped:
      break;
  }
  return "not reached";
}
}  // namespace

llvm::Expected<std::vector<RunReads>> readsOf(const Build& build, builder::ReadStore& store) {
  std::vector<RunReads> runs;
  for (auto [position, step] : llvm::enumerate(build.steps)) {
    if (step.instruction != "run") continue;
    RunReads& run = runs.emplace_back(RunReads{.position = position, .reads = {}, .whyNot = {}});
    bool hasEnded = step.outcome == BuildStep::Outcome::Hit || step.outcome == BuildStep::Outcome::Executed;
    if (hasEnded && step.key) {
      auto reads = store.find(step.key);
      if (!reads) return reads.takeError();
      run.reads = std::move(*reads);
    }
    if (!run.reads) run.whyNot = whyNoReads(step);
  }
  return runs;
}

namespace {
std::string utf8(llvm::StringRef text) { return llvm::json::fixUTF8(text); }

Object sourceJson(const ReadSource& source, const Build& build) {
  Object object{{"instruction", source.instruction},
                {"stage", utf8(source.stage)},
                {"name", utf8(source.name)},
                {"line", int64_t(source.firstLine)},
                {"files", int64_t(source.files)},
                {"bytes", int64_t(source.bytes)},
                {"readFiles", int64_t(source.readFiles)},
                {"readBytes", int64_t(source.readBytes)}};
  if (auto step = builder::stepOf(source, build)) object["step"] = int64_t(*step);
  Array read, unread;
  for (const ReadFile& file : source.read) {
    Object item{{"path", utf8(file.path)}};
    if (file.executed) item["executed"] = true;
    read.push_back(std::move(item));
  }
  for (const UnreadPath& path : source.unread) {
    Object item{{"path", utf8(path.path)}, {"files", int64_t(path.files)}, {"bytes", int64_t(path.bytes)}};
    if (path.isDirectory) item["directory"] = true;
    unread.push_back(std::move(item));
  }
  object["read"] = std::move(read);
  object["unread"] = std::move(unread);
  if (source.moreUnread) object["moreUnread"] = true;
  return object;
}
}  // namespace

llvm::json::Value toJson(const RunReads& run, const Build& build) {
  const BuildStep& step = build.steps[run.position];
  Object object{{"schema", 1},
                {"step", int64_t(run.position)},
                {"name", utf8(step.name)},
                {"line", int64_t(step.firstLine)},
                {"outcome", nameOf(step.outcome)},
                {"known", run.reads.has_value()}};
  if (!run.reads) {
    object["whyNot"] = run.whyNot;
    return object;
  }
  object["build"] = run.reads->build;
  object["traced"] = run.reads->traced;
  object["incomplete"] = run.reads->incomplete;
  Array sources, listed;
  for (const ReadSource& source : run.reads->sources) sources.push_back(sourceJson(source, build));
  for (const std::string& directory : run.reads->listed) listed.push_back(utf8(directory));
  object["sources"] = std::move(sources);
  object["listed"] = std::move(listed);
  return object;
}

namespace {
std::string shown(llvm::StringRef path, bool isDirectory = false) {
  return "/" + printable(path) + (isDirectory && !path.empty() ? "/" : "");
}

/// At most `most` of the lines, and how many more there are.
std::string listing(llvm::StringRef title, const std::vector<std::string>& lines, size_t most, bool andMore = false) {
  if (lines.empty()) return "";
  std::string text = ("      " + title + "\n").str();
  for (const std::string& line : llvm::ArrayRef(lines).take_front(most)) text += "        " + line + "\n";
  if (lines.size() > most)
    text += "        ... and " + std::to_string(lines.size() - most) + " more (--all)\n";
  else if (andMore)
    text += "        ... and more\n";
  return text;
}

std::string sourceText(const ReadSource& source, const Build& build, size_t mostPaths) {
  auto step = builder::stepOf(source, build);
  std::string text = "    " + std::to_string(source.readFiles) + " of " + std::to_string(source.files) +
                     (source.files == 1 ? " file (" : " files (") + humanSize(source.readBytes) + " of " +
                     humanSize(source.bytes) + ") of " + (step ? "step " + std::to_string(*step + 1) + "  " : "") +
                     printable(source.name) + "\n";
  if (mostPaths == 0) return text;
  std::vector<std::string> read, unread;
  for (const ReadFile& file : source.read) read.push_back(shown(file.path) + (file.executed ? "  (executed)" : ""));
  std::vector<UnreadPath> largest = source.unread;
  llvm::stable_sort(largest, [](const UnreadPath& a, const UnreadPath& b) { return a.bytes > b.bytes; });
  for (const UnreadPath& path : largest)
    unread.push_back(shown(path.path, path.isDirectory) + "  (" +
                     (path.isDirectory ? std::to_string(path.files) + (path.files == 1 ? " file, " : " files, ") : "") +
                     humanSize(path.bytes) + ")");
  return text + listing("opened:", read, mostPaths) + listing("not opened:", unread, mostPaths, source.moreUnread);
}
}  // namespace

std::string textOf(const RunReads& run, const Build& build, size_t mostPaths) {
  const BuildStep& step = build.steps[run.position];
  std::string text = "step " + std::to_string(run.position + 1) + "  " + printable(step.name) + "\n";
  if (!run.reads) return text + "    " + run.whyNot + "\n";
  const builder::StepReads& reads = *run.reads;
  if (reads.build != build.id) text += "    as traced in build " + printable(reads.build) + "\n";
  if (reads.incomplete) text += "    opened more than could be written down\n";
  if (reads.sources.empty()) text += "    no files stood there before it\n";
  for (const ReadSource& source : llvm::reverse(reads.sources)) text += sourceText(source, build, mostPaths);
  if (mostPaths == 0) return text;
  std::vector<std::string> listed;
  for (const std::string& directory : reads.listed) listed.push_back(shown(directory, /*isDirectory=*/true));
  return text + listing("directories listed:", listed, mostPaths);
}

}  // namespace strata::analyzer
