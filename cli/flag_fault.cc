#include "cli/flag_fault.h"

#include "support/text.h"

namespace strata::cli {

char FlagFault::ID = 0;

llvm::Error asFlagFault(llvm::Error error) {
  if (!error) return error;
  FaultKind kind = kindOf(error);
  if (kind != FaultKind::Invalid && kind != FaultKind::Unsupported) return error;
  return llvm::make_error<FlagFault>(kind, messageOf(std::move(error)));
}

llvm::Error unfitFlag(const llvm::Twine& message) { return asFlagFault(fault(FaultKind::Invalid, message)); }

llvm::Error unfitValue(llvm::StringRef text, llvm::StringRef flag, const llvm::Twine& why) {
  return unfitFlag("invalid argument \"" + printable(text) + "\" for \"" + flag + "\" flag: " + why);
}

llvm::Expected<std::optional<layerfs::Platform>> platformFlag(llvm::StringRef text) {
  if (text.empty()) return std::nullopt;
  auto platform = layerfs::parsePlatform(text);
  if (!platform) return asFlagFault(withContext(platform.takeError(), "--platform"));
  return std::move(*platform);
}

}  // namespace strata::cli
