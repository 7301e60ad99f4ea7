#include "runtime/rootless/ordinary_user.h"

#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/process.h"
#include "support/process_handle.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>

#include <fcntl.h>
#include <linux/nsfs.h>
#include <pwd.h>
#include <sched.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>

extern char** environ;

namespace strata::runtime {

namespace {
using llvm::StringRef;

std::string fileText(const char* path) {
  auto text = readFile(path, 1 << 20);
  if (text) return std::move(*text);
  llvm::consumeError(text.takeError());
  return "";
}

/// Our own number is 0 there, the others follow from 1.
std::vector<std::string> mapWords(const std::string& program, pid_t process, uint32_t own,
                                  llvm::ArrayRef<IdRange> ranges) {
  std::vector<std::string> words = {program, std::to_string(process), "0", std::to_string(own), "1"};
  uint64_t next = 1;
  for (const IdRange& range : ranges) {
    for (uint64_t number : {next, uint64_t(range.first), uint64_t(range.count)})
      words.push_back(std::to_string(number));
    next += range.count;
  }
  return words;
}

bool runs(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  int status = 0;
  if (posix_spawn(&pid, argv[0], nullptr, nullptr, argv.data(), environ) != 0) return false;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return false;
  return status == 0;
}

/// The two setuid programs, with what they are to be told. Empty: there are none, or nothing is given to us.
struct Mapper {
  std::vector<std::string> users, groups;
};
Mapper mapperFor(pid_t process) {
  auto users = findProgram("newuidmap"), groups = findProgram("newgidmap");
  const passwd* entry = ::getpwuid(::getuid());
  std::string name = entry ? entry->pw_name : "";
  auto ownUsers = subordinateIds(fileText("/etc/subuid"), name, ::getuid());
  auto ownGroups = subordinateIds(fileText("/etc/subgid"), name, ::getuid());
  if (!users || !groups || ownUsers.empty() || ownGroups.empty()) return {};
  return {mapWords(*users, process, ::getuid(), ownUsers), mapWords(*groups, process, ::getgid(), ownGroups)};
}

/// A child that stays where the programs work, and calls them when the namespace is there.
class MappingChild {
public:
  MappingChild() {
    int ends[2];
    mapper_ = mapperFor(::getpid());
    if (mapper_.users.empty() || ::pipe2(ends, O_CLOEXEC) != 0) return;
    UniqueFd reading(ends[0]);
    writing_.reset(ends[1]);
    pid_ = ::fork();
    if (pid_ != 0) return;
    writing_.reset();
    char byte = 0;
    bool goes = ::read(reading.get(), &byte, 1) == 1;
    ::_exit(goes && runs(mapper_.users) && runs(mapper_.groups) ? 0 : 1);
  }
  /// The namespace has been made (or not). Whether all is mapped.
  bool finish(bool made) {
    if (pid_ <= 0) return false;
    if (made && ::write(writing_.get(), "x", 1) != 1) made = false;
    writing_.reset();
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0)
      if (errno != EINTR) return false;
    return made && status == 0;
  }

private:
  Mapper mapper_;
  UniqueFd writing_;
  pid_t pid_ = -1;
};

llvm::Error writeMap(const char* path, const std::string& text) {
  auto file = openFile(path, O_WRONLY);
  if (!file) return file.takeError();
  if (::write(file->get(), text.data(), text.size()) != ssize_t(text.size()))
    return errnoFault("write " + std::string(path));
  return llvm::Error::success();
}

llvm::Error mapOurselves(uid_t user, gid_t group) {
  auto one = [](uint32_t id) { return "0 " + std::to_string(id) + " 1\n"; };
  if (auto error = writeMap("/proc/self/setgroups", "deny")) return error;
  if (auto error = writeMap("/proc/self/uid_map", one(user))) return error;
  return writeMap("/proc/self/gid_map", one(group));
}

llvm::Expected<UserMapping> makeNamespace() {
  uid_t user = ::getuid();
  gid_t group = ::getgid();
  MappingChild child;
  bool made = ::unshare(CLONE_NEWUSER) == 0;
  int error = errno;
  if (child.finish(made)) return UserMapping::All;
  if (made) {
    if (auto failure = mapOurselves(user, group)) return failure;
    return UserMapping::Own;
  }
  return fault(FaultKind::Unsupported, std::string("this host does not let ordinary users make user namespaces (") +
                                           std::strerror(error) + "); 'strata doctor' says what would help");
}

/// Of the process that the file names.
llvm::Expected<UniqueFd> openUserNamespace(const std::string& file) {
  auto text = readFile(file, 64);
  if (!text) return text.takeError();
  auto name = processNameFrom(*text);
  if (!name) return name.takeError();
  auto process = ProcessHandle::open(*name);
  if (!process) return process.takeError();
  return process->openFile("ns/user", O_RDONLY);
}

/// Of a process that is ours: the namespace that a container of this store runs in.
UniqueFd namespaceOf(const std::string& directory) {
  auto lock = FileLock::tryAcquire(directory + "/lock", FileLock::Mode::Shared);
  if (lock) return UniqueFd();  // nobody supervises it
  llvm::consumeError(lock.takeError());
  auto joined = openUserNamespace(directory + "/bundle/process");
  if (!joined) return llvm::consumeError(joined.takeError()), UniqueFd();
  uid_t owner = ~uid_t(0);
  bool ours = ::ioctl(joined->get(), NS_GET_OWNER_UID, &owner) == 0 && owner == ::geteuid();
  return ours ? std::move(*joined) : UniqueFd();
}

bool joinNamespaceOfStore(const std::string& root) {
  std::string containers = joinPath(root, "containers");
  auto names = entriesOf(containers);
  if (!names) return llvm::consumeError(names.takeError()), false;
  for (const std::string& name : *names)
    if (UniqueFd joined = namespaceOf(joinPath(containers, name)))
      if (::setns(joined.get(), CLONE_NEWUSER) == 0) return true;
  return false;
}
}  // namespace

std::vector<IdRange> subordinateIds(StringRef text, StringRef name, uint32_t id) {
  std::vector<IdRange> ranges;
  llvm::SmallVector<StringRef> lines;
  text.split(lines, '\n', -1, false);
  for (StringRef line : lines) {
    llvm::SmallVector<StringRef> fields;
    line.trim().split(fields, ':');
    IdRange range;
    if (fields.size() != 3 || (fields[0] != name && fields[0] != std::to_string(id))) continue;
    if (fields[1].getAsInteger(10, range.first) || fields[2].getAsInteger(10, range.count) || range.count == 0)
      continue;
    ranges.push_back(range);
  }
  return ranges;
}

llvm::Expected<UserMapping> becomeRootOfUserNamespace(const std::string& root) {
  if (joinNamespaceOfStore(root)) return UserMapping::All;
  return makeNamespace();
}

}  // namespace strata::runtime
