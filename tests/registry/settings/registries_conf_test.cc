#include "registry/settings/registries_conf.h"

#include "registry/short_names.h"
#include "tests/support/environment.h"

namespace strata::registry {
namespace {
using strata::testing::Environment;
using strata::testing::makeTempDir;
using strata::testing::must;
using strata::testing::writeFile;

/// Settings of a user of the test's own; what the system has stays out of sight behind the user's file.
class RegistriesConfTest : public ::testing::Test {
protected:
  RegistriesConf read(const std::string& text) {
    writeFile(directory_.path() + "/containers/registries.conf", text);
    return must(loadRegistriesConf());
  }
  void part(const std::string& name, const std::string& text) {
    writeFile(directory_.path() + "/containers/registries.conf.d/" + name, text);
  }
  static std::vector<std::string> meanings(const RegistriesConf& conf, const char* name) {
    std::vector<std::string> texts;
    for (const Reference& reference : must(meaningsOf(name, conf))) texts.push_back(reference.canonical());
    return texts;
  }

  TempDir directory_ = makeTempDir();
  Environment environment_{{"XDG_CONFIG_HOME", directory_.path()}, {"CONTAINERS_REGISTRIES_CONF", ""}};
};

TEST_F(RegistriesConfTest, MirrorsComeInOrderWithWhatTheyAreAskedFor) {
  RegistriesConf conf = read(R"(
[[registry]]
prefix = "docker.io"
location = "registry.example/hub"
insecure = true
mirror-by-digest-only = true
[[registry.mirror]]
location = "one.example:5000"
insecure = true
[[registry.mirror]]
location = "two.example/deep/"
pull-from-mirror = "tag-only"
[[registry.mirror]]
location = "three.example"
pull-from-mirror = "all"
)");
  const RegistryEntry* entry = conf.find("docker.io/library/app");
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->insecure);
  EXPECT_FALSE(entry->blocked);
  ASSERT_EQ(entry->mirrors.size(), 3u);
  EXPECT_TRUE(entry->mirrors[0].insecure && entry->mirrors[0].digests && !entry->mirrors[0].tags);
  EXPECT_TRUE(!entry->mirrors[1].insecure && !entry->mirrors[1].digests && entry->mirrors[1].tags);
  EXPECT_TRUE(entry->mirrors[2].digests && entry->mirrors[2].tags);
  EXPECT_EQ(entry->rewritten("docker.io/library/app", entry->mirrors[1].location), "two.example/deep/library/app");
  EXPECT_EQ(entry->rewritten("docker.io/library/app", entry->location), "registry.example/hub/library/app");
  EXPECT_FALSE(conf.find("docker.io.example/app"));
}

TEST_F(RegistriesConfTest, TheLongestPrefixWins) {
  RegistriesConf conf = read(R"(
[[registry]]
location = "quay.example"
[[registry]]
prefix = "quay.example/team"
location = "quay.example/other"
blocked = true
[[registry]]
prefix = "*.sub.example"
insecure = true
)");
  EXPECT_FALSE(conf.find("quay.example/app")->blocked);
  EXPECT_TRUE(conf.find("quay.example/team/app")->blocked);
  EXPECT_FALSE(conf.find("quay.example/teams/app")->blocked);
  EXPECT_TRUE(conf.find("a.sub.example/x"));
  EXPECT_TRUE(conf.find("a.b.sub.example:1/x"));
  EXPECT_FALSE(conf.find("sub.example/x"));
  EXPECT_FALSE(conf.find("host/a.sub.example"));
  const RegistryEntry* wild = conf.find("a.sub.example/x");
  EXPECT_EQ(wild->rewritten("a.sub.example/x", wild->location), "a.sub.example/x");
  EXPECT_EQ(wild->rewritten("a.sub.example/x", "mirror.example"), "mirror.example/x");
}

TEST_F(RegistriesConfTest, LaterFilesReplaceWhatEarlierOnesSay) {
  part("10-a.conf", "[[registry]]\nlocation = \"a.example\"\nblocked = true\n[aliases]\n\"x\" = \"a.example/x\"\n");
  part("20-b.conf",
       "unqualified-search-registries = [\"b.example\"]\n[[registry]]\nlocation = \"a.example\"\n[aliases]\n\"x\" = "
       "\"\"\n");
  part("ignored.txt", "nonsense = ");
  RegistriesConf conf = read("unqualified-search-registries = [\"c.example\"]\n");
  EXPECT_FALSE(conf.find("a.example/x")->blocked);
  EXPECT_EQ(conf.find("a.example/x")->file, directory_.path() + "/containers/registries.conf.d/20-b.conf");
  EXPECT_TRUE(conf.aliases.empty());
  ASSERT_EQ(conf.searched.size(), 1u);
  EXPECT_EQ(conf.searched[0].value, "b.example");
  EXPECT_EQ(conf.files.size(), 3u);
}

TEST_F(RegistriesConfTest, AShortNameIsDockersUnlessSomebodySaysOtherwise) {
  EXPECT_THAT(meanings(read(""), "app"), ::testing::ElementsAre("docker.io/library/app:latest"));
  RegistriesConf conf = read(R"(
unqualified-search-registries = ["one.example", "docker.io"]
[aliases]
"fedora" = "registry.example/fedora"
)");
  EXPECT_THAT(meanings(conf, "app:v1"), ::testing::ElementsAre("one.example/app:v1", "docker.io/library/app:v1"));
  EXPECT_THAT(meanings(conf, "fedora:41"), ::testing::ElementsAre("registry.example/fedora:41"));
  for (const char* whole : {"docker.io/fedora", "docker.io/library/fedora"})
    EXPECT_THAT(meanings(conf, whole), ::testing::ElementsAre("docker.io/library/fedora:latest"));
  EXPECT_THAT(meanings(conf, "localhost:5000/fedora"), ::testing::ElementsAre("localhost:5000/fedora:latest"));
  EXPECT_FAULT(meaningsOf("UPPER", conf), FaultKind::Invalid);
}

TEST_F(RegistriesConfTest, InAStoreAShortNameHasFurtherMeanings) {
  std::string file = directory_.path() + "/containers/registries.conf";
  auto further = [](llvm::StringRef name) {
    std::vector<std::string> names;
    for (const Reference& meaning : furtherMeaningsOf(name)) names.push_back(meaning.canonical());
    return names;
  };
  writeFile(file, R"(
unqualified-search-registries = ["one.example", "docker.io"]
[aliases]
"fedora" = "registry.example/fedora"
"debian" = "docker.io/library/debian"
)");
  EXPECT_THAT(further("app:v1"), ::testing::ElementsAre("one.example/app:v1"));
  EXPECT_THAT(further("fedora:41"), ::testing::ElementsAre("registry.example/fedora:41"));
  EXPECT_THAT(further("debian"), ::testing::IsEmpty()) << "docker's reading is looked for anyway";
  EXPECT_THAT(further("docker.io/fedora"), ::testing::IsEmpty());
  EXPECT_THAT(further("UPPER"), ::testing::IsEmpty());
  writeFile(file, "a = = 1\n");
  EXPECT_THAT(further("fedora"), ::testing::IsEmpty()) << "a look-up in the store needs no settings";
}

TEST_F(RegistriesConfTest, AWrongFileIsNamedWithTheLine) {
  writeFile(directory_.path() + "/containers/registries.conf", "a = 1\nb = = 2\n");
  EXPECT_FAULT_SAYING(loadRegistriesConf(), FaultKind::Invalid, "registries.conf: line 2");
  for (const char* wrong :
       {"[[registry]]\nprefix = \"\"\n", "[[registry]]\nlocation = \"a\"\nblocked = \"yes\"\n",
        "[[registry]]\nlocation = \"a\"\n[[registry.mirror]]\ninsecure = true\n",
        "[[registry]]\nlocation = \"a\"\n[[registry.mirror]]\nlocation = \"b\"\npull-from-mirror = \"never\"\n",
        "[registries.search]\nregistries = [\"a\"]\n", "registry = [1]\n"}) {
    writeFile(directory_.path() + "/containers/registries.conf", wrong);
    EXPECT_FAULT_SAYING(loadRegistriesConf(), FaultKind::Invalid, "registries.conf: ");
  }
}

TEST_F(RegistriesConfTest, TheEnvironmentNamesAnotherFile) {
  read("[[registry]]\nlocation = \"a.example\"\n");
  std::string other = directory_.path() + "/other.conf";
  writeFile(other, "[[registry]]\nlocation = \"b.example\"\n");
  environment_.set("CONTAINERS_REGISTRIES_CONF", other);
  RegistriesConf conf = must(loadRegistriesConf());
  EXPECT_FALSE(conf.find("a.example/x"));
  EXPECT_TRUE(conf.find("b.example/x"));
}
}  // namespace
}  // namespace strata::registry
