#include "builder/context/named_contexts.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {

using testing::must;
using ContextKind = NamedContext::Kind;
using Transport = GitReference::Transport;

NamedContext readContext(const std::string& value) {
  NamedContexts contexts;
  must(contexts.add("name=" + value));
  return *contexts.at("name");
}

TEST(NamedContextsTest, NCTX_1_EveryKindOfValue) {
  TempDir directory = testing::makeTempDir();
  EXPECT_EQ(readContext(directory.path()).kind, ContextKind::Directory);
  NamedContext image = readContext("docker-image://alpine:3.20");
  EXPECT_EQ(image.kind, ContextKind::Image);
  EXPECT_EQ(image.value, "alpine:3.20");
  NamedContext layout = readContext("oci-layout:///place:tag");
  EXPECT_EQ(layout.kind, ContextKind::OciLayout);
  EXPECT_EQ(layout.value, "oci-layout:///place:tag");
  NamedContext target = readContext("target:build");
  EXPECT_EQ(target.kind, ContextKind::Target);
  EXPECT_EQ(target.value, "build");
  NamedContext web = readContext("https://example.com/x.tar");
  EXPECT_EQ(std::get<HttpReference>(*web.remote).url, "https://example.com/x.tar");
}

TEST(NamedContextsTest, NCTX_1_GitByUrlAndInScpFormWithoutAScheme) {
  auto git = [](const std::string& value) { return std::get<GitReference>(*readContext(value).remote); };
  EXPECT_EQ(git("https://example.com/x.git#v1:sub").subdir, "sub");
  EXPECT_EQ(git("git://example.com/x").transport, Transport::Git);
  EXPECT_EQ(git("ssh://git@example.com/x").transport, Transport::Ssh);
  GitReference scp = git("git@example.com:org/x#v1");
  EXPECT_EQ(scp.transport, Transport::Ssh);
  EXPECT_EQ(scp.remote, "git@example.com:org/x");
  EXPECT_EQ(scp.ref, "v1");
}

TEST(NamedContextsTest, NCTX_1_OtherSchemesAreRefused) {
  for (const char* value :
       {"ftp://example.com/x", "s3://bucket/x", "docker://alpine", "file:///tmp", "a::b", "HTTPX://y"}) {
    NamedContexts contexts;
    EXPECT_FAULT_SAYING(contexts.add(std::string("name=") + value), FaultKind::Invalid,
                        std::string("invalid build context \"name\": unsupported context source \"") + value + "\"");
  }
}

TEST(NamedContextsTest, NCTX_1_ADirectoryMustBeThere) {
  TempDir directory = testing::makeTempDir();
  testing::writeFile(directory.path() + "/file", "");
  NamedContexts contexts;
  EXPECT_FAULT(contexts.add("name=" + directory.path() + "/none"), FaultKind::NotFound);
  EXPECT_FAULT_SAYING(contexts.add("name=" + directory.path() + "/file"), FaultKind::Invalid, "is no directory");
  for (const char* option : {"name", "name=", "=value"})
    EXPECT_FAULT_SAYING(contexts.add(option), FaultKind::Invalid, "write NAME=VALUE");
}

TEST(NamedContextsTest, NCTX_2_UpperCaseIsNoName) {
  NamedContexts contexts;
  EXPECT_FAULT(contexts.add("Name=target:x"), FaultKind::Invalid);
}

TEST(NamedContextsTest, NCTX_3_TheStagesPlatformComesFirst) {
  NamedContexts contexts;
  must(contexts.add("base=target:any"));
  must(contexts.add("base::linux/arm64=target:arm"));
  EXPECT_EQ(contexts.find("base:latest", must(layerfs::parsePlatform("linux/arm64")))->value, "arm");
  EXPECT_EQ(contexts.find("base", must(layerfs::parsePlatform("linux/amd64")))->value, "any");
}

}  // namespace
}  // namespace strata::builder
