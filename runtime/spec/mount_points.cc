#include "runtime/spec/mount_points.h"

#include "runtime/spec/root_path.h"
#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <climits>

namespace strata::runtime {

using llvm::StringRef;

namespace {
constexpr int kMostLinks = 40;

/// The components of `path` in front of those that are still to be walked; `rest` is a stack, its last comes first.
void pushComponents(std::vector<std::string>& rest, StringRef path) {
  llvm::SmallVector<StringRef> parts;
  path.split(parts, '/', -1, false);
  for (StringRef part : llvm::reverse(parts)) rest.push_back(part.str());
}

llvm::Expected<std::string> linkText(int link, const std::string& shown) {
  char text[PATH_MAX];
  ssize_t size = ::readlinkat(link, "", text, sizeof text);
  if (size < 0) return errnoFault("read link " + shown);
  return std::string(text, size_t(size));
}

std::string aboveOf(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

timespec modified(int directory) {
  struct stat status;
  return ::fstat(directory, &status) == 0 ? status.st_mtim : timespec{};
}
bool sameTime(const timespec& left, const timespec& right) {
  return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}
}  // namespace

llvm::Expected<MountPoints> MountPoints::make(int rootFd, llvm::ArrayRef<MountPoint> wanted) {
  MountPoints points;
  for (const MountPoint& point : wanted) {
    UniqueFd there(openInRoot(rootFd, point.path.c_str(), O_PATH));
    if (there) continue;
    if (errno != ENOENT) return errnoFault("mount point " + point.path);
    if (auto error = points.makeOne(rootFd, point)) return withContext(std::move(error), "mount point " + point.path);
  }
  return points;
}

/// Walks component by component: `reached` never holds a link or "..", so that ".." is one component less of it.
llvm::Error MountPoints::makeOne(int rootFd, const MountPoint& wanted) {
  std::vector<std::string> rest;
  pushComponents(rest, wanted.path);
  std::string reached;
  int links = 0;
  while (!rest.empty()) {
    std::string name = std::move(rest.back());
    rest.pop_back();
    if (name == ".") continue;
    if (name == "..") {
      reached = aboveOf(reached);
      continue;
    }
    std::string next = reached + "/" + name;
    UniqueFd entry(openInRoot(rootFd, next.c_str(), O_PATH | O_NOFOLLOW));
    if (!entry && errno != ENOENT) return errnoFault("open " + next);
    if (!entry) {
      if (auto error = makeEntry(rootFd, reached, name, wanted.isDirectory || !rest.empty())) return error;
      reached = next;
      continue;
    }
    struct stat status;
    if (::fstat(entry.get(), &status) != 0) return errnoFault("stat " + next);
    if (!S_ISLNK(status.st_mode)) {
      reached = next;
      continue;
    }
    if (++links > kMostLinks) return fault(FaultKind::Invalid, "too many symbolic links");
    auto text = linkText(entry.get(), next);
    if (!text) return text.takeError();
    if (StringRef(*text).starts_with("/")) reached.clear();
    pushComponents(rest, *text);
  }
  return llvm::Error::success();
}

llvm::Error MountPoints::makeEntry(int rootFd, const std::string& above, const std::string& name, bool isDirectory) {
  std::string shown = above + "/" + name;
  UniqueFd directory(openInRoot(rootFd, above.empty() ? "/" : above.c_str(), O_PATH | O_DIRECTORY));
  if (!directory) return errnoFault("open " + above);
  Made made{UniqueFd(), name, isDirectory, modified(directory.get()), {}};
  if (isDirectory) {
    if (::mkdirat(directory.get(), name.c_str(), 0755) != 0) return errnoFault("make " + shown);
  } else {
    UniqueFd file(::openat(directory.get(), name.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_WRONLY, 0644));
    if (!file) return errnoFault("make " + shown);
  }
  made.after = modified(directory.get());
  made.above = std::move(directory);
  made_.push_back(std::move(made));
  return llvm::Error::success();
}

MountPoints::~MountPoints() {
  for (const Made& made : llvm::reverse(made_)) {
    struct stat status;
    if (::fstatat(made.above.get(), made.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    bool isOurs = made.isDirectory ? S_ISDIR(status.st_mode) : S_ISREG(status.st_mode) && status.st_size == 0;
    if (!isOurs) continue;
    timespec last = modified(made.above.get());
    if (::unlinkat(made.above.get(), made.name.c_str(), made.isDirectory ? AT_REMOVEDIR : 0) != 0) continue;
    timespec times[2] = {{0, UTIME_OMIT}, sameTime(last, made.after) ? made.before : last};
    ::utimensat(made.above.get(), "", times, AT_EMPTY_PATH);
  }
}

}  // namespace strata::runtime
