#include "runtime/oci/cgroup_values.h"

#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using strata::testing::must;
using ::testing::UnorderedElementsAre;

/// Files as the kernel shows them, of both versions.
class CgroupValuesTest : public ::testing::Test {
protected:
  void show(const std::string& path, const std::string& text) {
    std::string file = joinPath(root_.path(), path);
    must(makeDirectories(llvm::StringRef(file).rsplit('/').first.str()));
    must(writeFileAtomically(file, text));
  }
  CgroupValues unified() const { return CgroupValues("/box", {root_.path(), true}); }
  CgroupValues separate() const { return CgroupValues("/box", {root_.path(), false}); }

  TempDir root_ = strata::testing::makeTempDir();
};

TEST_F(CgroupValuesTest, Version2IsReadFromOneDirectory) {
  show("box/cpu.stat", "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n");
  show("box/memory.current", "1000000\n");
  show("box/memory.stat", "anon 5\ninactive_file 400000\nactive_file 7\n");
  show("box/memory.max", "67108864\n");
  show("box/pids.current", "3\n");
  show("box/io.stat", "8:0 rbytes=4096 wbytes=100 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=4 wbytes=0 rios=1\n");
  show("box/cgroup.procs", "10\n11\n");
  show("box/below/cgroup.procs", "12\n");
  CgroupValues values = unified();
  EXPECT_EQ(values.cpuNanoseconds(), 1'500'000u);
  EXPECT_EQ(values.memoryInUse(), 600'000u);
  EXPECT_EQ(values.memoryLimit(), 64u << 20);
  EXPECT_EQ(values.processCount(), 3u);
  ASSERT_TRUE(values.blockBytes());
  EXPECT_EQ(values.blockBytes()->read, 4100u);
  EXPECT_EQ(values.blockBytes()->written, 100u);
  EXPECT_THAT(values.processes(), UnorderedElementsAre(10, 11, 12));
}

TEST_F(CgroupValuesTest, Version1HasADirectoryForEachController) {
  show("cpuacct/box/cpuacct.usage", "1500000\n");
  show("memory/box/memory.usage_in_bytes", "1000000\n");
  show("memory/box/memory.stat", "inactive_file 1\ntotal_inactive_file 400000\n");
  show("memory/box/memory.limit_in_bytes", "67108864\n");
  show("pids/box/pids.current", "3\n");
  show("pids/box/cgroup.procs", "10\n");
  show("blkio/box/blkio.throttle.io_service_bytes", "8:0 Read 4096\n8:0 Write 100\n8:0 Total 4196\nTotal 4196\n");
  CgroupValues values = separate();
  EXPECT_EQ(values.cpuNanoseconds(), 1'500'000u);
  EXPECT_EQ(values.memoryInUse(), 600'000u);
  EXPECT_EQ(values.memoryLimit(), 64u << 20);
  EXPECT_EQ(values.processCount(), 3u);
  EXPECT_EQ(values.blockBytes()->read, 4096u);
  EXPECT_EQ(values.blockBytes()->written, 100u);
  EXPECT_THAT(values.processes(), UnorderedElementsAre(10));
}

TEST_F(CgroupValuesTest, WithoutALimitOrAControllerThereIsNothing) {
  show("box/memory.max", "max\n");
  for (const CgroupValues& values : {unified(), separate()}) {
    EXPECT_FALSE(values.memoryLimit());
    EXPECT_FALSE(values.cpuNanoseconds());
    EXPECT_FALSE(values.memoryInUse());
    EXPECT_FALSE(values.processCount());
    EXPECT_FALSE(values.blockBytes());
    EXPECT_TRUE(values.processes().empty());
  }
}

}  // namespace
}  // namespace strata::runtime
