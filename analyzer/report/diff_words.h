#pragma once
/// \file What the reports of a difference say alike in text and in Markdown. Texts from the images are not made safe
/// yet.

#include "analyzer/diff/image_diff.h"

#include <string>

namespace strata::analyzer {

/// "+1.2MB", "-3kB", "0B".
std::string signedSize(uint64_t before, uint64_t after);
std::string signedNumber(uint64_t before, uint64_t after);
char markOf(FileChange::Kind kind);       ///< + - ~ = >
char markOf(const ConfigChange& change);  ///< + - ~
/// "2 shared, 1 gone, 2 new".
std::string layersSummary(const ImageDiff& diff);
/// "2 upgraded, 1 added"; empty without changes.
std::string packagesSummary(const PackageDiff& packages);
/// "3 added (+1.2MB), 1 with other mode or owner"; empty without changes.
std::string filesSummary(const FileDiff& files);

/// "env PATH", "cmd".
std::string settingOf(const ConfigChange& change);
/// "libc6 (amd64)": the architecture where it is not the same on both sides.
std::string versionOf(const PackageChange& change, const std::optional<Package>& side);
/// Installed sizes, where both are known or one side is not there.
std::string sizeOf(const PackageChange& change);
/// "/app/x", of what moved "/app/y -> /app/x".
std::string pathText(const ImagePair& pair, const FileChange& change);
/// "mode 0644 -> 0755, owner 0:0 -> 5:5", "a -> b" of links; empty where it says nothing.
std::string detailOf(const ImagePair& pair, const FileChange& change);
/// "4kB"; of what was modified with the change: "4kB (+1kB)".
std::string sizeText(const ImagePair& pair, const FileChange& change);

}  // namespace strata::analyzer
