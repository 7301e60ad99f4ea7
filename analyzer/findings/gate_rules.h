#pragma once
/// \file Rules that an image must meet in CI: out of a file, or of NAME=VALUE on the command line. Files are those of
/// dive, with more names: of YAML the mapping `rules:` with a line a rule, in either spelling of the names.
///
///     rules:
///       lowestEfficiency: 0.95        # or 95%
///       highestWastedBytes: 20MB      # of 1000; MiB: of 1024
///       highestUserWastedPercent: 0.2
///       highestImageSize: 500MB
///       highestGrowth: 5%             # or a size; against another image
///       highestFileSize: disabled     # as are "off" and "false"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

enum class Gate {
  LowestEfficiency,          ///< ratio: Efficiency::score
  HighestWastedBytes,        ///< bytes: Efficiency::wastedBytes
  HighestUserWastedPercent,  ///< ratio: wasted of the bytes above the lowest layer
  HighestImageSize,          ///< bytes: uncompressed layers
  HighestGrowth,             ///< bytes or ratio: of the image's size, against another image
  HighestFileSize,           ///< bytes: the largest file that a container sees
  LowestCacheHitRate,        ///< ratio: steps of the last build that came from the cache
  HighestSecrets,            ///< number: findings of levels error and warning
};
inline constexpr size_t kGates = 8;
llvm::StringRef nameOf(Gate gate);  ///< "lowestEfficiency"

struct GateRule {
  Gate gate = Gate::LowestEfficiency;
  bool isEnabled = false;
  double limit = 0;      ///< bytes, a number, or a ratio (1: all)
  bool isRatio = false;  ///< of HighestGrowth: which of the two
  std::string text;      ///< the limit as written
};

/// One a gate, in their order.
using GateRules = std::vector<GateRule>;
/// dive's: efficiency of 0.9, a tenth of wasted bytes; everything else disabled.
GateRules defaultRules();

/// Sets one rule. Faults: Invalid, with a near name.
[[nodiscard]] llvm::Error setRule(GateRules& rules, llvm::StringRef name, llvm::StringRef value);
/// Sets those that the text names; other sections of the file are passed over, and so are the rules of plugins
/// ("plugin/rule"). Faults: Invalid with file, line and what stands there.
[[nodiscard]] llvm::Error readRules(GateRules& rules, llvm::StringRef file, llvm::StringRef text);
/// "lowestEfficiency=0.9". Faults: Invalid.
[[nodiscard]] llvm::Error readRule(GateRules& rules, llvm::StringRef assignment);

const GateRule& ruleOf(const GateRules& rules, Gate gate);

}  // namespace strata::analyzer
