#include "runtime/containers/supervisor_task.h"

#include "support/fault.h"

#include <sys/socket.h>
#include <cerrno>
#include <cstring>

namespace strata::runtime {

namespace {
constexpr size_t kWithoutClient = 2, kWithClient = 3;

/// A message of one byte, which is nothing but the carrier.
struct Parcel {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(kWithClient * sizeof(int))] = {};
  msghdr message{};

  Parcel() {
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
};
}  // namespace

llvm::Error sendTask(int socket, int lock, int report, int client) {
  const int descriptors[] = {lock, report, client};
  size_t bytes = (client < 0 ? kWithoutClient : kWithClient) * sizeof(int);
  Parcel parcel;
  parcel.message.msg_controllen = CMSG_SPACE(bytes);
  cmsghdr* header = CMSG_FIRSTHDR(&parcel.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(bytes);
  std::memcpy(CMSG_DATA(header), descriptors, bytes);
  while (::sendmsg(socket, &parcel.message, MSG_NOSIGNAL) < 0)
    if (errno != EINTR) return errnoFault("hand the container to its supervisor");
  return llvm::Error::success();
}

std::optional<SupervisorTask> receiveTask(int socket) {
  Parcel parcel;
  ssize_t got;
  while ((got = ::recvmsg(socket, &parcel.message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
  }
  const cmsghdr* header = got == 1 ? CMSG_FIRSTHDR(&parcel.message) : nullptr;
  if (!header || header->cmsg_type != SCM_RIGHTS) return std::nullopt;
  int descriptors[kWithClient] = {-1, -1, -1};
  std::memcpy(descriptors, CMSG_DATA(header), std::min(sizeof descriptors, header->cmsg_len - CMSG_LEN(0)));
  return SupervisorTask{UniqueFd(descriptors[0]), UniqueFd(descriptors[1]), UniqueFd(descriptors[2])};
}

}  // namespace strata::runtime
