#include "analyzer/diff/package_diff.h"
#include "analyzer/packages/version_order.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <map>

namespace strata::analyzer {

namespace {

/// By which packages are the same one. Source: PyPA, "Names and normalization".
std::string identityOf(PackageKind database, llvm::StringRef name) {
  if (database != PackageKind::Python) return name.str();
  std::string normal;
  for (char c : name) {
    bool separates = c == '-' || c == '_' || c == '.';
    if (!separates)
      normal += llvm::toLower(c);
    else if (!normal.empty() && normal.back() != '-')
      normal += '-';
  }
  return normal;
}

PackageChange::Kind changeBetween(PackageKind database, const Package& before, const Package& after) {
  auto order = compareVersions(database, before.version, after.version);
  if (!order || *order == 0) return PackageChange::Kind::Changed;
  return *order < 0 ? PackageChange::Kind::Upgraded : PackageChange::Kind::Downgraded;
}

/// Several versions of one package may be there, and one version for several architectures.
class Versions {
public:
  std::vector<Package> before, after;

  void dropCommon() {
    auto same = [](const Package& a, const Package& b) {
      return a.version == b.version && a.architecture == b.architecture;
    };
    takePairs(same, [](const Package&, const Package&) {});
  }
  /// What has one architecture first.
  template <typename Take>
  void pairUp(Take take) {
    takePairs([](const Package& a, const Package& b) { return a.architecture == b.architecture; }, take);
    takePairs([](const Package&, const Package&) { return true; }, take);
  }

private:
  template <typename Same, typename Take>
  void takePairs(Same same, Take take) {
    llvm::erase_if(before, [&](const Package& one) {
      auto partner = llvm::find_if(after, [&](const Package& other) { return same(one, other); });
      if (partner == after.end()) return false;
      take(one, *partner);
      after.erase(partner);
      return true;
    });
  }
};

}  // namespace

llvm::StringRef nameOf(PackageChange::Kind kind) {
  switch (kind) {
    case PackageChange::Kind::Added:
      return "added";
    case PackageChange::Kind::Removed:
      return "removed";
    case PackageChange::Kind::Upgraded:
      return "upgraded";
    case PackageChange::Kind::Downgraded:
      return "downgraded";
    case PackageChange::Kind::Changed:
      return "changed";
  }
  return "";
}

std::vector<PackageChange> comparePackages(PackageKind database, llvm::StringRef where, std::vector<Package> before,
                                           std::vector<Package> after) {
  std::map<std::string, Versions> all;
  for (Package& one : before) all[identityOf(database, one.name)].before.push_back(std::move(one));
  for (Package& one : after) all[identityOf(database, one.name)].after.push_back(std::move(one));
  std::vector<PackageChange> changes;
  auto put = [&](PackageChange::Kind kind, std::optional<Package> from, std::optional<Package> to) {
    std::string name = to ? to->name : from->name;
    changes.push_back({kind, database, where.str(), std::move(name), std::move(from), std::move(to)});
  };
  for (auto& [name, versions] : all) {
    constexpr size_t kMostVersions = 1000;  // of one package; more are no work of a package manager
    if (versions.before.size() > kMostVersions || versions.after.size() > kMostVersions) continue;
    versions.dropCommon();
    versions.pairUp([&](const Package& from, const Package& to) { put(changeBetween(database, from, to), from, to); });
    for (Package& one : versions.before) put(PackageChange::Kind::Removed, std::move(one), std::nullopt);
    for (Package& one : versions.after) put(PackageChange::Kind::Added, std::nullopt, std::move(one));
  }
  return changes;
}

}  // namespace strata::analyzer
