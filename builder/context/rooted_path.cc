#include "builder/context/rooted_path.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <cerrno>
#include <climits>

namespace strata::builder {

std::string below(llvm::StringRef directory, llvm::StringRef name) {
  if (directory.empty()) return name.str();
  if (name.empty()) return directory.str();
  return (directory + "/" + name).str();
}

llvm::StringRef parentOf(llvm::StringRef path) {
  size_t slash = path.rfind('/');
  return slash == llvm::StringRef::npos ? llvm::StringRef() : path.take_front(slash);
}

llvm::StringRef baseNameOf(llvm::StringRef path) { return path.drop_front(path.rfind('/') + 1); }

namespace {
/// A component at a time: for kernels and seccomp profiles without openat2, and for paths longer than PATH_MAX.
UniqueFd openStepwise(int root, llvm::StringRef path, int flags) {
  UniqueFd held;
  int at = root;
  while (true) {
    auto [name, rest] = path.split('/');
    int how = rest.empty() ? flags : O_PATH | O_DIRECTORY;
    UniqueFd next(::openat(at, name.str().c_str(), how | O_NOFOLLOW | O_CLOEXEC));
    if (!next || rest.empty()) return next;
    held = std::move(next);
    at = held.get();
    path = rest;
  }
}
}  // namespace

UniqueFd openBeneath(int root, llvm::StringRef path, int flags) {
  if (path.empty()) return UniqueFd(::openat(root, ".", flags | O_CLOEXEC));
  if (path.size() >= PATH_MAX) return openStepwise(root, path, flags);
  struct open_how how = {};
  how.flags = uint64_t(flags | O_NOFOLLOW | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  llvm::SmallString<256> text(path);
  for (;;) {
    int fd = int(::syscall(SYS_openat2, root, text.c_str(), &how, sizeof how));
    if (fd >= 0) return UniqueFd(fd);
    if (errno == EINTR || errno == EAGAIN) continue;
    // O_PATH|O_NOFOLLOW opens a last link itself, which RESOLVE_NO_SYMLINKS allows as well.
    if (errno == ENOSYS || errno == EPERM) return openStepwise(root, path, flags);
    return UniqueFd();
  }
}

namespace {
llvm::Expected<std::string> readLink(int link, const std::string& path) {
  char target[PATH_MAX];
  ssize_t size = ::readlinkat(link, "", target, sizeof target);
  if (size < 0) return errnoFault("read the link " + printable(path));
  return std::string(target, size_t(size));
}

/// The names still to be walked, the next one last, so that a link's target is pushed in front.
using Pending = llvm::SmallVector<std::string, 16>;
void pushFront(Pending& pending, llvm::StringRef path) {
  llvm::SmallVector<llvm::StringRef, 8> parts;
  path.split(parts, '/', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef part : llvm::reverse(parts))
    if (part != ".") pending.push_back(part.str());
}

std::string remaining(std::string path, const Pending& pending) {
  for (const std::string& name : llvm::reverse(pending)) path = name == ".." ? parentOf(path).str() : below(path, name);
  return path;
}

/// One walk along a path, a component at a time.
class Resolution {
public:
  Resolution(int root, LastLink lastLink) : root_(root), lastLink_(lastLink) {}

  llvm::Expected<RootedPath> run(llvm::StringRef path) {
    pushFront(pending_, cleanPath(path));
    out_.exists = true;
    while (!pending_.empty() && out_.exists) {
      std::string name = pending_.pop_back_val();
      if (name == "..") {
        out_.path = parentOf(out_.path).str();
        stale_ = true;
      } else if (auto error = enter(below(out_.path, name), path)) {
        return error;
      }
    }
    if (out_.exists && stale_)
      if (auto error = statHere()) return error;
    return std::move(out_);
  }

private:
  llvm::Error enter(std::string next, llvm::StringRef asked) {
    UniqueFd fd = openBeneath(root_, next, O_PATH);
    if (!fd && (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG)) {
      out_.exists = false;
      out_.blocked = errno == ENOTDIR;
      out_.missing = out_.blocked ? out_.path : next;
      out_.path = remaining(std::move(next), pending_);
      return llvm::Error::success();
    }
    if (!fd || ::fstat(fd.get(), &out_.status) != 0) return errnoFault("open \"/" + printable(next) + "\"");
    if (!S_ISLNK(out_.status.st_mode) || (pending_.empty() && lastLink_ == LastLink::Keep)) {
      out_.path = std::move(next);
      stale_ = false;
      return llvm::Error::success();
    }
    if (out_.links.size() >= kMaxLinks)
      return fault(FaultKind::Invalid, "\"/" + printable(asked) + "\": too many levels of symbolic links");
    auto target = readLink(fd.get(), next);
    if (!target) return target.takeError();
    out_.links.push_back(std::move(next));
    if (llvm::StringRef(*target).starts_with("/")) out_.path.clear();
    stale_ = true;
    pushFront(pending_, *target);
    return llvm::Error::success();
  }

  llvm::Error statHere() {
    UniqueFd fd = openBeneath(root_, out_.path, O_PATH);
    if (!fd || ::fstat(fd.get(), &out_.status) != 0) return errnoFault("open \"/" + printable(out_.path) + "\"");
    return llvm::Error::success();
  }

  static constexpr size_t kMaxLinks = 40;  // as the kernel
  int root_;
  LastLink lastLink_;
  RootedPath out_;
  Pending pending_;    ///< names still to be walked
  bool stale_ = true;  ///< out_.status is not that of out_.path
};
}  // namespace

llvm::Expected<RootedPath> resolveBeneath(int root, llvm::StringRef path, LastLink lastLink) {
  RootedPath out;
  out.path = cleanPath(path);
  UniqueFd fd = openBeneath(root, out.path, O_PATH);  // most paths have no link in them: one system call
  if (fd && ::fstat(fd.get(), &out.status) == 0 && (!S_ISLNK(out.status.st_mode) || lastLink == LastLink::Keep)) {
    out.exists = true;
    return out;
  }
  return Resolution(root, lastLink).run(path);
}

}  // namespace strata::builder
