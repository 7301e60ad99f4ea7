#include "registry/reference.h"

#include "tests/support/testing.h"

namespace strata::registry {
namespace {

using strata::testing::must;

constexpr llvm::StringLiteral kHex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::string canonicalOf(llvm::StringRef text) { return must(parseReference(text)).canonical(); }
std::string familiarOf(llvm::StringRef text) { return must(parseReference(text)).familiar(); }

TEST(ReferenceTest, ShortNamesGetDomainNamespaceAndTag) {
  EXPECT_EQ(canonicalOf("node"), "docker.io/library/node:latest");
  EXPECT_EQ(canonicalOf("node:22-slim"), "docker.io/library/node:22-slim");
  EXPECT_EQ(canonicalOf("user/app"), "docker.io/user/app:latest");
  EXPECT_EQ(canonicalOf("index.docker.io/node"), "docker.io/library/node:latest");
  EXPECT_EQ(canonicalOf("user/a__b--c.d_e"), "docker.io/user/a__b--c.d_e:latest");
}

TEST(ReferenceTest, WhatStandsBeforeTheFirstSlashIsADomainIfItLooksLikeOne) {
  EXPECT_EQ(canonicalOf("localhost/app"), "localhost/app:latest");
  EXPECT_EQ(canonicalOf("localhost:5000/app"), "localhost:5000/app:latest");
  EXPECT_EQ(canonicalOf("ghcr.io/a/b/c:1"), "ghcr.io/a/b/c:1");
  EXPECT_EQ(canonicalOf("[::1]:5000/app:1"), "[::1]:5000/app:1");
  EXPECT_EQ(canonicalOf("Host/app"), "Host/app:latest");
  EXPECT_EQ(canonicalOf("host/app"), "docker.io/host/app:latest");
}

TEST(ReferenceTest, ADigestStandsWithoutATagAndKeepsOne) {
  std::string digest = "sha256:" + kHex.str();
  auto pinned = must(parseReference("node@" + digest));
  EXPECT_EQ(pinned.tag, "");
  EXPECT_EQ(pinned.digest->str(), digest);
  EXPECT_EQ(pinned.canonical(), "docker.io/library/node@" + digest);
  EXPECT_EQ(familiarOf("localhost:5000/node:1@" + digest), "localhost:5000/node:1@" + digest);
}

TEST(ReferenceTest, FamiliarNamesLeaveTheDefaultsOut) {
  EXPECT_EQ(familiarOf("docker.io/library/node"), "node:latest");
  EXPECT_EQ(familiarOf("docker.io/user/app:2"), "user/app:2");
  EXPECT_EQ(familiarOf("docker.io/library/a/b"), "library/a/b:latest");
  EXPECT_EQ(must(parseReference("localhost:5000/app")).familiarRepository(), "localhost:5000/app");
  EXPECT_EQ(must(parseReference("node")).repository(), "docker.io/library/node");
}

TEST(ReferenceTest, AFamiliarNameKeepsTheDomainWhereItWouldReadAsAnotherOne) {
  EXPECT_EQ(familiarOf("docker.io/a.b/c"), "docker.io/a.b/c:latest");
  EXPECT_EQ(familiarOf("docker.io/localhost/c"), "docker.io/localhost/c:latest");
  EXPECT_EQ(familiarOf("docker.io/library/a.b"), "a.b:latest");
}

TEST(ReferenceTest, ACanonicalNameReadsAsItself) {
  for (llvm::StringRef text : {"node", "user/app:1", "localhost:5000/a/b", "[fe80::1]/x:y"})
    EXPECT_EQ(canonicalOf(canonicalOf(text)), canonicalOf(text));
}

TEST(ReferenceTest, MalformedTextIsRefused) {
  for (llvm::StringRef text : {"",     ":",    "a:",      ":tag",        "a/",     "/a",     "a//b", "-a",
                               "a-",   "a..b", "a___b",   "a._b",        "a b",    "a:b:c",  "a@",   "a@sha256:12",
                               "a:.x", "a:-x", "-x.io/a", "x.io:port/a", "[::1/a", "[]:5/a", "a\n"}) {
    SCOPED_TRACE(text.str());
    EXPECT_FAULT(parseReference(text), FaultKind::Invalid);
  }
  EXPECT_FAULT(parseReference("a:" + std::string(129, 't')), FaultKind::Invalid);
  EXPECT_FAULT_SAYING(parseReference(std::string(250, 'a')), FaultKind::Invalid, "255");
}

TEST(ReferenceTest, UpperCaseRepositoriesAndBareIdsAreNamedAsSuch) {
  EXPECT_FAULT_SAYING(parseReference("MyApp"), FaultKind::Invalid, "must be lowercase");
  EXPECT_FAULT_SAYING(parseReference(kHex), FaultKind::Invalid, "64-byte hexadecimal");
}

TEST(ReferenceTest, AUrlIsNoNameAndItsPasswordIsNotShown) {
  strata::testing::SeenFault seen =
      strata::testing::faultOf(parseReference("http://me:hush@registry.example/app").takeError());
  EXPECT_EQ(seen.kind, FaultKind::Invalid);
  EXPECT_EQ(seen.message.find("hush"), std::string::npos) << seen.message;
  EXPECT_NE(seen.message.find("is a URL"), std::string::npos) << seen.message;
}

}  // namespace
}  // namespace strata::registry
