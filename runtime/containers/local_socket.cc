#include "runtime/containers/local_socket.h"

#include "support/fault.h"
#include "support/files.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cerrno>
#include <cstring>

namespace strata::runtime {

namespace {
constexpr int kBacklog = 64;

struct Place {
  UniqueFd directory;  ///< held while the address is in use
  sockaddr_un address{};
};

llvm::Expected<Place> placeOf(const std::string& directory, const std::string& name) {
  Place place;
  auto opened = openFile(directory, O_PATH | O_DIRECTORY);
  if (!opened) return opened.takeError();
  place.directory = std::move(*opened);
  std::string path = "/proc/self/fd/" + std::to_string(place.directory.get()) + "/" + name;
  if (path.size() >= sizeof place.address.sun_path) return fault(FaultKind::Invalid, "socket name " + name);
  place.address.sun_family = AF_UNIX;
  std::strcpy(place.address.sun_path, path.c_str());
  return place;
}

const sockaddr* addressOf(const Place& place) { return reinterpret_cast<const sockaddr*>(&place.address); }
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

}  // namespace strata::runtime
