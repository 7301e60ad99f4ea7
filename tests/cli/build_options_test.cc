#include "cli/build_options.h"

#include "support/unique_fd.h"
#include "tests/support/testing.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <cstdlib>

namespace strata::cli {
namespace {
using testing::must;

/// The request that this command line makes.
llvm::Expected<builder::BuildRequest> request(const std::vector<std::string>& words) {
  Options declared;
  BuildOptions options;
  declareBuildOptions(declared, options);
  auto arguments = declared.parse(words, Options::Order::Mixed);
  if (!arguments) return arguments.takeError();
  return requestFor(options, arguments->empty() ? "." : arguments->front());
}

TEST(BuildOptions, CLI_2_KnowsEveryFlagOfDockers) {
  const char* withValue[] = {
      "--add-host=a:1.2.3.4", "--allow=network.host",  "--annotation=a=1", "--attest=type=sbom,disabled=true",
      "--build-arg=A=1",      "--build-context=a=b",   "--cache-from=x",   "--cache-to=x",
      "--call=build",         "--cgroup-parent=x",     "--file=x",         "--iidfile=x",
      "--label=a=1",          "--metadata-file=x",     "--network=none",   "--no-cache-filter=x",
      "--output=x",           "--platform=local",      "--policy=x",       "--progress=plain",
      "--provenance=false",   "--resource=memory=64m", "--sbom=false",     "--secret=id=HOME",
      "--shm-size=64m",       "--ssh=default",         "--tag=x",          "--target=x",
      "--ulimit=nofile=10"};
  const char* alone[] = {"--check", "--debug", "-D", "--load", "--no-cache", "--pull", "--push", "--quiet", "-q"};
  auto check = [](const std::string& flag) {
    auto seen = testing::faultOf(request({flag, "."}));
    EXPECT_THAT(seen.message, ::testing::Not(::testing::HasSubstr("unknown"))) << flag;
  };
  for (const char* flag : withValue) check(flag);
  for (const char* flag : alone) check(flag);
  EXPECT_FAULT_SAYING(request({"--taag=x"}), FaultKind::Invalid, "unknown flag: --taag (did you mean --tag?)");
}

TEST(BuildOptions, CLI_3_CLI_12_NamesAloneTakeOurOwnVariables) {
  ::setenv("STRATA_TEST_GIVEN", "ours", 1);
  ::unsetenv("STRATA_TEST_UNSET");
  ::setenv("SOURCE_DATE_EPOCH", "17", 1);
  auto made = must(request({"--build-arg", "STRATA_TEST_GIVEN", "--build-arg", "STRATA_TEST_UNSET", "--label", "l"}));
  auto explicitly = must(request({"--build-arg", "SOURCE_DATE_EPOCH=18"}));
  ::unsetenv("SOURCE_DATE_EPOCH");
  ::unsetenv("STRATA_TEST_GIVEN");
  EXPECT_EQ(made.buildArgs["STRATA_TEST_GIVEN"], "ours");
  EXPECT_EQ(made.buildArgs.count("STRATA_TEST_UNSET"), 0u);
  EXPECT_EQ(made.labels, (std::vector<std::pair<std::string, std::string>>{{"l", ""}}));
  EXPECT_EQ(made.buildArgs["SOURCE_DATE_EPOCH"], "17");
  EXPECT_EQ(explicitly.buildArgs["SOURCE_DATE_EPOCH"], "18");
}

TEST(BuildOptions, CTX_4_CLI_5_TheUsersAgentIsOfferedToAContextBehindSsh) {
  TempDir directory = testing::makeTempDir();
  std::string socket = directory.path() + "/agent", key = directory.path() + "/key";
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  socket.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  testing::writeFile(key, "-----BEGIN PRIVATE KEY-----\n");
  ::setenv("SSH_AUTH_SOCK", socket.c_str(), 1);
  for (const char* context : {"git@example.com:org/x", "ssh://git@example.com/x#v1"}) {
    auto made = must(request({context}));
    ASSERT_EQ(made.run.ssh.size(), 1u) << context;
    EXPECT_EQ(made.run.ssh[0].id, "default");
    EXPECT_EQ(made.run.ssh[0].socket, socket);
    auto said = must(request({"--ssh", "other=" + key, context}));
    ASSERT_EQ(said.run.ssh.size(), 1u) << context;
    EXPECT_EQ(said.run.ssh[0].id, "other");
  }
  for (const char* context : {".", "https://example.com/x.git", "git://example.com/x", "-"})
    EXPECT_TRUE(must(request({context})).run.ssh.empty()) << context;
  ::unsetenv("SSH_AUTH_SOCK");
  EXPECT_TRUE(must(request({"git@example.com:org/x"})).run.ssh.empty());
}

TEST(BuildOptions, CLI_8_FlagsOfOldAreTakenWithoutEffect) {
  EXPECT_FALSE(
      testing::faultOf(request({"--compress", "--isolation", "x", "--security-opt=y", "--rm", "--force-rm"})).kind);
}

TEST(BuildOptions, CLI_9_NoCacheAndItsFilterExcludeEachOther) {
  EXPECT_FAULT_SAYING(request({"--no-cache", "--no-cache-filter=a"}), FaultKind::Invalid, "cannot be used together");
}

TEST(BuildOptions, CLI_11_TagsAreCheckedAndNameTheOutputs) {
  auto made = must(request({"-t", "app", "-t", "localhost:5000/x:1", "-o", "type=oci,dest=x.tar"}));
  EXPECT_EQ(made.outputs.front().image.names,
            (std::vector<std::string>{"docker.io/library/app:latest", "localhost:5000/x:1"}));
  EXPECT_FAULT_SAYING(request({"-t", "UPPER"}), FaultKind::Invalid, "invalid tag");
}

TEST(BuildOptions, OUT_17_DeletingOutsideTheWorkingDirectoryMustBeAllowed) {
  for (const char* place : {".", "..", "/", "below/../..", "/etc"}) {
    std::string output = std::string("type=local,mode=delete,dest=") + place;
    EXPECT_FAULT_SAYING(request({"-o", output}), FaultKind::Denied, "--allow buildx.local.delete");
    EXPECT_FALSE(testing::faultOf(request({"-o", output, "--allow", "buildx.local.delete"})).kind);
  }
  EXPECT_FALSE(testing::faultOf(request({"-o", "type=local,mode=delete,dest=not-there-yet/below"})).kind);
}

TEST(BuildOptions, OUT_21_AnIdFileNeedsAnImage) {
  for (const char* output : {"out", "type=tar,dest=x.tar"})
    EXPECT_FAULT_SAYING(request({"--iidfile", "id", "-o", output}), FaultKind::Invalid, "--iidfile");
}

TEST(BuildOptions, AttestationsCanOnlyBeTurnedOff) {
  EXPECT_FALSE(testing::faultOf(request({"--attest", "type=provenance,disabled=true"})).kind);
  EXPECT_FAULT(request({"--attest", "type=sbom"}), FaultKind::Unsupported);
  EXPECT_FAULT(request({"--attest", "type=other"}), FaultKind::Invalid);
  EXPECT_FAULT(request({"--provenance=true"}), FaultKind::Unsupported);
}

}  // namespace
}  // namespace strata::cli
