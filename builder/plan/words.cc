#include "builder/plan/planner.h"

#include "support/fault.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringSwitch.h>

#include <signal.h>

namespace strata::builder {

std::string inlineBody(const Heredoc& heredoc) {
  if (!heredoc.stripTabs) return heredoc.body.str();
  std::string text;
  llvm::StringRef rest = heredoc.body;
  while (!rest.empty()) {
    size_t end = rest.find('\n');
    size_t length = end == llvm::StringRef::npos ? rest.size() : end + 1;
    text += rest.take_front(length).ltrim('\t');
    rest = rest.drop_front(length);
  }
  return text;
}

bool isSignal(llvm::StringRef text) {
  int number = 0;
  if (!text.getAsInteger(10, number)) return number > 0 && number <= 64;
  std::string name = text.upper();
  llvm::StringRef rest = name;
  rest.consume_front("SIG");
  if (rest.consume_front("RTMIN"))
    return rest.empty() || (rest.consume_front("+") && !rest.getAsInteger(10, number) && number <= 15);
  if (rest.consume_front("RTMAX"))
    return rest.empty() || (rest.consume_front("-") && !rest.getAsInteger(10, number) && number <= 14);
  for (int known = 1; known < 32; ++known)
    if (const char* abbreviation = ::sigabbrev_np(known); abbreviation && rest == abbreviation) return true;
  return llvm::StringSwitch<bool>(rest).Cases("CLD", "IOT", "POLL", "STKFLT", "UNUSED", true).Default(false);
}

namespace {
struct PortRange {
  unsigned first = 0, last = 0;
  unsigned count() const { return last - first + 1; }
};

llvm::Expected<PortRange> parseRange(llvm::StringRef text, llvm::StringRef word) {
  auto [first, last] = text.split('-');
  PortRange range;
  if (first.getAsInteger(10, range.first) || range.first > 65535 ||
      (text.contains('-') && (last.getAsInteger(10, range.last) || range.last > 65535)))
    return fault(FaultKind::Invalid, "invalid containerPort: " + word);
  if (!text.contains('-')) range.last = range.first;
  if (range.last < range.first) return fault(FaultKind::Invalid, "invalid range specified for port: " + word);
  return range;
}

bool isAddress(llvm::StringRef text) {
  if (text.consume_front("[")) return text.consume_back("]") && text.contains(':');
  if (text.contains(':'))
    return text.find_if_not([](char c) { return llvm::isHexDigit(c) || c == ':' || c == '.'; }) ==
           llvm::StringRef::npos;
  return text.count('.') == 3 &&
         text.find_if_not([](char c) { return llvm::isDigit(c) || c == '.'; }) == llvm::StringRef::npos;
}
}  // namespace

llvm::Expected<std::vector<std::string>> parsePorts(llvm::StringRef word) {
  auto [ports, protocolAsWritten] = word.split('/');
  std::string protocol = word.contains('/') ? protocolAsWritten.lower() : "tcp";
  if (protocol.empty()) protocol = "tcp";
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp")
    return fault(FaultKind::Invalid, "invalid proto: " + protocolAsWritten);

  auto [before, container] = ports.rsplit(':');
  if (!ports.contains(':')) std::swap(before, container);  // no ':': rsplit gives the whole as first
  if (container.empty()) return fault(FaultKind::Invalid, "no port specified: " + word);
  auto range = parseRange(container, word);
  if (!range) return range.takeError();

  if (ports.contains(':')) {  // EXPOSE-3: host part is checked, then ignored
    llvm::StringRef host = before, address;
    if (before.contains(':')) std::tie(address, host) = before.rsplit(':');
    if (!before.contains(':') && !before.empty() && !llvm::isDigit(before[0])) address = before, host = "";
    if (!address.empty() && !isAddress(address)) return fault(FaultKind::Invalid, "invalid IP address: " + address);
    if (!host.empty()) {
      auto hostRange = parseRange(host, word);
      if (!hostRange) return hostRange.takeError();
      if (hostRange->count() != range->count() && range->count() != 1)
        return fault(FaultKind::Invalid, "invalid ranges specified for container and host Ports: " + word);
    }
  }
  std::vector<std::string> keys;
  for (unsigned port = range->first; port <= range->last; ++port) keys.push_back(std::to_string(port) + "/" + protocol);
  return keys;
}

}  // namespace strata::builder
