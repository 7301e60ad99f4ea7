#include "runtime/spec/capabilities.h"
#include "runtime/spec/container_spec.h"
#include "support/text.h"
#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class OciConfigTest : public ::testing::Test {
protected:
  OciConfigTest() {
    spec_.argv = {"/bin/sh"};
    spec_.env = {"PATH=/bin"};
    spec_.hostname = "box";
  }
  llvm::json::Object config(bool withCgroup = true) { return *ociConfig(spec_, "/root", withCgroup).getAsObject(); }
  std::vector<std::string> env() {
    auto json = config();
    std::vector<std::string> result;
    for (const auto& entry : *json.getObject("process")->getArray("env")) result.push_back(entry.getAsString()->str());
    return result;
  }
  std::vector<std::string> mountTargets() {
    auto json = config();
    std::vector<std::string> result;
    for (const auto& mount : *json.getArray("mounts"))
      result.push_back(mount.getAsObject()->getString("destination")->str());
    return result;
  }
  ContainerSpec spec_;
};

TEST_F(OciConfigTest, CompletesTheEnvironment) {
  EXPECT_THAT(env(), Contains("HOME=/"));
  EXPECT_THAT(env(), Contains("HOSTNAME=box"));
  EXPECT_THAT(env(), Not(Contains("TERM=xterm")));
  spec_.terminal = true;
  spec_.env.push_back("HOME=/mine");
  EXPECT_THAT(env(), Contains("TERM=xterm"));
  EXPECT_THAT(env(), Not(Contains("HOME=/")));
}

TEST_F(OciConfigTest, AsksForNoLimits) {
  auto json = config();
  EXPECT_EQ(json.getObject("process")->get("rlimits"), nullptr);
  EXPECT_EQ(config(false).getObject("linux")->get("resources"), nullptr);
}

TEST_F(OciConfigTest, MountsParentsFirstAndAUsersInPlaceOfADefault) {
  spec_.mounts.push_back({MountSpec::Kind::Tmpfs, "", -1, "/dev/shm", false, "size=1g"});
  spec_.mounts.push_back({MountSpec::Kind::Bind, "/b", -1, "/data/b", true, ""});
  spec_.mounts.push_back({MountSpec::Kind::Bind, "/a", -1, "/data", true, ""});
  auto targets = mountTargets();
  EXPECT_EQ(std::count(targets.begin(), targets.end(), "/dev/shm"), 1);
  EXPECT_TRUE(std::is_sorted(targets.begin(), targets.end()));
}

TEST_F(OciConfigTest, WithoutDeviceRulesNoNodesAreMade) {
  if (!(heldCapabilityBits() & capabilityBits(llvm::StringRef("CAP_MKNOD")))) GTEST_SKIP() << "needs CAP_MKNOD";
  auto bounding = [&](bool withCgroup) {
    auto json = config(withCgroup);
    return printJson(llvm::json::Array(*json.getObject("process")->getObject("capabilities")->getArray("bounding")));
  };
  EXPECT_THAT(bounding(true), HasSubstr("CAP_MKNOD"));
  EXPECT_THAT(bounding(false), Not(HasSubstr("CAP_MKNOD")));
}

TEST_F(OciConfigTest, OtherUsersStartWithoutCapabilities) {
  spec_.identity.uid = 1000;
  auto json = config();
  EXPECT_EQ(json.getObject("process")->getObject("capabilities")->get("effective"), nullptr);
}

TEST_F(OciConfigTest, PrivilegedHidesNothing) {
  spec_.privileged = true;
  auto json = config();
  for (const char* key : {"seccomp", "maskedPaths", "readonlyPaths"})
    EXPECT_EQ(json.getObject("linux")->get(key), nullptr);
}

TEST_F(OciConfigTest, NetworkNoneIsANamespace) {
  EXPECT_THAT(printJson(config()), Not(HasSubstr(R"({"type":"network"})")));
  spec_.network = NetworkMode::None;
  EXPECT_THAT(printJson(config()), HasSubstr(R"({"type":"network"})"));
}

}  // namespace
}  // namespace strata::runtime
