#include "builder/frontend/device_flag.h"

#include "builder/frontend/instruction.h"
#include "tests/support/testing.h"

namespace strata::builder {
namespace {
using ::testing::HasSubstr;
using testing::must;

TEST(DeviceFlag, RUN_11_NamesInEveryForm) {
  for (llvm::StringRef name : {"vendor.com/gpu", "vendor.com/gpu=one", "vendor.com/gpu=*", "gpu"}) {
    EXPECT_EQ(must(parseDeviceFlag(name)).name, name);
    EXPECT_FALSE(must(parseDeviceFlag(name)).required);
    EXPECT_TRUE(must(parseDeviceFlag((name + ",required").str())).required);
    EXPECT_TRUE(must(parseDeviceFlag(("name=" + name + ",required=true").str())).required);
    EXPECT_EQ(must(parseDeviceFlag(("name=" + name + ",required=0").str())).name, name);
  }
}

TEST(DeviceFlag, RUN_11_TwoNamesAndUnknownKeysAreErrors) {
  EXPECT_FAULT_SAYING(parseDeviceFlag("a/b,c/d"), FaultKind::Invalid, "device name already set to a/b");
  EXPECT_FAULT_SAYING(parseDeviceFlag("a/b,name=c/d"), FaultKind::Invalid, "device name already set to a/b");
  EXPECT_FAULT_SAYING(parseDeviceFlag("a/b,requird=1"), FaultKind::Invalid,
                      "unexpected key 'requird' in 'requird=1' (did you mean required?)");
  EXPECT_FAULT_SAYING(parseDeviceFlag("a/b,required=perhaps"), FaultKind::Invalid, "invalid value for required");
  EXPECT_FAULT_SAYING(readDockerfile(std::make_shared<SourceText>("Dockerfile", "FROM a\nRUN --device=a/b,c/d true\n")),
                      FaultKind::Invalid, "device name already set");
}

}  // namespace
}  // namespace strata::builder
