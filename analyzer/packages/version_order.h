#pragma once
/// \file Which of two versions is the newer one, by the rules of whoever made them. Any bytes may come.

#include "analyzer/packages/package.h"

#include <compare>
#include <optional>

namespace strata::analyzer {

/// Source: Debian Policy, 5.6.12 Version: "~" sorts before the end, letters before all else, numbers by value.
std::strong_ordering compareDpkgVersions(llvm::StringRef a, llvm::StringRef b);
/// "[epoch:]version-release". Source: rpm-version(7): segments of digits or letters, "~" before the end, "^" after it.
std::strong_ordering compareRpmVersions(llvm::StringRef a, llvm::StringRef b);
/// Source: apk-package(5), pkgver: "1.2.3b_rc4-r5". Nothing: one of them is not of this form.
std::optional<std::strong_ordering> compareApkVersions(llvm::StringRef a, llvm::StringRef b);
/// Source: Semantic Versioning 2.0.0, 11. Nothing: one of them is not of this form.
std::optional<std::strong_ordering> compareSemanticVersions(llvm::StringRef a, llvm::StringRef b);
/// Source: PyPA version specifiers (PEP 440). Nothing: one of them is not of this form.
std::optional<std::strong_ordering> comparePythonVersions(llvm::StringRef a, llvm::StringRef b);

/// By the rules of the kind.
std::optional<std::strong_ordering> compareVersions(PackageKind kind, llvm::StringRef a, llvm::StringRef b);

}  // namespace strata::analyzer
