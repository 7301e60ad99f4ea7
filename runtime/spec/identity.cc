// Users and groups of an image. The databases are the image's, so they are read without leaving its root, as data.
// Source: passwd(5), group(5); spec USER-3 to USER-7, COPY-30 to COPY-34.

#include "runtime/spec/container_spec.h"
#include "runtime/spec/root_path.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr size_t kLargestDatabase = 10 << 20;
constexpr uint32_t kLargestId = 0x7fffffff;

struct User {
  std::string name;
  uint32_t uid = 0, gid = 0;
  std::string home;
};
struct Group {
  std::string name;
  uint32_t gid = 0;
  std::vector<std::string> members;
};

/// Empty where there is no such file. Looked at before it is opened: opening a device may do something.
llvm::Expected<std::string> readDatabase(int rootFd, const char* path) {
  UniqueFd place(openInRoot(rootFd, path, O_PATH));
  if (!place && (errno == ENOENT || errno == ENOTDIR)) return std::string();
  if (!place) return errnoFault("open /" + llvm::Twine(path) + " of the image");
  struct stat status;
  if (::fstat(place.get(), &status) != 0) return errnoFault("stat /" + llvm::Twine(path) + " of the image");
  if (!S_ISREG(status.st_mode))
    return fault(FaultKind::Invalid, "/" + llvm::Twine(path) + " of the image is no regular file");
  if (uint64_t(status.st_size) > kLargestDatabase)
    return fault(FaultKind::Invalid, "/" + llvm::Twine(path) + " of the image is larger than 10 MiB");
  UniqueFd file(openInRoot(rootFd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  if (!file) return errnoFault("open /" + llvm::Twine(path) + " of the image");
  auto text = readFd(file.get(), kLargestDatabase);
  if (!text) return withContext(text.takeError(), "/" + llvm::Twine(path) + " of the image");
  return text;
}

/// Calls `take` with the fields of each line that has at least `count` of them.
void eachLine(StringRef text, size_t count, llvm::function_ref<void(llvm::ArrayRef<StringRef>)> take) {
  llvm::SmallVector<StringRef, 8> fields;
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    text = rest;
    line = line.trim();
    if (line.empty() || line.starts_with("#")) continue;
    fields.clear();
    line.split(fields, ':');
    if (fields.size() >= count) take(fields);
  }
}

std::optional<uint32_t> idOf(StringRef text) {
  uint64_t number = 0;
  if (text.empty() || !llvm::all_of(text, llvm::isDigit) || text.getAsInteger(10, number) || number > kLargestId)
    return std::nullopt;
  return uint32_t(number);
}

llvm::Expected<std::vector<User>> readUsers(int rootFd) {
  auto text = readDatabase(rootFd, "etc/passwd");
  if (!text) return text.takeError();
  std::vector<User> users;
  eachLine(*text, 4, [&](llvm::ArrayRef<StringRef> fields) {
    auto uid = idOf(fields[2]), gid = idOf(fields[3]);
    if (uid && gid) users.push_back({fields[0].str(), *uid, *gid, fields.size() > 5 ? fields[5].str() : ""});
  });
  return users;
}

llvm::Expected<std::vector<Group>> readGroups(int rootFd) {
  auto text = readDatabase(rootFd, "etc/group");
  if (!text) return text.takeError();
  std::vector<Group> groups;
  eachLine(*text, 3, [&](llvm::ArrayRef<StringRef> fields) {
    auto gid = idOf(fields[2]);
    if (!gid) return;
    Group group{fields[0].str(), *gid, {}};
    llvm::SmallVector<StringRef> members;
    if (fields.size() > 3) fields[3].split(members, ',', -1, false);
    for (StringRef member : members) group.members.push_back(member.str());
    groups.push_back(std::move(group));
  });
  return groups;
}

/// By name first; a number may also be a name.
const User* findUser(llvm::ArrayRef<User> users, StringRef wanted) {
  for (const User& user : users)
    if (user.name == wanted) return &user;
  if (auto uid = idOf(wanted))
    for (const User& user : users)
      if (user.uid == *uid) return &user;
  return nullptr;
}

const Group* findGroup(llvm::ArrayRef<Group> groups, StringRef wanted) {
  for (const Group& group : groups)
    if (group.name == wanted) return &group;
  return nullptr;
}

llvm::Error badId(StringRef text) {
  return fault(FaultKind::Invalid, "user or group id " + text + " is out of range: 0 to 2147483647");
}
bool isNumber(StringRef text) { return !text.empty() && llvm::all_of(text, llvm::isDigit); }

llvm::Expected<uint32_t> gidOf(StringRef wanted, int rootFd) {
  auto groups = readGroups(rootFd);
  if (!groups) return groups.takeError();
  if (const Group* group = findGroup(*groups, wanted)) return group->gid;
  if (auto gid = idOf(wanted)) return *gid;
  if (isNumber(wanted)) return badId(wanted);
  return fault(FaultKind::NotFound,
               "unable to find group " + printable(wanted) + ": no matching entries in group file");
}

llvm::Expected<std::vector<uint32_t>> groupsOf(const User& user, int rootFd) {
  auto groups = readGroups(rootFd);
  if (!groups) return groups.takeError();
  std::vector<uint32_t> gids = {user.gid};
  for (const Group& group : *groups)
    if (llvm::is_contained(group.members, user.name) && !llvm::is_contained(gids, group.gid)) gids.push_back(group.gid);
  return gids;
}
}  // namespace

llvm::Expected<Identity> resolveIdentity(StringRef text, int rootFd) {
  auto [userText, groupText] = text.split(':');
  StringRef wanted = userText.empty() ? "0" : userText;
  auto users = readUsers(rootFd);
  if (!users) return users.takeError();
  const User* user = findUser(*users, wanted);
  Identity identity;
  if (user) {
    identity.uid = user->uid;
    identity.gid = user->gid;
    if (!user->home.empty()) identity.home = user->home;
  } else if (auto uid = idOf(wanted)) {
    identity.uid = *uid;
  } else if (isNumber(wanted)) {
    return badId(wanted);
  } else {
    return fault(FaultKind::NotFound,
                 "unable to find user " + printable(wanted) + ": no matching entries in passwd file");
  }
  if (!groupText.empty()) {
    auto gid = gidOf(groupText, rootFd);
    if (!gid) return gid.takeError();
    identity.gid = *gid;
    identity.groups = {*gid};
    return identity;
  }
  identity.groups = {identity.gid};
  if (!user) return identity;
  auto groups = groupsOf(*user, rootFd);
  if (!groups) return groups.takeError();
  identity.groups = std::move(*groups);
  return identity;
}

llvm::Expected<Owner> resolveOwner(StringRef chown, int rootFd) {
  auto [userText, groupText] = chown.split(':');
  auto needsLookUp = [](StringRef name) { return !name.empty() && name != "root" && !isNumber(name); };
  if (rootFd < 0 && (needsLookUp(userText) || needsLookUp(groupText)))
    return fault(FaultKind::Invalid, "invalid user index: there is no file system to look \"" + printable(chown) +
                                         "\" up in; give numbers, as in 1000:1000");
  Owner owner;
  if (auto uid = idOf(userText)) {
    owner = {*uid, *uid};
  } else if (isNumber(userText)) {
    return badId(userText);
  } else if (!userText.empty() && userText != "root") {
    auto users = readUsers(rootFd);
    if (!users) return users.takeError();
    if (const User* user = findUser(*users, userText)) owner = {user->uid, user->gid};
  }
  if (groupText.empty()) return owner;
  if (auto gid = idOf(groupText)) {
    owner.gid = *gid;
    return owner;
  }
  if (isNumber(groupText)) return badId(groupText);
  auto groups = readGroups(rootFd);
  if (!groups) return groups.takeError();
  if (const Group* group = findGroup(*groups, groupText)) owner.gid = group->gid;
  return owner;
}

}  // namespace strata::runtime
