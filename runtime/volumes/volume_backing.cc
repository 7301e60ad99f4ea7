// The options of docker's local driver.

#include "runtime/volumes/tmpfs_options.h"
#include "runtime/volumes/volume.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/SmallVector.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;
using Pairs = std::map<std::string, std::string>;

StringRef valueOf(const Pairs& options, const char* key) {
  auto found = options.find(key);
  return found == options.end() ? StringRef() : StringRef(found->second);
}

/// Each of type, device and o wants others beside it.
llvm::Error checkTogether(const Pairs& options) {
  static constexpr std::pair<const char*, const char*> kNeeds[] = {
      {"device", "type"}, {"type", "device"}, {"o", "type"}, {"o", "device"}};
  for (auto [option, needed] : kNeeds)
    if (!valueOf(options, option).empty() && valueOf(options, needed).empty())
      return fault(FaultKind::Invalid, "missing required option: \"" + llvm::Twine(needed) + "\"");
  return llvm::Error::success();
}

llvm::Expected<VolumeBacking> bindOf(StringRef device, StringRef words) {
  VolumeBacking backing{VolumeBacking::Kind::Bind, device.str(), ""};
  llvm::SmallVector<StringRef> parts;
  words.split(parts, ',', -1, false);
  bool binds = false;
  for (StringRef word : parts) {
    if (word == "bind" || word == "rbind")
      binds = true;
    else if (word == "ro")
      backing.options = "ro";
    else if (word != "rw")
      return fault(FaultKind::Unsupported,
                   "not yet supported: volume option o=" + printable(word) + " (bind, rbind, ro or rw)");
  }
  if (!binds) return fault(FaultKind::Unsupported, "not yet supported: a volume of type none without o=bind");
  if (!device.starts_with("/"))
    return fault(FaultKind::Invalid, "volume option device=" + printable(device) + ": an absolute path is needed");
  return backing;
}
}  // namespace

llvm::Expected<VolumeBacking> backingOf(const Pairs& options) {
  for (const auto& [key, value] : options) {
    if (key == "size")
      return fault(FaultKind::Unsupported,
                   "quota size requested but no quota support; of a tmpfs: type=tmpfs,device=tmpfs,o=size=" + value);
    if (key != "type" && key != "o" && key != "device")
      return fault(FaultKind::Invalid, "invalid option: \"" + printable(key) + "\"");
  }
  if (auto error = checkTogether(options)) return error;
  StringRef type = valueOf(options, "type"), device = valueOf(options, "device"), words = valueOf(options, "o");
  if (type.empty()) return VolumeBacking{};
  if (type == "none" || type == "bind") return bindOf(device, words);
  if (type == "tmpfs") {
    if (auto error = checkTmpfsOptions(words)) return error;
    return VolumeBacking{VolumeBacking::Kind::Tmpfs, "", words.str()};
  }
  return fault(FaultKind::Unsupported, "not yet supported: a volume of type " + printable(type) +
                                           "; mount it on the host and name the place: type=none,o=bind,device=/PATH");
}

}  // namespace strata::runtime
