#include "runtime/containers/container_privileges.h"

#include "runtime/spec/capabilities.h"
#include "support/files.h"
#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using strata::testing::must;
using ::testing::Contains;
using ::testing::Field;
using ::testing::Not;

ContainerSpec specWith(std::vector<std::string> securityOpt) {
  HostConfig config;
  config.securityOpt = std::move(securityOpt);
  ContainerSpec spec;
  must(setPrivileges(config, spec));
  return spec;
}

TEST(SetPrivileges, ReadsSecurityOptions) {
  EXPECT_TRUE(specWith({"no-new-privileges"}).noNewPrivileges);
  EXPECT_TRUE(specWith({"no-new-privileges:true"}).noNewPrivileges);
  EXPECT_FALSE(specWith({"no-new-privileges=false"}).noNewPrivileges);
  EXPECT_TRUE(specWith({"seccomp=unconfined"}).seccompUnconfined);
  EXPECT_TRUE(specWith({"systempaths=unconfined"}).nothingMasked);
  EXPECT_TRUE(specWith({R"(seccomp={"defaultAction":"SCMP_ACT_ALLOW"})"}).seccomp.has_value());
  specWith({"label=disable", "apparmor=unconfined", "seccomp=builtin"});
}

TEST(SetPrivileges, RefusesWhatItDoesNotKnow) {
  auto refused = [](const char* option) {
    HostConfig config;
    config.securityOpt = {option};
    ContainerSpec spec;
    return setPrivileges(config, spec);
  };
  EXPECT_FAULT(refused("magic=yes"), FaultKind::Invalid);
  EXPECT_FAULT(refused("no-new-privileges=perhaps"), FaultKind::Invalid);
  EXPECT_FAULT(refused("label=type:t"), FaultKind::Unsupported);
  EXPECT_FAULT(refused("seccomp={"), FaultKind::Invalid);
}

TEST(AddDevices, FindsNodesAndDirectories) {
  HostConfig config;
  config.devices = {{"/dev/null", "/dev/nothing", "r"}};
  ContainerSpec spec;
  must(addDevices(config, spec));
  ASSERT_EQ(spec.devices.size(), 1u);
  const HostDevice& device = spec.devices.front();
  EXPECT_EQ(device.path, "/dev/nothing");
  EXPECT_EQ(std::pair(device.major, device.minor), std::pair(1u, 3u));
  EXPECT_EQ(device.access, "r");
  config.devices = {{"/dev", "/devices", "rw"}};
  must(addDevices(config, spec));
  EXPECT_THAT(spec.devices, Contains(Field(&HostDevice::path, "/devices/null")));
}

TEST(AddDevices, LeavesToTheRuntimeWhatItMakes) {
  HostConfig config;
  config.privileged = true;
  ContainerSpec spec;
  must(addDevices(config, spec));
  EXPECT_THAT(spec.devices, Not(Contains(Field(&HostDevice::path, "/dev/null"))));
}

TEST(AddDevices, FaultsForWhatIsNoDevice) {
  TempDir dir = strata::testing::makeTempDir();
  must(writeFileAtomically(dir.path() + "/file", "text"));
  HostConfig config;
  ContainerSpec spec;
  config.devices = {{dir.path() + "/file", "/dev/file"}};
  EXPECT_FAULT(addDevices(config, spec), FaultKind::Invalid);
  config.devices = {{dir.path() + "/absent", "/dev/file"}};
  EXPECT_FAULT(addDevices(config, spec), FaultKind::Invalid);
}

TEST(CheckSysctl, AllowsThoseOfTheContainersNamespaces) {
  HostConfig config;
  config.networkMode = "bridge";
  must(checkSysctl("net.ipv4.ip_forward", config));
  must(checkSysctl("kernel.shmmax", config));
  must(checkSysctl("fs.mqueue.msg_max", config));
  EXPECT_FAULT(checkSysctl("kernel.panic", config), FaultKind::Invalid);
  config.networkMode = config.ipcMode = "host";
  EXPECT_FAULT(checkSysctl("net.ipv4.ip_forward", config), FaultKind::Invalid);
  EXPECT_FAULT(checkSysctl("kernel.sem", config), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::runtime
