#include "builder/copy/file_writer.h"

#include "builder/context/rooted_path.h"
#include "builder/context/since_walk.h"
#include "builder/context/tree_walker.h"
#include "builder/context/xattrs.h"
#include "layerfs/file_attributes.h"
#include "support/bytes.h"
#include "support/fault.h"
#include "support/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace strata::builder {

using layerfs::EntryKind;

OwnerAndMode finalMetadata(const CopyRequest& request, const TreeEntry& entry) {
  bool isDirectory = entry.kind == EntryKind::Directory;
  bool changes = request.chmod && entry.kind != EntryKind::Symlink;
  return {request.uid.value_or(entry.uid), request.gid.value_or(entry.gid),
          changes ? request.chmod->apply(entry.mode, isDirectory) : entry.mode};
}

OwnerAndMode madeDirectory(const CopyRequest& request, const DestinationFacts& facts) {
  bool forArchive = !facts.archives.empty() && facts.archives.front() == 0;
  bool octal = request.chmod && request.chmod->octal && !forArchive;
  return {request.uid.value_or(0), request.gid.value_or(0), octal ? *request.chmod->octal : 0755};
}

llvm::Error setOwnerAndMode(int fd, const OwnerAndMode& wanted, const std::string& path) {
  struct stat status;
  if (::fstat(fd, &status) != 0) return errnoFault("stat /" + printable(path));
  bool owned = status.st_uid == wanted.uid && status.st_gid == wanted.gid;
  if (!owned && ::fchown(fd, wanted.uid, wanted.gid) != 0)
    return withContext(layerfs::ownerFault(wanted.uid, wanted.gid, errno), "/" + printable(path));
  // After the owner, whose change takes setuid and setgid away.
  if (::fchmod(fd, wanted.mode) != 0) return errnoFault("set the mode of /" + printable(path));
  return llvm::Error::success();
}

namespace {
timespec timespecOf(int64_t nanoseconds) {
  int64_t seconds = nanoseconds / 1'000'000'000, rest = nanoseconds % 1'000'000'000;
  return rest < 0 ? timespec{seconds - 1, rest + 1'000'000'000} : timespec{seconds, rest};
}
}  // namespace

void setTime(int fd, int64_t nanoseconds) {
  timespec times[2] = {timespecOf(nanoseconds), timespecOf(nanoseconds)};
  ::futimens(fd, times);
}

llvm::Expected<UniqueFd> SourceOpener::open(int root, const std::string& path, const SourceNode& node) {
  std::string shown = "\"/" + printable(path) + "\"";
  std::string directory = parentOf(path).str();
  if (!directoryFd_ || root != root_ || directory != directory_) {
    directoryFd_ = openBeneath(root, directory, O_PATH | O_DIRECTORY);
    root_ = root;
    directory_ = directory;
    if (!directoryFd_) return errnoFault("read " + shown);
  }
  int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  UniqueFd fd(::openat(directoryFd_.get(), baseNameOf(path).str().c_str(), flags));
  if (!fd) return errnoFault("read " + shown);
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return errnoFault("stat " + shown);
  if (sinceWalk(status, node) == SinceWalk::Changed)
    return fault(FaultKind::Invalid, shown + " changed while the build was running; build again");
  return fd;
}

llvm::Expected<uint64_t> FileWriter::write(int directory, const CopyTarget& target, const std::string& path,
                                           const std::string& sourcePath) {
  if (target.inlineFile) return writeInline(directory, target, path);
  if (target.node->entry.kind == EntryKind::File) return writeFile(directory, target, path, sourcePath);
  if (auto error = writeSpecial(directory, target, path)) return error;
  return 0;
}

llvm::Expected<UniqueFd> FileWriter::create(int directory, const CopyTarget& target, const std::string& path) {
  int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd fd(::openat(directory, target.name.c_str(), flags, 0600));
  if (!fd && errno == EEXIST && ::unlinkat(directory, target.name.c_str(), 0) == 0)
    fd = UniqueFd(::openat(directory, target.name.c_str(), flags, 0600));
  if (!fd) return errnoFault("write /" + printable(path));
  return fd;
}

llvm::Expected<uint64_t> FileWriter::writeInline(int directory, const CopyTarget& target, const std::string& path) {
  auto fd = create(directory, target, path);
  if (!fd) return fd.takeError();
  if (auto error = FdSink(fd->get()).write(target.inlineFile->content)) return error;
  TreeEntry entry;
  entry.mode = 0644;
  if (auto error = setOwnerAndMode(fd->get(), finalMetadata(request_, entry), path)) return error;
  setTime(fd->get(), request_.createdTime);
  return target.inlineFile->content.size();
}

llvm::Expected<uint64_t> FileWriter::writeFile(int directory, const CopyTarget& target, const std::string& path,
                                               const std::string& sourcePath) {
  const SourceNode& node = *target.node;
  auto to = create(directory, target, path);
  if (!to) return to.takeError();
  Xattrs xattrs;
  if (node.entry.size > 0 || node.entry.xattrs) {  // nothing else is worth opening an empty file for
    int root = request_.selection.sources[target.source].tree->rootFd();
    auto from = opener_.open(root, sourcePath, node);
    if (!from) return from.takeError();
    if (auto error = copyContent(from->get(), to->get(), node, sourcePath)) return error;
    if (node.entry.xattrs) xattrs = readXattrs(from->get());
  }
  if (auto error = setOwnerAndMode(to->get(), finalMetadata(request_, node.entry), path)) return error;
  writeXattrs(to->get(), xattrs);  // after the owner, whose change takes capabilities away
  setTime(to->get(), node.mtime);
  return node.entry.size;
}

llvm::Error FileWriter::copyContent(int from, int to, const SourceNode& node, const std::string& path) {
  uint64_t copied = 0, size = node.entry.size;
  // The kernel copies (or shares blocks) where both file systems are of one kind; not worth a try for a small file.
  for (bool inKernel = size > 32 * 1024; inKernel && copied < size;) {
    if (auto error = cancel_.check()) return error;
    ssize_t count = ::copy_file_range(from, nullptr, to, nullptr, std::min<uint64_t>(size - copied, 64 << 20), 0);
    inKernel = count > 0;
    if (inKernel) copied += uint64_t(count);
  }
  static thread_local std::vector<char> buffer(128 * 1024);
  FdSource source(from);
  FdSink sink(to);
  while (copied < size) {
    auto count = source.read(buffer.data(), size_t(std::min<uint64_t>(buffer.size(), size - copied)));
    if (!count) return withContext(count.takeError(), "/" + printable(path));
    if (*count == 0) break;
    copied += *count;
    if (auto error = sink.write({buffer.data(), *count})) return error;
    if (auto error = cancel_.check()) return error;
  }
  struct stat status;
  if (::fstat(from, &status) != 0) return errnoFault("stat /" + printable(path));
  auto same = copied == size ? isAsSelected(from, status, node) : llvm::Expected<bool>(false);
  if (!same) return withContext(same.takeError(), "/" + printable(path));
  if (!*same)
    return fault(FaultKind::Invalid, "\"/" + printable(path) + "\" changed while the build was running; build again");
  return llvm::Error::success();
}

llvm::Error FileWriter::writeSpecial(int directory, const CopyTarget& target, const std::string& path) {
  const TreeEntry& entry = target.node->entry;
  const char* name = target.name.c_str();
  auto make = [&] {
    switch (entry.kind) {
      case EntryKind::Symlink:
        return ::symlinkat(entry.linkTarget.c_str(), directory, name);
      case EntryKind::Fifo:
        return ::mknodat(directory, name, S_IFIFO | 0600, 0);
      case EntryKind::Socket:
        return ::mknodat(directory, name, S_IFSOCK | 0600, 0);
      case EntryKind::BlockDevice:
        return ::mknodat(directory, name, S_IFBLK | 0600, entry.device);
      default:
        return ::mknodat(directory, name, S_IFCHR | 0600, entry.device);
    }
  };
  if (entry.kind == EntryKind::CharacterDevice && entry.device == 0)
    return fault(FaultKind::Unsupported,
                 "\"/" + printable(path) + "\" is a 0/0 character device, which removes files in a layer");
  int made = make();
  if (made != 0 && errno == EEXIST && ::unlinkat(directory, name, 0) == 0) made = make();
  if (made != 0) return errnoFault("make /" + printable(path));
  OwnerAndMode wanted = finalMetadata(request_, entry);
  struct stat status;
  if (::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return errnoFault("stat /" + printable(path));
  bool owned = status.st_uid == wanted.uid && status.st_gid == wanted.gid;
  if (!owned && ::fchownat(directory, name, wanted.uid, wanted.gid, AT_SYMLINK_NOFOLLOW) != 0)
    return withContext(layerfs::ownerFault(wanted.uid, wanted.gid, errno), "/" + printable(path));
  if (entry.kind != EntryKind::Symlink && ::fchmodat(directory, name, wanted.mode, 0) != 0)
    return errnoFault("set the mode of /" + printable(path));
  timespec times[2] = {timespecOf(target.node->mtime), timespecOf(target.node->mtime)};
  ::utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW);
  return llvm::Error::success();
}

}  // namespace strata::builder
