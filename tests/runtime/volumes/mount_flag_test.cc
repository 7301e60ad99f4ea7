#include "runtime/volumes/mount_request.h"
#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using strata::testing::must;

MountRequest readMount(llvm::StringRef text) { return must(readMountFlag(text, "/here")); }

TEST(MountFlag, ReadsBinds) {
  for (const char* text : {"type=bind,source=/a,target=/b,readonly", "type=bind,src=/a,dst=/b,ro=true",
                           "TYPE=bind,src=/a/.,destination=/b/,readonly=1"}) {
    MountRequest request = readMount(text);
    EXPECT_EQ(request.kind, MountRequest::Kind::Bind);
    EXPECT_EQ(request.source, "/a");
    EXPECT_EQ(request.target, "/b");
    EXPECT_TRUE(request.readOnly);
    EXPECT_FALSE(request.makesSource);
  }
  EXPECT_EQ(readMount("type=bind,src=.,dst=/b").source, "/here");
  EXPECT_EQ(readMount("type=bind,src=/a,dst=/b,bind-propagation=rslave").propagation, "rslave");
  EXPECT_FALSE(readMount("type=bind,src=/a,dst=/b,bind-nonrecursive").isRecursive);
  EXPECT_FALSE(readMount("type=bind,src=/a,dst=/b,bind-recursive=disabled").isRecursive);
  EXPECT_EQ(readMount("type=bind,\"src=/a,b\",dst=/b").source, "/a,b");
}

TEST(MountFlag, ReadsVolumes) {
  MountRequest request =
      readMount("source=data,target=/d,volume-nocopy,volume-label=a=b,volume-opt=o=addr=1,volume-subpath=x/y");
  EXPECT_EQ(request.kind, MountRequest::Kind::Volume);
  EXPECT_EQ(request.source, "data");
  EXPECT_FALSE(request.copies);
  EXPECT_EQ(request.labels.at("a"), "b");
  EXPECT_EQ(request.options.at("o"), "addr=1");
  EXPECT_EQ(request.subpath, "x/y");
  EXPECT_EQ(readMount("type=volume,target=/d").source, "");
  EXPECT_EQ(readMount("type=volume,target=/d,volume-driver=local").source, "");
}

TEST(MountFlag, ReadsTmpfs) {
  MountRequest request = readMount("type=tmpfs,target=/run,tmpfs-size=64m,tmpfs-mode=1770");
  EXPECT_EQ(request.kind, MountRequest::Kind::Tmpfs);
  EXPECT_EQ(request.mode, "size=67108864,mode=1770");
}

TEST(MountFlag, RefusesWhatDockerRefuses) {
  auto refused = [](llvm::StringRef text, llvm::StringRef saying) {
    EXPECT_FAULT_SAYING(readMountFlag(text, "/here"), FaultKind::Invalid, saying.str());
  };
  refused("type=bind,source=/a", "target is required");
  refused("type=,target=/a", "type is required");
  refused("type=bind,target=/b", "invalid mount config for type \"bind\": field Source must not be empty");
  refused("type=bind,source=a,target=/b", "invalid mount path: 'a' mount path must be absolute");
  refused("type=bind,source=/a,target=b", "invalid mount path: 'b' mount path must be absolute");
  refused("type=bind,source=/a,target=/", "destination can't be '/'");
  refused("type=magic,target=/b", "invalid mount config for type \"magic\": mount type unknown");
  refused("type=tmpfs,source=/a,target=/b", "field Source must not be specified");
  refused("type=volume,target", "invalid field 'target' must be a key=value pair");
  refused("type=volume,target=/a,colour=red", "unexpected key 'colour' in 'colour=red'");
  refused("type=volume,target=/a,readonly=perhaps", "invalid value for readonly: perhaps");
  refused("type=tmpfs,target=/a,tmpfs-size=big", "invalid value for tmpfs-size: big");
  refused("type=tmpfs,target=/a,tmpfs-mode=9", "invalid value for tmpfs-mode: 9");
  refused("type=bind,src=/a,dst=/b,volume-nocopy", "cannot mix 'volume-*' options with mount type 'bind'");
  refused("type=volume,dst=/b,bind-propagation=shared", "cannot mix 'bind-*' options with mount type 'volume'");
  refused("type=volume,dst=/b,tmpfs-mode=700", "cannot mix 'tmpfs-*' options with mount type 'volume'");
  refused("type=bind,src=/a,dst=/b,bind-propagation=wide", "invalid propagation mode: wide");
  refused("dst=/b,volume-subpath=x", "must not set Subpath when using anonymous volumes");
  refused("src=data,dst=/b,volume-subpath=/x", "subpath must be a relative path within the volume");
  refused("src=data,dst=/b,volume-subpath=x/../../y", "subpath must be a relative path within the volume");
  refused("src=../data,dst=/b", "includes invalid characters for a local volume name");
  EXPECT_FAULT_SAYING(readMountFlag("dst=/b,volume-driver=nfs", "/"), FaultKind::Unsupported, "volume driver nfs");
}

}  // namespace
}  // namespace strata::runtime
