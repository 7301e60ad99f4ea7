/// netavark leaves what its networks share: chains NETAVARK... in the tables filter and nat, and the rules that lead to
/// them. They are looked up and removed here in one transaction each, which fails as a whole if somebody has put a rule
/// into a chain meanwhile.
#include "runtime/networks/netavark.h"
#include "support/fault.h"
#include "support/process.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;

constexpr llvm::StringLiteral kChain = "NETAVARK";
/// Made once, with these rules in them that belong to no network.
constexpr llvm::StringLiteral kMasquerade = "NETAVARK-HOSTPORT-MASQ", kSetMark = "NETAVARK-HOSTPORT-SETMARK";

llvm::Expected<std::string> run(std::vector<std::string> argv, std::string input) {
  ProcessSpec spec;
  spec.argv = std::move(argv);
  spec.environment = std::vector<std::string>{kIptablesSearch};
  spec.input = std::move(input);
  auto result = runProcess(spec);
  if (!result) return result.takeError();
  if (result->exitCode != 0)
    return fault(FaultKind::Unavailable, spec.argv.front() + ": " + StringRef(result->errors).trim());
  return std::move(result->output);
}

/// What is to be said to iptables-restore; empty: nothing, or somebody uses them.
std::string removalOf(StringRef saved, StringRef table) {
  std::string rules, chains;
  for (StringRef line : llvm::split(saved, '\n')) {
    if (line.consume_front(":")) {
      StringRef chain = line.split(' ').first;
      if (chain.starts_with(kChain)) chains += ("-F " + chain + "\n").str();
      continue;
    }
    if (!line.consume_front("-A ")) continue;
    StringRef chain = line.split(' ').first;
    bool isShared = chain == kMasquerade || chain == kSetMark || line.contains("-j NETAVARK_ISOLATION_") ||
                    line.ends_with("-j NETAVARK_FORWARD");
    if (chain.starts_with(kChain) && !isShared) return "";
    if (!chain.starts_with(kChain) && line.contains((" -j " + kChain).str())) rules += ("-D " + line + "\n").str();
  }
  if (chains.empty()) return "";
  std::string removals = StringRef(chains).str();
  for (size_t at = 0; (at = removals.find("-F ", at)) != std::string::npos; at += 3) removals[at + 1] = 'X';
  return ("*" + table + "\n" + rules + chains + removals + "COMMIT\n").str();
}
}  // namespace

llvm::Error removeUnusedChains() {
  std::string all;
  for (StringRef table : {"filter", "nat"}) {
    auto saved = run({"iptables-save", "-t", table.str()}, "");
    if (!saved) return saved.takeError();
    std::string removal = removalOf(*saved, table);
    bool hasChains = StringRef(*saved).contains((":" + kChain).str());
    if (removal.empty() && hasChains) return llvm::Error::success();
    all += removal;
  }
  if (all.empty()) return llvm::Error::success();
  return run({"iptables-restore", "--noflush"}, all).takeError();
}

}  // namespace strata::runtime
