#include "analyzer/bench/touched_file.h"

#include "analyzer/bench/changed_names.h"
#include "analyzer/bench/context_files.h"
#include "support/clean_path.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Path.h>

#include <sys/stat.h>
#include <map>
#include <set>

namespace strata::analyzer {

namespace {
using builder::KeyComponent;
using builder::TreeEntry;
using layerfs::EntryKind;

/// Locks before lists: who changes dependencies changes the lock, and a COPY takes both.
constexpr llvm::StringLiteral kDependencyFiles[] = {
    "package-lock.json", "yarn.lock",    "pnpm-lock.yaml", "npm-shrinkwrap.json", "poetry.lock",     "uv.lock",
    "Pipfile.lock",      "go.sum",       "Cargo.lock",     "Gemfile.lock",        "composer.lock",   "mix.lock",
    "package.json",      "Pipfile",      "pyproject.toml", "requirements.txt",    "go.mod",          "Cargo.toml",
    "pom.xml",           "build.gradle", "Gemfile",        "composer.json",       "build.gradle.kts"};

bool isDependencyFile(llvm::StringRef path) {
  return llvm::is_contained(kDependencyFiles, llvm::sys::path::filename(path));
}

/// Follows one build's trees down to their files.
class CopiedFiles {
public:
  CopiedFiles(builder::TreeStore& trees, const ContextFiles& context) : trees_(trees), context_(context) {}

  llvm::Error add(const KeyComponent& component) {
    auto selection = trees_.find(component.tree);
    if (!selection) return selection.takeError();
    if (!*selection || !(*selection)->isSelection) return llvm::Error::success();
    llvm::SmallVector<llvm::StringRef> sources;
    llvm::StringRef(component.name).split(sources, ' ');
    for (const TreeEntry& entry : (*selection)->entries) {
      auto [position, name] = llvm::StringRef(entry.name).split(' ');
      size_t number = 0;
      if (position.getAsInteger(10, number) || number >= sources.size()) continue;
      if (auto error = addEntry(pathOf(sources[number], name), entry)) return error;
    }
    return llvm::Error::success();
  }

  std::vector<std::string> take() { return {found_.begin(), found_.end()}; }

private:
  /// A source is a path, or a pattern whose last word stands for `name`.
  std::string pathOf(llvm::StringRef source, llvm::StringRef name) const {
    std::string path = cleanPath(source);
    if (name.empty() || llvm::sys::path::filename(path) == name) return path;
    std::string above = llvm::sys::path::parent_path(path).str();
    return above.empty() ? name.str() : above + "/" + name.str();
  }

  llvm::Error addEntry(const std::string& path, const TreeEntry& entry) {
    if (entry.kind == EntryKind::Directory) return addBelow(path, entry.content);
    if (entry.kind == EntryKind::File && context_.has(path)) found_.insert(path);
    return llvm::Error::success();
  }

  llvm::Error addBelow(const std::string& path, const Digest& directory) {
    auto object = trees_.find(directory);
    if (!object) return object.takeError();
    if (!*object) return llvm::Error::success();
    for (const TreeEntry& entry : (*object)->entries)
      if (auto error = addEntry(path.empty() ? entry.name : path + "/" + entry.name, entry)) return error;
    return llvm::Error::success();
  }

  builder::TreeStore& trees_;
  const ContextFiles& context_;
  std::set<std::string> found_;
};

std::optional<std::string> newest(const std::string& context, llvm::ArrayRef<std::string> candidates) {
  std::optional<std::string> best;
  std::pair<time_t, long> bestTime;
  for (const std::string& path : candidates) {
    struct stat status {};
    if (::lstat(joinPath(context, path).c_str(), &status) != 0) continue;
    std::pair time(status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    if (best && time <= bestTime) continue;
    best = path;
    bestTime = time;
  }
  return best;
}
}  // namespace

llvm::Expected<std::vector<std::string>> copiedFiles(const builder::Build& build, builder::TreeStore& trees,
                                                     const std::string& context) {
  auto there = ContextFiles::open(context);
  if (!there) return there.takeError();
  CopiedFiles files(trees, *there);
  for (const builder::BuildStep& step : build.steps)
    for (const KeyComponent& component : step.components) {
      bool isOfContext = component.kind == KeyComponent::Kind::Files && !component.step && component.where.empty();
      if (!isOfContext || !component.tree) continue;
      if (auto error = files.add(component)) return error;
    }
  return files.take();
}

std::optional<std::string> mostFrequent(llvm::ArrayRef<std::string> names, llvm::ArrayRef<std::string> candidates) {
  std::map<llvm::StringRef, size_t> counts;
  for (const std::string& path : candidates) counts[path] = 0;
  for (const std::string& name : names)
    if (auto found = counts.find(name); found != counts.end()) ++found->second;
  auto most = llvm::max_element(counts, [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == counts.end() || most->second == 0) return std::nullopt;
  return most->first.str();
}

std::vector<std::string> meantByJournal(llvm::ArrayRef<std::string> names, llvm::ArrayRef<std::string> candidates) {
  std::map<llvm::StringRef, llvm::StringRef> byEnd;  // by what is below each directory of theirs; the first has it
  for (llvm::StringRef path : candidates)
    for (llvm::StringRef end = path; !end.empty(); end = end.split('/').second) byEnd.try_emplace(end, path);
  std::vector<std::string> meant;
  for (const std::string& name : names)
    if (auto found = byEnd.find(name); found != byEnd.end()) meant.push_back(found->second.str());
  return meant;
}

llvm::Expected<std::optional<std::string>> chooseTouched(const std::string& context,
                                                         llvm::ArrayRef<std::string> candidates,
                                                         llvm::ArrayRef<std::string> recorded,
                                                         const CancelToken& cancel) {
  std::vector<std::string> sources = candidates.vec();
  llvm::erase_if(sources, isDependencyFile);
  if (sources.empty()) sources = candidates.vec();
  auto names = namesInCommits(context, cancel);
  if (!names) return names.takeError();
  if (auto most = mostFrequent(*names, sources)) return most;
  if (auto most = mostFrequent(meantByJournal(recorded, sources), sources)) return most;
  return newest(context, sources);
}

std::optional<std::string> chooseDependency(llvm::ArrayRef<std::string> candidates) {
  auto rank = [](llvm::StringRef path) {
    auto kind = llvm::find(kDependencyFiles, llvm::sys::path::filename(path)) - std::begin(kDependencyFiles);
    return std::tuple(path.count('/'), kind, path);
  };
  std::optional<std::string> best;
  for (const std::string& path : candidates)
    if (isDependencyFile(path) && (!best || rank(path) < rank(*best))) best = path;
  return best;
}

}  // namespace strata::analyzer
