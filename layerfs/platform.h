#pragma once
/// \file Platforms: os/architecture[/variant], normalised. Source: spec PLAT-1 to PLAT-3; OCI image-spec v1.1,
/// image-index.md.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <compare>
#include <string>

namespace strata::layerfs {

struct Platform {
  std::string os;
  std::string architecture;
  std::string variant;
  std::string osVersion;

  /// "linux/amd64", "linux/arm/v7" (osVersion not shown).
  std::string str() const;
  auto operator<=>(const Platform&) const = default;
};

/// The machine this program runs on.
Platform hostPlatform();
/// Reads os, arch, os/arch, os/arch/variant and "local"; a lone os or arch takes the other from the host. Faults:
/// Invalid.
llvm::Expected<Platform> parsePlatform(llvm::StringRef text);
/// x86_64 -> amd64, aarch64 -> arm64, arm64/v8 -> arm64, armhf -> arm/v7 ...; lower case.
Platform normalised(Platform platform);
/// Whether system and architecture are among those that images are made for.
bool isKnown(const Platform& platform);

}  // namespace strata::layerfs
