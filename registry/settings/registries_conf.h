#pragma once
/// \file What an administrator says of registries: mirrors, other places, who may be spoken to in the clear and who not
/// at all, and what short names mean. Source: containers-registries.conf(5), version 2, and
/// containers-registries.conf.d(5).

#include "registry/settings/looked_at.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strata::registry {

struct MirrorEntry {
  std::string location;  ///< "mirror.example:5000/hub"
  bool insecure = false;
  bool tags = true, digests = true;  ///< what it is asked for (pull-from-mirror, mirror-by-digest-only)
};

/// One [[registry]].
struct RegistryEntry {
  std::string prefix;    ///< "docker.io", "quay.io/team", "*.example.com"
  std::string location;  ///< what stands for the prefix; empty: itself
  bool insecure = false, blocked = false;
  std::vector<MirrorEntry> mirrors;  ///< in the order of asking
  std::string file;

  /// "docker.io/library/app" under the place that stands for the prefix; the name must match.
  std::string rewritten(llvm::StringRef name, llvm::StringRef location) const;
};

struct RegistriesConf {
  std::vector<RegistryEntry> entries;
  std::vector<Said> searched;           ///< unqualified-search-registries
  std::map<std::string, Said> aliases;  ///< short name -> whole name
  std::vector<LookedAt> files;

  /// The entry with the longest prefix of "host/path"; null: none.
  const RegistryEntry* find(llvm::StringRef name) const;
};

/// Adds what one file says: of a prefix, of a short name and of the search it replaces what is there. Faults: Invalid.
[[nodiscard]] llvm::Error addRegistries(llvm::StringRef toml, const std::string& file, RegistriesConf& conf);

/// $CONTAINERS_REGISTRIES_CONF, else the user's registries.conf, else /etc/containers/registries.conf; then the files
/// of registries.conf.d, in which later ones win: the system's, unless the user has a file, and the user's. Faults:
/// Invalid naming the file.
llvm::Expected<RegistriesConf> loadRegistriesConf();

}  // namespace strata::registry
