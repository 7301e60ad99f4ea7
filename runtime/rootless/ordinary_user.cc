#include "runtime/rootless/ordinary_user.h"

#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/pipe.h"
#include "support/process.h"
#include "support/process_handle.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>

#include <fcntl.h>
#include <linux/nsfs.h>
#include <pwd.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>

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

/// Empty: it did what it was told.
std::string troubleOf(const std::vector<std::string>& words) {
  auto result = runProcess({words, {}, "", ""});
  if (!result) return messageOf(result.takeError());
  if (result->exitCode == 0) return "";
  StringRef said = StringRef(result->errors).trim();
  return said.empty() ? StringRef(words.front()).rsplit('/').second.str() + " failed" : printable(said);
}

/// The two setuid programs, with what they are to be told. Empty: there are none, or nothing is given to us.
struct Mapper {
  std::vector<std::string> users, groups;
  std::string trouble;
};
Mapper mapperFor(pid_t process) {
  auto users = findProgram("newuidmap"), groups = findProgram("newgidmap");
  const passwd* entry = ::getpwuid(::getuid());
  std::string name = entry ? entry->pw_name : "";
  auto ownUsers = subordinateIds(fileText("/etc/subuid"), name, ::getuid());
  auto ownGroups = subordinateIds(fileText("/etc/subgid"), name, ::getuid());
  if (ownUsers.empty() != ownGroups.empty()) {
    bool lacksUsers = ownUsers.empty();
    return {{},
            {},
            std::string(lacksUsers ? "/etc/subgid gives this user groups, and /etc/subuid no users"
                                   : "/etc/subuid gives this user users, and /etc/subgid no groups")};
  }
  if (!users || !groups || ownUsers.empty()) return {};
  return {mapWords(*users, process, ::getuid(), ownUsers), mapWords(*groups, process, ::getgid(), ownGroups), ""};
}

/// A child that stays where the programs work, and calls them when the namespace is there.
class MappingChild {
public:
  MappingChild() : mapper_(mapperFor(::getpid())) {
    if (mapper_.users.empty()) return;
    auto go = Pipe::make(), answer = Pipe::make();
    if (!go || !answer) {
      llvm::consumeError(go.takeError());
      llvm::consumeError(answer.takeError());
      return;
    }
    pid_ = ::fork();
    if (pid_ == 0) {
      go->write.reset();
      answer->read.reset();
      serve(go->read.get(), answer->write.get());
    }
    go_ = std::move(go->write);
    answer_ = std::move(answer->read);
  }
  /// The namespace has been made (or not). What went wrong; empty also where there was nothing to map.
  std::string finish(bool made) {
    if (pid_ <= 0) return mapper_.trouble;
    if (made && ::write(go_.get(), "x", 1) != 1) made = false;
    go_.reset();
    auto answer = readFd(answer_.get());
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    return answer ? *answer : messageOf(answer.takeError());
  }

private:
  [[noreturn]] void serve(int go, int answer) const {
    char byte = 0;
    if (::read(go, &byte, 1) != 1) ::_exit(0);
    std::string trouble = troubleOf(mapper_.users);
    if (trouble.empty()) trouble = troubleOf(mapper_.groups);
    bool told = ::write(answer, trouble.data(), trouble.size()) == ssize_t(trouble.size());
    ::_exit(told ? 0 : 1);
  }

  Mapper mapper_;
  UniqueFd go_, answer_;
  pid_t pid_ = -1;
};

llvm::Error writeMap(const char* path, const std::string& text) {
  auto file = openFile(path, O_WRONLY);
  if (!file) return file.takeError();
  if (::write(file->get(), text.data(), text.size()) != ssize_t(text.size()))
    return errnoFault("write " + std::string(path));
  return llvm::Error::success();
}

constexpr char kUsers[] = "/proc/self/uid_map", kGroups[] = "/proc/self/gid_map";

/// A map is written once: one that a program has written stays.
llvm::Error mapOurselves(uid_t user, gid_t group) {
  auto one = [](uint32_t id) { return "0 " + std::to_string(id) + " 1\n"; };
  if (fileText(kUsers).empty())
    if (auto error = writeMap(kUsers, one(user))) return error;
  if (!fileText(kGroups).empty()) return llvm::Error::success();
  if (auto error = writeMap("/proc/self/setgroups", "deny")) return error;
  return writeMap(kGroups, one(group));
}

llvm::Expected<UserNamespace> makeNamespace() {
  uid_t user = ::getuid();
  gid_t group = ::getgid();
  MappingChild child;
  bool made = ::unshare(CLONE_NEWUSER) == 0;
  int error = errno;
  std::string trouble = child.finish(made);
  if (made) {
    bool isAll = !fileText(kUsers).empty() && !fileText(kGroups).empty();
    if (isAll) return UserNamespace{UserMapping::All, ""};
    if (auto failure = mapOurselves(user, group)) return failure;
    return UserNamespace{UserMapping::Own, trouble};
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
bool overlap(const IdRange& left, const IdRange& right) {
  return left.first < uint64_t(right.first) + right.count && right.first < uint64_t(left.first) + left.count;
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
    if (llvm::none_of(ranges, [&](const IdRange& other) { return overlap(range, other); })) ranges.push_back(range);
  }
  return ranges;
}

llvm::Expected<UserNamespace> becomeRootOfUserNamespace(const std::string& root) {
  if (joinNamespaceOfStore(root)) return UserNamespace{UserMapping::All, ""};
  return makeNamespace();
}

}  // namespace strata::runtime
