#include "runtime/networks/netlink.h"

#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>
#include <array>
#include <cerrno>
#include <cstring>

namespace strata::runtime {

namespace {
using llvm::StringRef;

constexpr size_t kAnswer = 64 << 10;  // bytes: the kernel sends a dump in pieces of at most 32 KiB

std::string bytesOf(const void* data, size_t size) { return {static_cast<const char*>(data), size}; }
template <typename T>
std::string bytesOf(const T& value) {
  return bytesOf(&value, sizeof value);
}

/// type, length, value, padded to four bytes.
std::string attribute(uint16_t type, StringRef value) {
  rtattr header{};
  header.rta_type = type;
  header.rta_len = uint16_t(RTA_LENGTH(value.size()));
  std::string text = bytesOf(header) + value.str();
  text.resize(RTA_SPACE(value.size()), '\0');
  return text;
}
std::string nameAttribute(const std::string& name) {
  return attribute(IFLA_IFNAME, StringRef(name.c_str(), name.size() + 1));
}
std::string macBytes(StringRef mac) {
  std::string bytes;
  for (StringRef part : llvm::split(mac, ':')) {
    uint8_t byte = 0;
    part.getAsInteger(16, byte);
    bytes.push_back(char(byte));
  }
  return bytes;
}

ifinfomsg interfaceHeader(uint32_t index, unsigned flags) {
  ifinfomsg header{};
  header.ifi_family = AF_UNSPEC;
  header.ifi_index = int(index);
  header.ifi_flags = flags;
  header.ifi_change = flags;
  return header;
}
}  // namespace

class Netlink::Request {
public:
  Request(uint16_t type, uint16_t flags, const std::string& header) : payload_(header) {
    header_.nlmsg_type = type;
    header_.nlmsg_flags = uint16_t(NLM_F_REQUEST | flags);
  }
  Request& add(const std::string& attributes) {
    payload_ += attributes;
    return *this;
  }
  std::string bytes(uint32_t sequence) {
    header_.nlmsg_seq = sequence;
    header_.nlmsg_len = uint32_t(NLMSG_LENGTH(payload_.size()));
    return bytesOf(header_) + payload_;
  }

private:
  nlmsghdr header_{};
  std::string payload_;
};

llvm::Expected<Netlink> Netlink::open() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return errnoFault("open a netlink socket");
  return Netlink(std::move(socket));
}

llvm::Error Netlink::send(Request& request, const llvm::Twine& doing) {
  std::string bytes = request.bytes(++sequence_);
  if (::send(socket_.get(), bytes.data(), bytes.size(), 0) < 0) return errnoFault(doing);
  alignas(nlmsghdr) char answer[4096];
  ssize_t got = 0;
  do {
    got = ::recv(socket_.get(), answer, sizeof answer, 0);
  } while (got < 0 && errno == EINTR);
  const auto* header = reinterpret_cast<const nlmsghdr*>(answer);
  if (got < ssize_t(NLMSG_LENGTH(sizeof(nlmsgerr)))) return errnoFault(doing, got < 0 ? errno : EPROTO);
  if (header->nlmsg_type != NLMSG_ERROR) return errnoFault(doing, EPROTO);
  int code = static_cast<const nlmsgerr*>(NLMSG_DATA(header))->error;
  return code == 0 ? llvm::Error::success() : errnoFault(doing, -code);
}

llvm::Expected<std::vector<Netlink::Link>> Netlink::links() {
  std::string bytes = Request(RTM_GETLINK, NLM_F_DUMP, bytesOf(interfaceHeader(0, 0))).bytes(++sequence_);
  if (::send(socket_.get(), bytes.data(), bytes.size(), 0) < 0) return errnoFault("list interfaces");
  std::vector<Link> links;
  std::vector<char> answer(kAnswer);
  for (;;) {
    ssize_t got = ::recv(socket_.get(), answer.data(), answer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return errnoFault("list interfaces");
    auto left = unsigned(got);
    for (auto* header = reinterpret_cast<nlmsghdr*>(answer.data()); NLMSG_OK(header, left);
         header = NLMSG_NEXT(header, left)) {
      if (header->nlmsg_type == NLMSG_DONE) return links;
      if (header->nlmsg_type == NLMSG_ERROR) return fault(FaultKind::Io, "list interfaces: the kernel refuses");
      if (header->nlmsg_type != RTM_NEWLINK) continue;
      auto* interface = static_cast<ifinfomsg*>(NLMSG_DATA(header));
      Link link{.index = uint32_t(interface->ifi_index), .name = {}};
      int size = int(IFLA_PAYLOAD(header));
      for (rtattr* one = IFLA_RTA(interface); RTA_OK(one, size); one = RTA_NEXT(one, size)) {
        if (one->rta_type == IFLA_IFNAME) link.name = static_cast<const char*>(RTA_DATA(one));
        if (one->rta_type == IFLA_MASTER) std::memcpy(&link.master, RTA_DATA(one), sizeof link.master);
      }
      links.push_back(std::move(link));
    }
  }
}

llvm::Expected<uint32_t> Netlink::indexOf(StringRef name) {
  auto all = links();
  if (!all) return all.takeError();
  auto found = llvm::find_if(*all, [&](const Link& link) { return link.name == name; });
  if (found == all->end()) return fault(FaultKind::NotFound, "there is no interface " + name);
  return found->index;
}

llvm::Expected<bool> Netlink::has(StringRef name) {
  auto all = links();
  if (!all) return all.takeError();
  return llvm::any_of(*all, [&](const Link& link) { return link.name == name; });
}

llvm::Error Netlink::makeCable(const Cable& cable) {
  auto bridge = indexOf(cable.bridge);
  if (!bridge) return bridge.takeError();
  std::string peer = bytesOf(interfaceHeader(0, 0)) + nameAttribute(cable.name) +
                     attribute(IFLA_ADDRESS, macBytes(cable.mac)) +
                     attribute(IFLA_NET_NS_FD, bytesOf(cable.netNamespace));
  std::string information =
      attribute(IFLA_INFO_KIND, "veth") + attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, peer));
  Request request(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, bytesOf(interfaceHeader(0, IFF_UP)));
  request.add(nameAttribute(cable.hostName))
      .add(attribute(IFLA_MASTER, bytesOf(*bridge)))
      .add(attribute(IFLA_LINKINFO, information));
  return send(request, "plug " + cable.name + " into " + cable.bridge);
}

llvm::Error Netlink::makePlaceholder(const std::string& name) {
  Request request(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, bytesOf(interfaceHeader(0, 0)));
  request.add(nameAttribute(name)).add(attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, "bridge")));
  return send(request, "make interface " + name);
}

llvm::Error Netlink::bringUp(const std::string& name) {
  auto index = indexOf(name);
  if (!index) return index.takeError();
  Request request(RTM_NEWLINK, NLM_F_ACK, bytesOf(interfaceHeader(*index, IFF_UP)));
  return send(request, "bring up " + name);
}

llvm::Error Netlink::addAddress(const std::string& name, Ipv4 address, int prefix) {
  auto index = indexOf(name);
  if (!index) return index.takeError();
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = uint8_t(prefix);
  header.ifa_index = *index;
  uint32_t network = htonl(address), broadcast = htonl(address | (prefix == 32 ? 0 : ~uint32_t(0) >> prefix));
  Request request(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, bytesOf(header));
  request.add(attribute(IFA_LOCAL, bytesOf(network)))
      .add(attribute(IFA_ADDRESS, bytesOf(network)))
      .add(attribute(IFA_BROADCAST, bytesOf(broadcast)));
  return send(request, "give " + name + " the address " + textOf(address));
}

llvm::Error Netlink::addDefaultRoute(Ipv4 gateway) {
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_BOOT;
  header.rtm_scope = RT_SCOPE_UNIVERSE;
  header.rtm_type = RTN_UNICAST;
  Request request(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, bytesOf(header));
  request.add(attribute(RTA_GATEWAY, bytesOf(htonl(gateway))));
  auto error = send(request, "route by " + textOf(gateway));
  return takeIf(error, FaultKind::Exists) ? llvm::Error::success() : std::move(error);
}

/// Linux 6.8 and later finish the work before they answer for one interface.
llvm::Error Netlink::settle(const std::string& name) {
  std::string bytes =
      Request(RTM_GETLINK, 0, bytesOf(interfaceHeader(0, 0))).add(nameAttribute(name)).bytes(++sequence_);
  if (::send(socket_.get(), bytes.data(), bytes.size(), 0) < 0) return errnoFault("look at " + name);
  std::vector<char> answer(kAnswer);
  ssize_t got = 0;
  do {
    got = ::recv(socket_.get(), answer.data(), answer.size(), 0);
  } while (got < 0 && errno == EINTR);
  return got < 0 ? errnoFault("look at " + name) : llvm::Error::success();
}

llvm::Error Netlink::remove(const std::string& name) {
  Request request(RTM_DELLINK, NLM_F_ACK, bytesOf(interfaceHeader(0, 0)));
  request.add(nameAttribute(name));
  auto error = send(request, "remove interface " + name);
  if (!error) return error;
  auto there = has(name);
  if (there && *there) return error;
  if (!there) llvm::consumeError(there.takeError());
  llvm::consumeError(std::move(error));
  return llvm::Error::success();
}

}  // namespace strata::runtime
