#include "builder/context/source_lookup.h"

#include "builder/context/rooted_path.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <dirent.h>
#include <fcntl.h>

namespace strata::builder {

llvm::Expected<std::vector<ListedName>> namesIn(const WalkSettings& settings, const std::string& path) {
  std::vector<ListedName> names;
  UniqueFd directory = openBeneath(settings.root, path, O_RDONLY | O_DIRECTORY);
  if (!directory && (errno == EACCES || errno == EPERM))
    return errnoFault("read " + printable(joinPath(settings.shownRoot, path)));
  if (!directory) return names;
  DIR* stream = ::fdopendir(directory.get());
  if (!stream) return errnoFault("read " + printable(joinPath(settings.shownRoot, path)));
  directory.release();
  while (const dirent* entry = ::readdir(stream)) {
    llvm::StringRef name(entry->d_name);
    if (name != "." && name != "..") names.push_back({name.str(), entry->d_type});
  }
  ::closedir(stream);
  llvm::sort(names, [](const ListedName& a, const ListedName& b) { return a.text < b.text; });
  return names;
}

namespace {
std::string quoted(llvm::StringRef path) { return "\"/" + printable(path) + "\""; }
}  // namespace

bool SourceLookup::ignored(llvm::StringRef path, bool isDirectory) const {
  if (path.empty() || !settings_.ignore->excludes(path)) return false;
  return !isDirectory || !settings_.ignore->mayReincludeBelow(path);
}

llvm::Expected<FoundSource> SourceLookup::findOne(llvm::StringRef path, llvm::StringRef baseName) const {
  auto resolved = resolveBeneath(settings_.root, path, LastLink::Follow);
  if (!resolved) return resolved.takeError();
  bool hidden = !resolved->exists || ignored(resolved->path, S_ISDIR(resolved->status.st_mode));
  for (const std::string& link : resolved->links) hidden |= ignored(link, false);
  if (hidden) return notFound(path);
  return FoundSource{std::move(resolved->path), baseName.str(), resolved->status};
}

llvm::Expected<std::vector<FoundSource>> SourceLookup::find(llvm::StringRef source) const {
  std::vector<FoundSource> found;
  auto parts = pathComponents(source);
  auto* firstPattern = llvm::find_if(parts, [](llvm::StringRef part) { return hasWildcard(part); });
  if (firstPattern == parts.end()) {
    auto one = findOne(cleanPath(source), parts.empty() ? "" : parts.back());
    if (!one) return one.takeError();
    found.push_back(std::move(*one));
    return found;
  }
  std::string prefix = llvm::join(parts.begin(), firstPattern, "/");
  auto start = resolveBeneath(settings_.root, prefix, LastLink::Follow);
  if (!start) return start.takeError();
  for (const std::string& link : start->links)
    if (ignored(link, false)) return found;
  for (llvm::StringRef part : llvm::make_range(firstPattern, parts.end()))
    if (auto checked = matchWildcard(part, ""); !checked) return checked.takeError();  // also if nothing is listed
  if (!start->exists || !S_ISDIR(start->status.st_mode)) return found;
  if (auto error = match(start->path, llvm::ArrayRef(firstPattern, parts.end()), found)) return error;
  return found;
}

llvm::Error SourceLookup::match(const std::string& directory, llvm::ArrayRef<llvm::StringRef> patterns,
                                std::vector<FoundSource>& out) const {
  if (!hasWildcard(patterns.front())) return matchOne(below(directory, patterns.front()), patterns.drop_front(), out);
  auto names = namesIn(settings_, directory);
  if (!names) return names.takeError();
  for (const ListedName& name : *names) {
    bool wanted = patterns.size() == 1 || name.type == DT_DIR || name.type == DT_UNKNOWN;
    if (!wanted || !*matchWildcard(patterns.front(), name.text)) continue;
    if (auto error = matchOne(below(directory, name.text), patterns.drop_front(), out)) return error;
  }
  return llvm::Error::success();
}

llvm::Error SourceLookup::matchOne(const std::string& path, llvm::ArrayRef<llvm::StringRef> rest,
                                   std::vector<FoundSource>& out) const {
  UniqueFd entry = openBeneath(settings_.root, path, O_PATH);
  struct stat status;
  if (!entry || ::fstat(entry.get(), &status) != 0) return llvm::Error::success();
  bool isDirectory = S_ISDIR(status.st_mode);
  if (ignored(path, isDirectory)) return llvm::Error::success();
  if (!rest.empty()) return isDirectory ? match(path, rest, out) : llvm::Error::success();
  if (!S_ISLNK(status.st_mode)) {
    out.push_back({path, baseNameOf(path).str(), status});
    return llvm::Error::success();
  }
  auto target = findOne(path, baseNameOf(path));
  if (!target) return target.takeError();
  out.push_back(std::move(*target));
  return llvm::Error::success();
}

llvm::Error SourceLookup::notFound(llvm::StringRef source) const {
  std::string hint = hintFor(source);
  return fault(FaultKind::NotFound, "failed to compute cache key: " + quoted(cleanPath(source)) + ": not found" +
                                        (hint.empty() ? "" : " (" + hint + ")"));
}

std::string SourceLookup::hintFor(llvm::StringRef source) const {
  auto resolved = resolveBeneath(settings_.root, source, LastLink::Follow);
  if (!resolved) {
    llvm::consumeError(resolved.takeError());
    return "";
  }
  llvm::SmallVector<std::string, 4> candidates(resolved->links.begin(), resolved->links.end());
  if (resolved->exists) candidates.push_back(resolved->path);
  for (const std::string& path : candidates)
    if (std::string rule = settings_.ignore->reasonFor(path); !rule.empty()) return "excluded by " + rule;
  if (resolved->exists) return "";
  if (!resolved->links.empty())
    return quoted(resolved->links.back()) + " is a link to " + quoted(resolved->missing) + ", which is not there";
  if (resolved->blocked) return quoted(resolved->missing) + " is no directory";
  return hintAt(resolved->missing);
}

std::string SourceLookup::hintAt(llvm::StringRef missing) const {
  llvm::StringRef directory = parentOf(missing);
  auto names = namesIn(settings_, directory.str());
  if (!names) {
    llvm::consumeError(names.takeError());
    return "";
  }
  llvm::erase_if(*names,
                 [&](const ListedName& name) { return ignored(below(directory, name.text), name.type == DT_DIR); });
  std::vector<llvm::StringRef> candidates;
  for (const ListedName& name : *names) candidates.push_back(name.text);
  std::string where = directory.empty() ? printable(settings_.shownRoot) : quoted(directory);
  if (candidates.empty()) return where + " is empty";
  std::string near = nearest(baseNameOf(missing), candidates, /*ignoreCase=*/true);
  if (!near.empty()) return "did you mean \"" + printable(below(directory, near)) + "\"?";
  std::string count = std::to_string(candidates.size()) + (candidates.size() == 1 ? " entry" : " entries");
  if (candidates.size() > 5) return where + " has " + count;
  std::string list;
  for (llvm::StringRef name : candidates) list += (list.empty() ? "" : ", ") + printable(name);
  return where + " has " + count + ": " + list;
}

}  // namespace strata::builder
