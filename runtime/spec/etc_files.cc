#include "runtime/spec/etc_files.h"

#include "support/files.h"

namespace strata::runtime {

namespace {
constexpr size_t kLargestResolvConf = 1 << 20;

std::string hostsText(const ContainerSpec& spec) {
  bool byLoopback = spec.addresses.empty() && !spec.hostname.empty();
  std::string text = "127.0.0.1\tlocalhost" + (byLoopback ? " " + spec.hostname : "") + "\n";
  text += "::1\tlocalhost ip6-localhost ip6-loopback\n";
  for (llvm::StringRef line : spec.extraHosts) {
    auto [name, address] = line.split(':');  // the first colon: an IPv6 address has more of them
    text += (address + "\t" + name + "\n").str();
  }
  if (!spec.hostname.empty())
    for (const std::string& address : spec.addresses) text += address + "\t" + spec.hostname + "\n";
  return text;
}

std::string resolvConfText() {
  auto text = readFile("/etc/resolv.conf", kLargestResolvConf);
  if (text) return *text;
  llvm::consumeError(text.takeError());  // a host without one resolves by its own means; the container by /etc/hosts
  return "";
}
}  // namespace

std::vector<EtcFile> etcFilesOf(const ContainerSpec& spec) {
  std::vector<EtcFile> files = {{"hosts", hostsText(spec)},
                                {"resolv.conf", spec.resolvConf ? *spec.resolvConf : resolvConfText()}};
  if (!spec.hostname.empty()) files.push_back({"hostname", spec.hostname + "\n"});
  return files;
}

}  // namespace strata::runtime
