#include "builder/context/build_context.h"

#include "layerfs/layer_tar.h"
#include "support/process.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace strata::builder {
namespace {

using testing::must;
using testing::writeFile;

class BuildContextTest : public ::testing::Test {
protected:
  BuildContextTest() {
    for (const char* name : {"context", "staging", "index"}) must(makeDirectories(path(name)));
  }
  std::string path(const std::string& below) const { return directory_.path() + "/" + below; }
  void file(const std::string& name, llvm::StringRef text) { writeFile(path("context/" + name), text); }

  llvm::Expected<BuildContext> open(std::string dockerfile = "", std::string context = "", llvm::StringRef input = "") {
    source_ = std::make_unique<StringSource>(input);
    return openBuildContext({.context = context.empty() ? path("context") : context,
                             .dockerfile = std::move(dockerfile),
                             .input = source_.get(),
                             .staging = path("staging"),
                             .indexDirectory = path("index")});
  }
  std::vector<std::string> filesOf(BuildContext& context) {
    std::vector<std::string> names;
    auto selection = must(context.files->select({std::string(".")}, {}, *trees_, cancel_));
    for (const auto& child : selection.sources[0].node->children) names.push_back(child->entry.name);
    return names;
  }
  static std::string tarOf(std::vector<std::pair<std::string, std::string>> files) {
    StringSink sink;
    layerfs::LayerTarWriter writer(sink);
    for (auto& [name, content] : files) {
      StringSource source(content);
      must(writer.add({.path = name, .mode = 0644, .uid = 12, .size = content.size()}, &source));
    }
    must(writer.finish());
    return sink.text;
  }

  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<Database> database_ = must(Database::open(directory_.path() + "/db"));
  std::unique_ptr<TreeStore> trees_ = must(TreeStore::open(*database_));
  std::unique_ptr<StringSource> source_;
  CancelToken cancel_;
};

TEST_F(BuildContextTest, CTX_1_TheDockerfileOfADirectory) {
  file("Dockerfile", "FROM upper");
  auto context = must(open());
  EXPECT_EQ(context.dockerfile->text(), "FROM upper");
  EXPECT_EQ(context.dockerfile->name(), "Dockerfile");
  EXPECT_EQ(context.dockerfileName, "Dockerfile");
  EXPECT_EQ(filesOf(context), (std::vector<std::string>{"Dockerfile"}));
}

TEST_F(BuildContextTest, CTX_1_TheLowerCaseNameIsTheSecondTry) {
  file("dockerfile", "FROM lower");
  EXPECT_EQ(must(open()).dockerfile->text(), "FROM lower");
  EXPECT_EQ(must(open(path("context/Dockerfile"))).dockerfile->text(), "FROM lower");
}

TEST_F(BuildContextTest, CTX_1_ALinkedDockerfileIsRead) {
  writeFile(path("elsewhere"), "FROM linked");
  ASSERT_EQ(::symlink("../elsewhere", path("context/Dockerfile").c_str()), 0);
  EXPECT_EQ(must(open()).dockerfile->text(), "FROM linked");
}

TEST_F(BuildContextTest, CTX_2_AnotherDockerfileMayLieOutside) {
  writeFile(path("other/app.Dockerfile"), "FROM outside");
  auto context = must(open(path("other/app.Dockerfile")));
  EXPECT_EQ(context.dockerfile->text(), "FROM outside");
  EXPECT_EQ(context.dockerfile->name(), "app.Dockerfile");
}

TEST_F(BuildContextTest, CTX_2_TheDockerfileFromStandardInput) {
  file("f", "x");
  auto context = must(open("-", "", "FROM stdin"));
  EXPECT_EQ(context.dockerfile->text(), "FROM stdin");
  EXPECT_EQ(context.dockerfileName, "-");
  EXPECT_EQ(filesOf(context), (std::vector<std::string>{"f"}));
}

TEST_F(BuildContextTest, CTX_3_ADockerfileAsContextLeavesTheContextEmpty) {
  auto context = must(open("", "-", "FROM stdin\n"));
  EXPECT_EQ(context.identity, "-");
  EXPECT_EQ(context.dockerfile->text(), "FROM stdin\n");
  EXPECT_TRUE(filesOf(context).empty());
  auto missing = context.files->select({std::string("x")}, {}, *trees_, cancel_);
  EXPECT_FAULT_SAYING(std::move(missing), FaultKind::NotFound, "empty");
}

TEST_F(BuildContextTest, CTX_3_ATarAsContext) {
  std::string tar = tarOf({{"Dockerfile", "FROM tar"}, {"src/f", "x"}});
  auto context = must(open("", "-", tar));
  EXPECT_EQ(context.dockerfile->text(), "FROM tar");
  EXPECT_EQ(filesOf(context), (std::vector<std::string>{"Dockerfile", "src"}));
  auto selection = must(context.files->select({std::string("src/f")}, {}, *trees_, cancel_));
  EXPECT_EQ(selection.sources[0].node->entry.uid, ::geteuid() == 0 ? 12u : ::geteuid());
  std::string staged = context.unpacked->path();
  context = must(open("", "-", "FROM x"));
  EXPECT_FALSE(pathExists(staged));
}

TEST_F(BuildContextTest, CTX_3_ACompressedTarAsContext) {
  for (const char* tool : {"gzip", "bzip2", "xz", "zstd"}) {
    if (!findProgram(tool)) continue;
    auto packed = must(runProcess({.argv = {tool, "-c"}, .input = tarOf({{"Dockerfile", tool}})}));
    EXPECT_EQ(must(open("", "-", packed.output)).dockerfile->text(), tool);
  }
}

TEST_F(BuildContextTest, CTX_3_AnotherDockerfileInsideATar) {
  std::string tar = tarOf({{"sub/My.Dockerfile", "FROM inside"}});
  EXPECT_EQ(must(open("sub/My.Dockerfile", "-", tar)).dockerfile->text(), "FROM inside");
  EXPECT_FAULT_SAYING(open("", "-", tar), FaultKind::NotFound, "failed to read dockerfile");
}

TEST_F(BuildContextTest, CTX_3_BothFromStandardInputIsAFault) {
  EXPECT_FAULT(open("-", "-", "FROM x"), FaultKind::Invalid);
}

TEST_F(BuildContextTest, CTX_3_HostileTarsStayInside) {
  std::string tar = tarOf({{"aa/escape", "x"}, {"Dockerfile", "FROM x"}});
  tar.replace(tar.find("aa/escape"), 2, "..");
  unsigned sum = 0;
  for (size_t i = 0; i < 512; ++i) sum += i >= 148 && i < 156 ? ' ' : uint8_t(tar[i]);
  std::snprintf(tar.data() + 148, 8, "%06o", sum);
  EXPECT_FAULT(open("", "-", tar), FaultKind::Invalid);
  EXPECT_FALSE(pathExists(path("staging/escape")));
}

TEST_F(BuildContextTest, CTX_7_AMissingDockerfileOrContextIsNamed) {
  EXPECT_FAULT_SAYING(open(), FaultKind::NotFound, "failed to read dockerfile: open Dockerfile");
  EXPECT_FAULT_SAYING(open(path("none")), FaultKind::NotFound, "failed to read dockerfile");
  EXPECT_FAULT_SAYING(open("", path("nowhere")), FaultKind::NotFound, "not found");
  writeFile(path("plain"), "x");
  EXPECT_FAULT(open("", path("plain")), FaultKind::Invalid);
  must(makeDirectories(path("context/Dockerfile")));
  EXPECT_FAULT(open(), FaultKind::Invalid);
}

TEST_F(BuildContextTest, CTX_6_LocalFilesAreRootsAndKeepModeAndTime) {
  file("Dockerfile", "FROM x");
  writeFile(path("context/run"), "x", 0751);
  timespec times[2] = {{1234, 0}, {1234, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path("context/run").c_str(), times, 0), 0);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path("context/run").c_str(), 5, 6), 0);
  }
  auto context = must(open());
  auto selection = must(context.files->select({std::string("run")}, {}, *trees_, cancel_));
  const SourceNode& node = *selection.sources[0].node;
  EXPECT_EQ(node.entry.uid, 0u);
  EXPECT_EQ(node.entry.gid, 0u);
  EXPECT_EQ(node.entry.mode, 0751u);
  EXPECT_EQ(node.mtime, 1234'000'000'000);
  EXPECT_EQ(context.files->statistics().filesRead, 1u);  // the Dockerfile was not asked for
}

TEST_F(BuildContextTest, IGN_2_AnArchivesIgnoreFileIsAFileLikeAnyOther) {
  auto context = must(open("", "-", tarOf({{".dockerignore", "*\n"}, {"Dockerfile", "FROM tar"}, {"f", "x"}})));
  EXPECT_EQ(filesOf(context), (std::vector<std::string>{".dockerignore", "Dockerfile", "f"}));
  file("Dockerfile", "FROM a");
  file(".dockerignore", "f\n");
  file("f", "x");
  auto local = must(open());
  EXPECT_EQ(filesOf(local), (std::vector<std::string>{".dockerignore", "Dockerfile"}));
}

TEST_F(BuildContextTest, AFifoInPlaceOfTheDockerfileIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo(path("context/Dockerfile").c_str(), 0600), 0);
  EXPECT_FAULT(open(), FaultKind::Invalid);
}

TEST_F(BuildContextTest, IGN_1_TheIgnoreFileBesideTheDockerfileReplacesTheOther) {
  file("Dockerfile", "FROM a");
  file("build/app.Dockerfile", "FROM b");
  file(".dockerignore", "a\n");
  file("build/app.Dockerfile.dockerignore", "b\nbuild\n.dockerignore\n");
  file("a", "");
  file("b", "");
  auto plain = must(open());
  EXPECT_EQ(filesOf(plain), (std::vector<std::string>{".dockerignore", "Dockerfile", "b", "build"}));
  auto special = must(open(path("context/build/app.Dockerfile")));
  EXPECT_EQ(filesOf(special), (std::vector<std::string>{"Dockerfile", "a"}));
  file(".dockerignore", "ok\n!\n");
  EXPECT_FAULT_SAYING(open(), FaultKind::Invalid, ".dockerignore:2: illegal exclusion pattern");
}

TEST_F(BuildContextTest, IGN_13_AnIgnoredDockerfileIsStillRead) {
  file("Dockerfile", "FROM a");
  file(".dockerignore", "*\n");
  auto context = must(open());
  EXPECT_EQ(context.dockerfile->text(), "FROM a");
  EXPECT_TRUE(filesOf(context).empty());
}

TEST_F(BuildContextTest, TheIndexIsKeptByContext) {
  file("Dockerfile", "FROM a");
  ::usleep(25'000);
  auto first = must(open());
  filesOf(first);
  must(first.files->saveIndex());
  auto second = must(open());
  filesOf(second);
  EXPECT_EQ(second.files->statistics().filesRead, 0u);
}

}  // namespace
}  // namespace strata::builder
