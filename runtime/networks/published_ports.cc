#include "runtime/networks/published_ports.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <cerrno>
#include <optional>

namespace strata::runtime {

namespace {
using llvm::StringRef;

struct PortRange {
  uint16_t first = 0, last = 0;
  unsigned size() const { return unsigned(last - first) + 1; }
  std::string text() const {
    return first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
  }
};

std::optional<PortRange> rangeFrom(StringRef text) {
  auto [low, high] = text.split('-');
  PortRange range;
  if (low.getAsInteger(10, range.first) || range.first == 0) return std::nullopt;
  range.last = range.first;
  if (text.contains('-') && (high.getAsInteger(10, range.last) || range.last < range.first)) return std::nullopt;
  return range;
}

/// "80-90/udp": what is behind the last colon.
llvm::Error readContainerPart(StringRef text, PortRange& range, std::string& protocol) {
  auto [ports, name] = text.split('/');
  if (!name.empty()) protocol = name.lower();
  if (!llvm::is_contained({"tcp", "udp", "sctp"}, protocol) || (text.contains('/') && name.empty()))
    return fault(FaultKind::Invalid, "invalid proto: " + printable(name) + "; tcp, udp or sctp");
  if (ports.empty()) return fault(FaultKind::Invalid, "no port specified: " + printable(text));
  auto read = rangeFrom(ports);
  if (!read) return fault(FaultKind::Invalid, "invalid containerPort: " + printable(ports));
  range = *read;
  return llvm::Error::success();
}

int socketTypeOf(StringRef protocol) { return protocol == "udp" ? SOCK_DGRAM : SOCK_STREAM; }
int socketProtocolOf(StringRef protocol) { return protocol == "sctp" ? IPPROTO_SCTP : 0; }

/// Bound, and listening where the protocol has that: two sockets could be bound to one port otherwise. Packets never
/// come to it, the firewall sends them to the container before.
llvm::Expected<UniqueFd> hold(const PortWish& wish, uint16_t port) {
  UniqueFd socket(::socket(AF_INET, socketTypeOf(wish.protocol) | SOCK_CLOEXEC, socketProtocolOf(wish.protocol)));
  if (!socket && wish.protocol == "sctp") return UniqueFd();  // a kernel without it has nobody who could have the port
  if (!socket) return errnoFault("make a socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(wish.hostAddress);
  address.sin_port = htons(port);
  int on = 1;  // a connection of before that is still closing is no hindrance; somebody who listens is
  if (wish.protocol != "udp") ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return errnoFault("bind", errno);
  if (wish.protocol != "udp" && ::listen(socket.get(), 1) != 0) return errnoFault("listen", errno);
  return socket;
}

uint16_t portOf(const UniqueFd& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

llvm::Error inUse(const PortWish& wish, llvm::Error why) {
  bool taken = StringRef(messageOf(std::move(why))).contains("in use");
  std::string port = PortRange{wish.hostFirst, wish.hostLast}.text();
  std::string place = textOf(wish.hostAddress) + ":" + port;
  if (!taken)
    return fault(FaultKind::Unavailable, "failed to bind host port " + place + "/" + wish.protocol +
                                             ": cannot assign requested address; this host has no such address");
  return fault(FaultKind::Unavailable,
               "failed to bind host port " + place + "/" + wish.protocol +
                   ": address already in use; publish another port (-p OTHER:" + std::to_string(wish.containerPort) +
                   ") or end what listens there (ss -ltunp shows it)");
}

llvm::Error reserve(const PortWish& wish, ReservedPorts& reserved) {
  for (unsigned port = wish.hostFirst; port <= wish.hostLast; ++port) {
    auto socket = hold(wish, uint16_t(port));
    if (!socket) {
      if (port == wish.hostLast) return inUse(wish, socket.takeError());
      llvm::consumeError(socket.takeError());
      continue;
    }
    uint16_t number = port == 0 && *socket ? portOf(*socket) : uint16_t(port);
    reserved.ports.push_back({wish.hostAddress, number, wish.containerPort, wish.protocol});
    if (*socket) reserved.holds.push_back(std::move(*socket));
    break;
  }
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<std::vector<PortWish>> parsePublish(StringRef text) {
  auto [before, container] = text.contains(':') ? text.rsplit(':') : std::pair(StringRef(), text);
  if (text.contains('['))
    return fault(FaultKind::Unsupported,
                 "not yet supported: -p " + printable(text) + " (publishing on IPv6 addresses)");
  PortRange inside;
  PortWish wish;
  if (auto error = readContainerPart(container, inside, wish.protocol)) return error;
  auto [address, host] = before.contains(':') ? before.rsplit(':') : std::pair(StringRef(), before);
  if (!address.empty()) {
    auto read = ipv4From(address);
    if (!read) return fault(FaultKind::Invalid, "invalid IP address: " + printable(address));
    wish.hostAddress = *read;
  }
  std::optional<PortRange> outside;
  if (!host.empty()) {
    outside = rangeFrom(host);
    if (!outside) return fault(FaultKind::Invalid, "invalid hostPort: " + printable(host));
    if (outside->size() != inside.size() && inside.size() != 1)
      return fault(FaultKind::Invalid, "invalid ranges specified for container and host Ports: " + inside.text() +
                                           " and " + outside->text());
  }
  std::vector<PortWish> wishes;
  for (unsigned i = 0; i < inside.size(); ++i) {
    wish.containerPort = uint16_t(inside.first + i);
    bool anyOfRange = outside && inside.size() == 1;
    if (outside) wish.hostFirst = wish.hostLast = uint16_t(outside->first + i);
    if (anyOfRange) wish.hostLast = outside->last;
    wishes.push_back(wish);
  }
  return wishes;
}

llvm::Expected<std::vector<std::string>> parseExpose(StringRef text) {
  if (text.contains(':')) return fault(FaultKind::Invalid, "invalid port format for --expose: " + printable(text));
  PortRange range;
  PortWish wish;
  if (auto error = readContainerPart(text, range, wish.protocol)) return error;
  std::vector<std::string> ports;
  for (unsigned port = range.first; port <= range.last; ++port) {
    wish.containerPort = uint16_t(port);
    ports.push_back(wish.containerText());
  }
  return ports;
}

llvm::json::Object portBindingsJson(llvm::ArrayRef<PortWish> wishes) {
  llvm::json::Object bindings;
  for (const PortWish& wish : wishes) {
    llvm::json::Value& list = bindings.try_emplace(wish.containerText(), llvm::json::Array()).first->second;
    std::string host = wish.hostFirst == 0 ? "" : PortRange{wish.hostFirst, wish.hostLast}.text();
    list.getAsArray()->push_back(llvm::json::Object{{"HostIp", wish.hostAddress == 0 ? "" : textOf(wish.hostAddress)},
                                                    {"HostPort", std::move(host)}});
  }
  return bindings;
}

std::vector<PortWish> portBindingsFrom(const llvm::json::Object& bindings) {
  std::vector<PortWish> wishes;
  for (const auto& [key, list] : bindings) {
    PortRange inside;
    PortWish wish;
    if (auto error = readContainerPart(key, inside, wish.protocol)) {
      llvm::consumeError(std::move(error));
      continue;
    }
    wish.containerPort = inside.first;
    if (!list.getAsArray()) continue;
    for (const llvm::json::Value& one : *list.getAsArray()) {
      const llvm::json::Object* binding = one.getAsObject();
      if (!binding) continue;
      auto outside = rangeFrom(binding->getString("HostPort").value_or(""));
      wish.hostFirst = outside ? outside->first : 0;
      wish.hostLast = outside ? outside->last : 0;
      wish.hostAddress = ipv4From(binding->getString("HostIp").value_or("")).value_or(0);
      wishes.push_back(wish);
    }
  }
  return wishes;
}

llvm::Expected<ReservedPorts> reservePorts(llvm::ArrayRef<PortWish> wishes) {
  ReservedPorts reserved;
  for (const PortWish& wish : wishes)
    if (auto error = reserve(wish, reserved)) return error;
  return reserved;
}

}  // namespace strata::runtime
