#include "layerfs/tree_cursor.h"

#include "layerfs/entry_path.h"
#include "layerfs/path_parts.h"
#include "layerfs/plain_open.h"
#include "support/fault.h"
#include "support/text.h"

#include <fcntl.h>
#include <cerrno>
#include <optional>

namespace strata::layerfs {

namespace {
constexpr size_t kMaxLevels = 64;  // open directories; a deeper path is found again from the root

UniqueFd openDirectory(int above, const char* name) {
  return UniqueFd(::openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

UniqueFd duplicate(int fd) { return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 3)); }

std::optional<std::string> linkTarget(int above, const std::string& name) {
  std::string target(4097, '\0');
  ssize_t size = ::readlinkat(above, name.c_str(), target.data(), target.size());
  if (size < 0) return std::nullopt;
  target.resize(size_t(size));
  return target;
}

}  // namespace

llvm::Expected<TreeCursor::Level> TreeCursor::descend(int from, std::string real, llvm::StringRef rest,
                                                      MakeDirectory make) const {
  std::vector<std::string> todo;
  pushReversed(todo, rest);
  UniqueFd current = duplicate(from);
  for (int links = 0; !todo.empty();) {
    std::string name = std::move(todo.back());
    todo.pop_back();
    if (name == "..") {  // above the root is the root
      size_t slash = real.rfind('/');
      real.resize(slash == std::string::npos ? 0 : slash);
      // Not by its "..": somebody may have moved it meanwhile, so that this leads out of the root.
      current = real.empty() ? duplicate(root_.get()) : openWithoutLinks(root_.get(), real, O_RDONLY | O_DIRECTORY);
      if (!current) return errnoFault("open directory " + printable(real));
      continue;
    }
    std::string at = real.empty() ? name : real + "/" + name;
    UniqueFd next = openDirectory(current.get(), name.c_str());
    int number = next ? 0 : errno;
    if (number == ENOTDIR || number == ELOOP) {
      if (auto target = linkTarget(current.get(), name)) {
        if (++links > kMaxLinks) return fault(FaultKind::Invalid, printable(at) + ": symbolic links lead in a circle");
        if (llvm::StringRef(*target).starts_with("/")) {
          current = duplicate(root_.get());
          real.clear();
        }
        pushReversed(todo, *target);
        continue;
      }
    }
    if (number == ENOENT || number == ENOTDIR) {
      if (!make) return fault(FaultKind::NotFound, printable(at) + ": no such directory");
      if (auto error = make(current.get(), name, at)) return error;
      next = openDirectory(current.get(), name.c_str());
      number = next ? 0 : errno;
    }
    if (number != 0) return errnoFault("open directory " + printable(at), number);
    current = std::move(next);
    real = std::move(at);
  }
  return Level{{}, std::move(real), std::move(current)};
}

llvm::Expected<TreeCursor::Place> TreeCursor::directoryAt(llvm::StringRef path, MakeDirectory make) {
  if (path.empty()) return Place{root_.get(), ""};
  while (!levels_.empty() && !isAtOrBelow(path, levels_.back().path)) levels_.pop_back();
  if (levels_.empty() || path != levels_.back().path) {
    bool top = levels_.empty();
    auto level = descend(top ? root_.get() : levels_.back().fd.get(), top ? "" : levels_.back().real,
                         top ? path : path.drop_front(levels_.back().path.size()), make);
    if (!level) return level.takeError();
    remember(path.str(), std::move(level->real), std::move(level->fd));
  }
  return Place{levels_.back().fd.get(), levels_.back().real};
}

void TreeCursor::remember(std::string path, std::string real, UniqueFd fd) {
  while (!levels_.empty() && !isAtOrBelow(path, levels_.back().path)) levels_.pop_back();
  if (!levels_.empty() && levels_.back().path == path) levels_.pop_back();
  if (levels_.size() == kMaxLevels) levels_.erase(levels_.begin());
  levels_.push_back({std::move(path), std::move(real), std::move(fd)});
}

}  // namespace strata::layerfs
