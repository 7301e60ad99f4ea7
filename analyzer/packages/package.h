#pragma once
/// \file What a package manager has installed, as its own database says it.

#include <llvm/ADT/StringRef.h>

#include <cstdint>
#include <optional>
#include <string>

namespace strata::analyzer {

enum class PackageKind : uint8_t { Dpkg, Apk, Rpm, Npm, Python };
/// "dpkg", "apk", "rpm", "npm", "python".
llvm::StringRef nameOf(PackageKind kind);

struct Package {
  std::string name;
  std::string version;            ///< as the database has it; of rpm "[epoch:]version-release"
  std::string architecture;       ///< empty where the database says none
  std::optional<uint64_t> bytes;  ///< installed, where the database says it
  bool operator==(const Package&) const = default;
};

}  // namespace strata::analyzer
