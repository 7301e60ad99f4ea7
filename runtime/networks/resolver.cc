#include "runtime/networks/resolver.h"

#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <arpa/inet.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;

constexpr size_t kLargest = 1 << 20;
constexpr char kUsual[] = "/etc/resolv.conf", kOfSystemd[] = "/run/systemd/resolve/resolv.conf";
constexpr char kStubOfSystemd[] = "nameserver 127.0.0.53";

bool isAddress(const std::string& text) {
  in6_addr room{};
  return ipv4From(text).has_value() || ::inet_pton(AF_INET6, text.c_str(), &room) == 1;
}
bool isLoopback(StringRef server) { return server.starts_with("127.") || server == "::1"; }

/// Source: resolv.conf(5): the last of the lines "search" and "domain" counts.
struct ResolvConf {
  std::vector<std::string> servers, searches, options;
};
ResolvConf readResolvConf(StringRef text) {
  ResolvConf read;
  for (StringRef line : llvm::split(text, '\n')) {
    llvm::SmallVector<StringRef> words;
    llvm::SplitString(line, words, " \t\r");
    if (words.size() < 2) continue;
    auto rest = llvm::map_range(llvm::drop_begin(words), [](StringRef word) { return word.str(); });
    if (words[0] == "nameserver") read.servers.push_back(words[1].str());
    if (words[0] == "search" || words[0] == "domain") read.searches.assign(rest.begin(), rest.end());
    if (words[0] == "options") llvm::append_range(read.options, rest);
  }
  return read;
}

std::string fileOr(const char* path, std::string otherwise) {
  auto text = readFile(path, kLargest);
  if (text) return std::move(*text);
  llvm::consumeError(text.takeError());
  return otherwise;
}
}  // namespace

llvm::Error checkResolverWishes(const ResolverWishes& wishes) {
  for (const std::string& server : wishes.servers)
    if (!isAddress(server))
      return fault(FaultKind::Invalid, "ip address is not correctly formatted: " + printable(server));
  for (const auto* words : {&wishes.searches, &wishes.options})
    for (StringRef word : *words)
      if (word.find_first_of(" \t\r\n") != StringRef::npos)
        return fault(FaultKind::Invalid, printable(word) + " is not a valid word of resolv.conf");
  return llvm::Error::success();
}

std::string resolvConfFor(StringRef host, const ResolverWishes& wishes, Ipv4 nameServer, SharesHost sharesHost) {
  ResolvConf conf = readResolvConf(host);
  if (sharesHost == SharesHost::No) llvm::erase_if(conf.servers, isLoopback);
  if (!wishes.servers.empty()) conf.servers = wishes.servers;
  if (!wishes.searches.empty()) conf.searches = wishes.searches;
  if (!wishes.options.empty()) conf.options = wishes.options;
  if (nameServer != 0) conf.servers = {textOf(nameServer)};
  if (conf.servers.empty() && sharesHost == SharesHost::No) conf.servers = {"8.8.8.8", "8.8.4.4"};
  std::string text;
  for (const std::string& server : conf.servers) text += "nameserver " + server + "\n";
  // "." alone asks for no search at all.
  if (!conf.searches.empty() && conf.searches != std::vector<std::string>{"."})
    text += "search " + llvm::join(conf.searches, " ") + "\n";
  if (nameServer != 0 && llvm::none_of(conf.options, [](StringRef one) { return one.starts_with("ndots:"); }))
    conf.options.emplace_back("ndots:0");
  if (!conf.options.empty()) text += "options " + llvm::join(conf.options, " ") + "\n";
  return text;
}

std::string hostResolvConf(SharesHost sharesHost) {
  std::string text = fileOr(kUsual, "");
  bool isStub = StringRef(text).contains(kStubOfSystemd);
  return isStub && sharesHost == SharesHost::No ? fileOr(kOfSystemd, text) : text;
}

}  // namespace strata::runtime
