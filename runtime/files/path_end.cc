#include "runtime/files/path_end.h"

#include "runtime/spec/root_path.h"
#include "support/clean_path.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <filesystem>

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr int kMostLinksFollowed = 40;  // as the kernel

std::string absolutePath(int root, StringRef path) {
  if (root != kHostRoot || path.starts_with("/")) return "/" + cleanPath(path);
  std::error_code unknown;
  return "/" + cleanPath(joinPath(std::filesystem::current_path(unknown).string(), path));
}

UniqueFd openBelow(int root, const std::string& path, int flags) {
  if (root == kHostRoot) return UniqueFd(::open(path.c_str(), flags | O_CLOEXEC));
  return UniqueFd(openInRoot(root, path.c_str(), flags));
}

struct Split {
  std::string above, name;
};
Split splitLast(const std::string& path) {
  auto [above, name] = StringRef(path).rsplit('/');
  // A link may lead to "..": that is a directory, whatever it is called.
  if (name.empty() || name == "." || name == "..") return {path.empty() ? "/" : path, "."};
  return {above.empty() ? "/" : above.str(), name.str()};
}

llvm::Expected<std::string> linkTarget(const PathEnd& end) {
  std::string target(4097, '\0');
  ssize_t size = ::readlinkat(end.directory.get(), end.name.c_str(), target.data(), target.size());
  if (size < 0) return errnoFault("read link " + printable(end.name));
  target.resize(size_t(size));
  return target;
}

/// What is at the path, a link not followed.
llvm::Error look(int root, const Split& path, PathEnd& end) {
  end.directory = openBelow(root, path.above, O_PATH | O_DIRECTORY);
  if (!end.directory) {
    if (errno == ENOTDIR) return fault(FaultKind::NotFound, printable(path.above) + ": not a directory");
    return errnoFault(printable(path.above));
  }
  end.name = path.name;
  struct stat status;
  if (::fstatat(end.directory.get(), end.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
    end.status = status;
  else if (errno != ENOENT)
    return errnoFault(printable(path.above + "/" + path.name));
  else
    end.status.reset();
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<PathEnd> findPathEnd(int root, StringRef text, layerfs::FinalLink final) {
  PathEnd end;
  std::string path = absolutePath(root, text);
  end.base = StringRef(path).rsplit('/').second.str();
  end.wantsContents = end.base.empty() || text == "." || text.ends_with("/.");
  end.wantsDirectory = end.wantsContents || text.ends_with("/");
  bool follows = final == layerfs::FinalLink::Follow || end.wantsDirectory;
  for (int links = 0;; ++links) {
    Split split = splitLast(path);
    if (auto error = look(root, split, end)) return error;
    if (!follows || !end.status || !S_ISLNK(end.status->st_mode)) return end;
    if (links == kMostLinksFollowed)
      return fault(FaultKind::Invalid, printable(text) + ": symbolic links lead in a circle");
    auto target = linkTarget(end);
    if (!target) return target.takeError();
    while (StringRef(*target).ends_with("/") && target->size() > 1) target->pop_back();
    path = StringRef(*target).starts_with("/") ? *target : joinPath(split.above, *target);
  }
}

llvm::Expected<UniqueFd> openDirectory(const PathEnd& end) {
  if (!end.isDirectory()) return fault(FaultKind::Invalid, printable(end.name) + " is not a directory");
  return openFile(end.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, end.directory.get());
}

}  // namespace strata::runtime
