#include "analyzer/packages/package_place.h"

#include "tests/support/testing.h"

namespace strata::analyzer {
namespace {

/// "npm NpmLock app"-like: kind, number of the format, place; empty: none.
std::string placeOf(llvm::StringRef path) {
  auto place = packagePlaceOf(path);
  return place ? nameOf(place->kind).str() + " " + std::to_string(int(place->format)) + " '" + place->where + "'" : "";
}
std::string place(llvm::StringRef kind, PackageFormat format, llvm::StringRef where = {}) {
  return kind.str() + " " + std::to_string(int(format)) + " '" + where.str() + "'";
}

TEST(PackagePlace, OfTheSystem) {
  EXPECT_EQ(placeOf("var/lib/dpkg/status"), place("dpkg", PackageFormat::DpkgStatus));
  EXPECT_EQ(placeOf("var/lib/dpkg/status.d/tzdata"), place("dpkg", PackageFormat::DpkgStatus));
  EXPECT_EQ(placeOf("var/lib/dpkg/status.d/tzdata.md5sums"), "");
  EXPECT_EQ(placeOf("srv/var/lib/dpkg/status"), "");
  EXPECT_EQ(placeOf("lib/apk/db/installed"), place("apk", PackageFormat::ApkInstalled));
  EXPECT_EQ(placeOf("usr/lib/apk/db/installed"), place("apk", PackageFormat::ApkInstalled));
  EXPECT_EQ(placeOf("var/lib/rpm/rpmdb.sqlite"), place("rpm", PackageFormat::RpmSqlite));
  EXPECT_EQ(placeOf("usr/lib/sysimage/rpm/Packages.db"), place("rpm", PackageFormat::RpmNdb));
  EXPECT_EQ(placeOf("var/lib/rpm/Packages"), place("rpm", PackageFormat::RpmBerkeley));
}

TEST(PackagePlace, OfNpmAtTheTopOfAProject) {
  EXPECT_EQ(placeOf("app/node_modules/express/package.json"), place("npm", PackageFormat::NpmManifest, "app"));
  EXPECT_EQ(placeOf("node_modules/@types/node/package.json"), place("npm", PackageFormat::NpmManifest, ""));
  EXPECT_EQ(placeOf("app/node_modules/express/node_modules/debug/package.json"), "");
  EXPECT_EQ(placeOf("app/node_modules/express/lib/package.json"), "");
  EXPECT_EQ(placeOf("app/package.json"), "");
  EXPECT_EQ(placeOf("app/package-lock.json"), place("npm", PackageFormat::NpmLock, "app"));
  EXPECT_EQ(placeOf("package-lock.json"), place("npm", PackageFormat::NpmLock, ""));
  EXPECT_EQ(placeOf("app/node_modules/.package-lock.json"), place("npm", PackageFormat::NpmInstalledLock, "app"));
  EXPECT_EQ(placeOf("app/node_modules/express/package-lock.json"), "");
}

TEST(PackagePlace, OfPythonWhateverItsVersion) {
  EXPECT_EQ(placeOf("usr/lib/python3.11/site-packages/flask-3.0.0.dist-info/METADATA"),
            place("python", PackageFormat::PythonMetadata, "usr/lib/python3/site-packages"));
  EXPECT_EQ(placeOf("venv/lib/six-1.0.egg-info/PKG-INFO"), place("python", PackageFormat::PythonMetadata, "venv/lib"));
  EXPECT_EQ(placeOf("venv/lib/six-1.0.egg-info"), place("python", PackageFormat::PythonMetadata, "venv/lib"));
  EXPECT_EQ(placeOf("venv/lib/METADATA"), "");
  EXPECT_EQ(placeOf("METADATA"), "");
  EXPECT_EQ(placeOf(""), "");
}

TEST(PackagePlace, WhatIsNotReadSaysSo) {
  EXPECT_FAULT_SAYING(readPackages(PackageFormat::RpmBerkeley, "x"), FaultKind::Unsupported, "Berkeley DB");
  EXPECT_FAULT_SAYING(readPackages(PackageFormat::RpmNdb, "x"), FaultKind::Unsupported, "ndb");
}

}  // namespace
}  // namespace strata::analyzer
