#include "layerfs/platform.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

#include <sys/utsname.h>

namespace strata::layerfs {

std::string Platform::str() const {
  std::string text = os + "/" + architecture;
  return variant.empty() ? text : text + "/" + variant;
}

Platform normalised(Platform platform) {
  auto lower = [](std::string& text) { text = llvm::StringRef(text).lower(); };
  lower(platform.os);
  lower(platform.architecture);
  lower(platform.variant);
  std::string& architecture = platform.architecture;
  std::string& variant = platform.variant;
  if (platform.os == "macos") platform.os = "darwin";
  if (architecture == "x86_64" || architecture == "x86-64") architecture = "amd64";
  if (architecture == "i386") architecture = "386";
  if (architecture == "aarch64") architecture = "arm64";
  if (architecture == "armhf") architecture = "arm", variant = "v7";
  if (architecture == "armel") architecture = "arm", variant = "v6";
  if (architecture == "amd64" && variant == "v1") variant.clear();
  if (architecture == "arm64" && (variant == "v8" || variant == "8")) variant.clear();
  if (architecture == "arm") {
    if (variant.empty()) variant = "v7";
    if (llvm::all_of(variant, llvm::isDigit)) variant.insert(0, "v");
  }
  return platform;
}

Platform hostPlatform() {
  utsname name{};
  ::uname(&name);
  std::string machine = name.machine;
  if (machine == "i486" || machine == "i586" || machine == "i686") machine = "386";
  if (llvm::StringRef(machine).starts_with("armv6")) machine = "armel";  // armv6l
  if (llvm::StringRef(machine).starts_with("armv")) machine = "armhf";
  return normalised({.os = "linux", .architecture = machine});
}

namespace {
bool isSystem(llvm::StringRef text) {
  static constexpr llvm::StringLiteral kSystems[] = {"linux",  "windows", "darwin",  "macos",   "freebsd",
                                                     "netbsd", "openbsd", "solaris", "illumos", "android",
                                                     "plan9",  "aix",     "js",      "wasip1",  "dragonfly"};
  return llvm::any_of(kSystems, [&](llvm::StringRef one) { return text.equals_insensitive(one); });
}

/// Of a word that stands alone: beside a system any architecture may be named.
bool isArchitecture(llvm::StringRef text) {
  static constexpr llvm::StringLiteral kArchitectures[] = {
      "386",     "amd64",   "arm",   "arm64",   "loong64", "mips",  "mipsle",  "mips64", "mips64le", "ppc64",
      "ppc64le", "riscv64", "s390x", "sparc64", "wasm",    "armbe", "arm64be", "ppc",    "riscv",    "s390"};
  Platform known = normalised({.os = {}, .architecture = text.str(), .variant = {}});
  return llvm::is_contained(kArchitectures, llvm::StringRef(known.architecture));
}
}  // namespace

bool isKnown(const Platform& platform) { return isSystem(platform.os) && isArchitecture(platform.architecture); }

llvm::Expected<Platform> parsePlatform(llvm::StringRef text) {
  Platform platform, host = hostPlatform();
  if (text == "local") return host;
  llvm::SmallVector<llvm::StringRef> parts;
  text.split(parts, '/');
  bool clean = parts.size() <= 3 && llvm::all_of(parts, [](llvm::StringRef part) {
                 return !part.empty() && llvm::all_of(part, [](char c) {
                   return llvm::isAlnum(c) || llvm::StringRef("_-.()").contains(c);
                 });
               });
  if (!clean) return fault(FaultKind::Invalid, "\"" + text + "\" is an invalid platform (os/architecture[/variant])");
  llvm::StringRef system = parts[0];
  if (size_t open = system.find('('); open != llvm::StringRef::npos) {  // PLAT-2
    if (!system.ends_with(")")) return fault(FaultKind::Invalid, "\"" + text + "\" is an invalid platform");
    platform.osVersion = system.slice(open + 1, system.size() - 1).str();
    system = system.take_front(open);
    if (system.empty()) return fault(FaultKind::Invalid, "\"" + text + "\" is an invalid platform");
  }
  if (parts.size() == 1) {
    if (!isSystem(system) && !isArchitecture(system))
      return fault(FaultKind::Invalid, "\"" + text + "\" is an invalid platform: neither a system nor an architecture");
    platform.os = isSystem(system) ? system.str() : host.os;
    platform.architecture = isSystem(system) ? host.architecture : system.str();
    if (isSystem(system)) platform.variant = host.variant;
  } else {
    platform.os = system.str();
    platform.architecture = parts[1].str();
    if (parts.size() == 3) platform.variant = parts[2].str();
  }
  return normalised(platform);
}

}  // namespace strata::layerfs
