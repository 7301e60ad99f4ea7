#include "runtime/containers/local_socket.h"

#include "support/fault.h"
#include "support/files.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace strata::runtime {

namespace {
constexpr int kBacklog = 64;
constexpr size_t kLongestText = 256;  // a runtime sends the terminal's name along

/// Room for a message of any text and its descriptors.
struct Parcel {
  char text[kLongestText] = {};
  iovec part{text, sizeof text};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostDescriptors * sizeof(int))] = {};
  msghdr message{};

  Parcel() {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
};

struct SocketPlace {
  UniqueFd directory;  ///< held while the address is in use
  sockaddr_un address{};
};

llvm::Expected<SocketPlace> placeOf(const std::string& directory, const std::string& name) {
  SocketPlace place;
  auto opened = openFile(directory, O_PATH | O_DIRECTORY);
  if (!opened) return opened.takeError();
  place.directory = std::move(*opened);
  std::string path = "/proc/self/fd/" + std::to_string(place.directory.get()) + "/" + name;
  if (path.size() >= sizeof place.address.sun_path) return fault(FaultKind::Invalid, "socket name " + name);
  place.address.sun_family = AF_UNIX;
  std::strcpy(place.address.sun_path, path.c_str());
  return place;
}

const sockaddr* addressOf(const SocketPlace& place) { return reinterpret_cast<const sockaddr*>(&place.address); }
}  // namespace

llvm::Expected<UniqueFd> listenAt(const std::string& directory, const std::string& name) {
  auto place = placeOf(directory, name);
  if (!place) return place.takeError();
  ::unlinkat(place->directory.get(), name.c_str(), 0);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket || ::bind(socket.get(), addressOf(*place), sizeof place->address) != 0 ||
      ::listen(socket.get(), kBacklog) != 0)
    return errnoFault("listen at " + joinPath(directory, name));
  return socket;
}

llvm::Expected<UniqueFd> connectTo(const std::string& directory, const std::string& name) {
  auto place = placeOf(directory, name);
  if (!place) return place.takeError();
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket && ::connect(socket.get(), addressOf(*place), sizeof place->address) == 0) return socket;
  if (errno == ECONNREFUSED) return fault(FaultKind::Unavailable, "nobody listens at " + joinPath(directory, name));
  return errnoFault("connect to " + joinPath(directory, name));
}

llvm::Error sendDescriptors(int socket, llvm::ArrayRef<int> descriptors) {
  assert(descriptors.size() <= kMostDescriptors);
  size_t bytes = descriptors.size() * sizeof(int);
  Parcel parcel;
  parcel.part.iov_len = 1;
  parcel.message.msg_controllen = CMSG_SPACE(bytes);
  cmsghdr* header = CMSG_FIRSTHDR(&parcel.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(bytes);
  std::memcpy(CMSG_DATA(header), descriptors.data(), bytes);
  while (::sendmsg(socket, &parcel.message, MSG_NOSIGNAL) < 0)
    if (errno != EINTR) return errnoFault("hand over descriptors");
  return llvm::Error::success();
}

std::vector<UniqueFd> receiveDescriptors(int socket) {
  Parcel parcel;
  ssize_t got;
  while ((got = ::recvmsg(socket, &parcel.message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  const cmsghdr* header = got > 0 ? CMSG_FIRSTHDR(&parcel.message) : nullptr;
  if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return {};
  int descriptors[kMostDescriptors];
  size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  std::memcpy(descriptors, CMSG_DATA(header), count * sizeof(int));
  std::vector<UniqueFd> received;
  for (int fd : llvm::ArrayRef(descriptors, count)) received.emplace_back(fd);
  return received;
}

}  // namespace strata::runtime
