#include "layerfs/snapshot.h"

#include "layer_trees.h"
#include "layerfs/overlay_mount.h"

#include <sched.h>
#include <sys/mount.h>

namespace strata::layerfs::testing {
namespace {

struct Way {
  const char* driver;
  const char* form;  ///< "": dir layers; else tar layers and their TarForm
};
std::string nameOfWay(const ::testing::TestParamInfo<Way>& info) {
  std::string name = info.param.driver;
  if (*info.param.form) name += std::string("_on_") + info.param.form;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}
constexpr Way kOverlayWays[] = {
    {"overlay", ""}, {"overlay", "erofs-file"}, {"overlay", "erofs-loop"}, {"overlay", "dir"}};
constexpr Way kNativeWays[] = {{"native", ""}, {"native", "erofs-file"}, {"native", "erofs-loop"}, {"native", "dir"}};

/// The contract of Snapshotter, for each driver and for each form of layers.
class SnapshotTest : public ::testing::TestWithParam<Way> {
protected:
  void SetUp() override {
    SKIP_UNLESS_ROOT();
    auto snapshotter = openSnapshotter(GetParam().driver, store_.staging(), store_.directory.path() + "/layers");
    if (!snapshotter) GTEST_SKIP() << messageOf(snapshotter.takeError());
    snapshotter_ = std::move(*snapshotter);
    if (auto form = store_.layers->tarForm(); !form) GTEST_SKIP() << messageOf(form.takeError());
  }

  using Layers = std::vector<std::shared_ptr<Layer>>;

  std::unique_ptr<Snapshot> mount(Layers layers, LayerDraft* draft = nullptr, bool mountPoints = false) {
    return must(snapshotter_->mount({.layers = std::move(layers), .draft = draft, .withMountPoints = mountPoints}));
  }
  /// Runs a script inside the snapshot, as a step would.
  static std::string inside(const Snapshot& snapshot, const std::string& script) {
    return shell("cd /proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(snapshot.rootFd()) + "\n" + script);
  }
  static std::string content(const Snapshot& snapshot, const std::string& path) {
    auto file = must(openFile(path, O_RDONLY, 0, snapshot.rootFd()));
    return must(readFd(file.get()));
  }
  static bool has(const Snapshot& snapshot, const std::string& path) {
    struct stat status;
    return ::fstatat(snapshot.rootFd(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  }
  /// A layer of what a script does on top of others.
  std::shared_ptr<Layer> step(Layers below, const std::string& script) {
    auto draft = must(store_.layers->makeDraft());
    {
      auto snapshot = mount(std::move(below), &draft);
      inside(*snapshot, script);
      must(snapshot->collectChanges());
    }
    return store_.publish(std::move(draft));
  }
  static std::vector<std::string> pathsOf(Layer& layer) {
    Collected seen;
    must(layer.walk(seen));
    std::vector<std::string> paths;
    for (auto& full : seen.entries) {
      if (full.entry.kind == EntryKind::Whiteout)
        paths.push_back("-" + full.entry.path);
      else if (full.entry.kind == EntryKind::Opaque)
        paths.push_back("!" + full.entry.path);
      else if (!full.entry.path.empty())
        paths.push_back(full.entry.path);
    }
    return paths;
  }

  StoreInDirectory store_{GetParam().form};
  std::unique_ptr<Snapshotter> snapshotter_;
};
INSTANTIATE_TEST_SUITE_P(Overlay, SnapshotTest, ::testing::ValuesIn(kOverlayWays), nameOfWay);
INSTANTIATE_TEST_SUITE_P(Native, SnapshotTest, ::testing::ValuesIn(kNativeWays), nameOfWay);

TEST_P(SnapshotTest, NothingIsAnEmptyTree) {
  EXPECT_EQ(inside(*mount({}), "ls -A"), "");
  auto draft = must(store_.layers->makeDraft());
  auto snapshot = mount({}, &draft);
  inside(*snapshot, "echo x > f");
  must(snapshot->collectChanges());
  EXPECT_EQ(must(readFile(draft.upper() + "/f")), "x\n");
}

TEST_P(SnapshotTest, OneLayerIsItsTree) { EXPECT_EQ(content(*mount({store_.publish("echo x > f")}), "f"), "x\n"); }

TEST_P(SnapshotTest, UpperLayersHideLowerOnes) {
  auto bottom = store_.publish("echo 1 > f; mkdir d e; touch d/old e/old gone");
  auto top = store_.addTar(tarOf({directory("d"), marker("d", EntryKind::Opaque), file("d/new", ""), directory("e"),
                                  file("e/new", ""), file("f", "2"), marker("gone", EntryKind::Whiteout)}));
  auto snapshot = mount({bottom, top});
  EXPECT_EQ(content(*snapshot, "f"), "2");
  EXPECT_EQ(inside(*snapshot, "LC_ALL=C ls -A . d e"), ".:\nd\ne\nf\n\nd:\nnew\n\ne:\nnew\nold\n");
}

TEST_P(SnapshotTest, ALayerMayBeInTheStackTwice) {
  auto a = store_.publish("echo a > f; echo a > only-a");
  auto b = store_.publish("echo b > f; mknod only-a c 0 0");
  auto snapshot = mount({a, b, a});
  EXPECT_EQ(content(*snapshot, "f"), "a\n");
  EXPECT_EQ(content(*snapshot, "only-a"), "a\n");
}

TEST_P(SnapshotTest, AReadOnlySnapshotCannotBeWrittenWhereItIsMounted) {
  auto snapshot = mount({store_.publish("echo x > f")});
  std::string place = store_.directory.path() + "/place";
  ASSERT_EQ(::mkdir(place.c_str(), 0755), 0);
  must(snapshot->attachAt(place));
  EXPECT_EQ(must(readFile(place + "/f")), "x\n");
  EXPECT_FAULT_SAYING(writeFileAtomically(place + "/g", "y"), FaultKind::Denied, "Read-only");
  snapshot.reset();
  EXPECT_FALSE(pathExists(place + "/f")) << "its end is the end of the mount";
}

TEST_P(SnapshotTest, MountPointsAreThereAndNoChange) {
  auto draft = must(store_.layers->makeDraft());
  auto base = store_.publish("mkdir etc; echo own > etc/hostname");
  auto snapshot = mount({base}, &draft, true);
  for (const char* path : {"proc", "sys", "dev", "etc/hosts", "etc/resolv.conf"})
    EXPECT_TRUE(has(*snapshot, path)) << path;
  EXPECT_EQ(content(*snapshot, "etc/hostname"), "own\n");
  must(snapshot->collectChanges());
  EXPECT_EQ(shell("ls -A " + draft.upper()), "");
}

TEST_P(SnapshotTest, ChangesAreTheLayerAndNothingElse) {
  auto base = store_.publish(
      "mkdir -p keep/deep d sub; touch keep/deep/f d/1 d/2 sub/x; echo 1 > change; touch gone mode time; "
      "touch -d @100 time; ln -s a link; mkdir replaced; touch replaced/in; touch tofile; mkdir todir");
  auto layer = step({base},
                    "echo 22 > change; rm gone; rm -r d; chmod 600 mode; touch -d @200 time; touch keep/deep/new; "
                    "rm link; ln -s b link; rm -r replaced; mkdir replaced; touch replaced/out; "
                    "rm -r todir; echo f > todir; rm sub/x; mkfifo pipe");
  // A directory made anew may be given the inode of the removed one; native then takes it for the old one, changed.
  auto replaced = ::testing::AnyOf("!replaced", "-replaced/in");
  EXPECT_THAT(pathsOf(*layer),
              ::testing::ElementsAre("change", "-d", "-gone", "keep", "keep/deep", "keep/deep/new", "link", "mode",
                                     "pipe", "replaced", replaced, "replaced/out", "sub", "-sub/x", "time", "todir"));
  auto snapshot = mount({base, layer});
  EXPECT_EQ(content(*snapshot, "change"), "22\n");
  EXPECT_FALSE(has(*snapshot, "replaced/in"));
  EXPECT_TRUE(has(*snapshot, "keep/deep/f"));
}

TEST_P(SnapshotTest, HardLinksAreKept) {
  auto base = store_.publish("echo x > a");
  auto layer = step({base}, "ln a b; echo y > c; ln c d");
  auto snapshot = mount({base, layer});
  EXPECT_EQ(inside(*snapshot, "stat -c %h a b c d | tr '\\n' ' '"), "2 2 2 2 ");
}

TEST_P(SnapshotTest, AWriteWithTheTimeSetBackIsSeen) {
  auto base = store_.publish("echo aaaa > f; touch -d @100 f");
  auto layer = step({base}, "sleep 0.02; echo bbbb > f; touch -d @100 f");
  EXPECT_EQ(content(*mount({base, layer}), "f"), "bbbb\n");
}

TEST_P(SnapshotTest, AttributesComeThrough) {
  auto base = store_.publish(
      "touch f; chown 5:6 f; chmod 4711 f; touch -d @123.000000456 f; mknod null c 1 3; mkdir -m 1777 tmp");
  auto snapshot = mount({base});
  EXPECT_EQ(inside(*snapshot, "stat -c '%u:%g %a %.Y' f; stat -c '%t,%T' null; stat -c %a tmp"),
            "5:6 4711 123.000000456\n1,3\n1777\n");
}

TEST_P(SnapshotTest, WhatTheDraftHeldBeforeStays) {
  auto draft = must(store_.layers->makeDraft());
  shell("cd " + draft.upper() + " && mkdir app && touch app/a app/b");
  auto base = store_.publish("touch f");
  {
    auto snapshot = mount({base}, &draft);
    EXPECT_TRUE(has(*snapshot, "app/a"));
    inside(*snapshot, "rm app/b; touch app/c");
    must(snapshot->collectChanges());
  }
  auto layer = store_.publish(std::move(draft));
  EXPECT_THAT(pathsOf(*layer), ::testing::IsSupersetOf({"app", "app/a", "app/c"}));
  EXPECT_FALSE(has(*mount({base, layer}), "app/b"));
}

TEST_P(SnapshotTest, AHundredLayersAreOneTree) {
  Layers layers;
  std::string names;
  for (int i = 100; i < 230; ++i) {
    layers.push_back(store_.publish("echo " + std::to_string(i) + " > common; touch f" + std::to_string(i)));
    names += "f" + std::to_string(i) + "\n";
  }
  auto draft = must(store_.layers->makeDraft());
  auto snapshot = mount(layers, &draft);
  EXPECT_EQ(content(*snapshot, "common"), "229\n");
  EXPECT_EQ(inside(*snapshot, "ls f*"), names);
}

TEST_P(SnapshotTest, RandomChangesGiveTheSameTree) {
  for (unsigned seed : {11u, 12u}) {
    auto draft = must(store_.layers->makeDraft());
    RandomTree tree(draft.upper(), seed);
    auto base = store_.publish(std::move(draft));
    auto layer = step({base},
                      "find . -type f -name 'p*' -exec sh -c 'echo more >> \"$1\"' _ {} \\;\n"
                      "find . -mindepth 1 -name 'u*' -prune -exec rm -rf {} +\n"
                      "find . -type d -name 'w*' -exec touch {}/added \\;");
    std::string expected =
        inside(*mount({base, layer}), "find . -printf '%p %y %m %U:%G %s %n %l\\n' | grep -v ' d ' | LC_ALL=C sort");
    // The same, through the tars of both layers.
    Layers copies;
    for (const auto& original : {base, layer}) {
      StringSink tar;
      must(original->writeTar(tar));
      must(store_.layers->remove(original->id()));
      copies.push_back(store_.addTar(tar.text));
    }
    EXPECT_EQ(inside(*mount(copies), "find . -printf '%p %y %m %U:%G %s %n %l\\n' | grep -v ' d ' | LC_ALL=C sort"),
              expected);
  }
}

class OverlayTest : public SnapshotTest {
protected:
  void expectMountedBy(OverlayApi api);
};
INSTANTIATE_TEST_SUITE_P(Kernel, OverlayTest, ::testing::ValuesIn(kOverlayWays), nameOfWay);

TEST_P(OverlayTest, ThreeHundredLayersAreMountedAndSixHundredRefused) {
  Layers layers;
  for (int i = 0; i < 300; ++i) {
    auto draft = must(store_.layers->makeDraft());
    must(writeFileAtomically(draft.upper() + "/f", std::to_string(i)));
    layers.push_back(store_.publish(std::move(draft)));
  }
  EXPECT_EQ(content(*mount(layers), "f"), "299");
  OverlayMount many;
  many.lowers.resize(600, {.path = "/nowhere"});
  EXPECT_FAULT(mountOverlay(many), FaultKind::Unsupported);
}

TEST_P(OverlayTest, EveryWayOfTheKernelMountsTheSame) {
  for (auto api : {OverlayApi::Attached, OverlayApi::OptionString}) expectMountedBy(api);
}

void OverlayTest::expectMountedBy(OverlayApi api) {
  OverlayMount overlay;
  for (int i = 0; i < 150; ++i) {
    auto layer = store_.publish("echo " + std::to_string(i) + " > f");
    overlay.lowers.insert(overlay.lowers.begin(), must(layer->directory()));
  }
  auto draft = must(store_.layers->makeDraft());
  overlay.upper = draft.upper();
  overlay.work = draft.work();
  std::string before = strata::testing::mountsSeen();
  auto mounted = must(mountOverlay(overlay, api));
  EXPECT_EQ(strata::testing::mountsSeen(), before);
  EXPECT_EQ(must(readFd(must(openFile("f", O_RDONLY, 0, mounted.get())).get())), "149\n");
  ASSERT_EQ(::mkdirat(mounted.get(), "made", 0755), 0);
  EXPECT_TRUE(pathExists(draft.upper() + "/made"));
}

TEST_P(OverlayTest, TheOptionStringHasAnEnd) {
  OverlayMount overlay;
  for (int i = 0; i < 400; ++i)
    overlay.lowers.push_back({.path = "/layers/" + std::string(40, 'x') + std::to_string(i)});
  ASSERT_EQ(::mkdir("/layers", 0755) == 0 || errno == EEXIST, true);
  EXPECT_FAULT_SAYING(mountOverlay(overlay, OverlayApi::OptionString), FaultKind::Unsupported, "native");
  ::rmdir("/layers");
}

TEST_P(OverlayTest, PathsOfAnyLengthAndLetterCanBeMounted) {
  std::string odd = store_.directory.path() + "/a:b,c\\d " + std::string(200, 'l') + "/" + std::string(200, 'm');
  for (const char* name : {"/one", "/two", "/upper", "/work"}) must(makeDirectories(odd + name));
  writeFile(odd + "/one/f", "x");
  for (auto api : {OverlayApi::Best, OverlayApi::OptionString}) {
    auto mounted =
        must(mountOverlay({{{.path = odd + "/one"}, {.path = odd + "/two"}}, odd + "/upper", odd + "/work"}, api));
    EXPECT_EQ(must(readFd(must(openFile("f", O_RDONLY, 0, mounted.get())).get())), "x");
    mounted.reset();
    must(removeTree(odd + "/work"));
    must(makeDirectories(odd + "/work"));
  }
}

TEST_P(OverlayTest, AChildMountsItInItsOwnNamespace) {
  auto draft = must(store_.layers->makeDraft());
  auto snapshot = mount({store_.publish("echo x > f")}, &draft);
  EXPECT_TRUE(snapshot->isDetachedMount());
  std::string place = store_.directory.path() + "/place", before = strata::testing::mountsSeen();
  ASSERT_EQ(::mkdir(place.c_str(), 0755), 0);
  pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) ::_exit(2);
    if (faultOf(snapshot->attachAt(place)).kind) ::_exit(3);
    if (must(readFile(place + "/f")) != "x\n") ::_exit(4);
    must(writeFileAtomically(place + "/g", "from the child"));
    ::_exit(0);
  }
  int result = 0;
  ::waitpid(child, &result, 0);
  EXPECT_EQ(WEXITSTATUS(result), 0);
  EXPECT_EQ(strata::testing::mountsSeen(), before);
  EXPECT_EQ(must(readFile(draft.upper() + "/g")), "from the child");
  EXPECT_EQ(content(*snapshot, "g"), "from the child") << "the parent's view outlives the child's mount";
}

TEST_P(OverlayTest, UpperDirectoriesHoldNoRedirectsOrMetadataCopies) {
  auto base = store_.publish("mkdir d; echo content > d/f; chmod 644 d/f");
  auto layer = step({base}, "mv d e; chmod 600 e/f");
  EXPECT_THAT(pathsOf(*layer), ::testing::ElementsAre("-d", "e", "e/f"));
  EXPECT_EQ(must(readFile(must(layer->directory()).path + "/e/f")), "content\n");
}

TEST(OpenSnapshotter, TakesTheBestDriverAndRefusesUnknownOnes) {
  SKIP_UNLESS_ROOT();
  TempDir staging = makeTempDir();
  auto best = must(openSnapshotter("", staging.path()));
  EXPECT_THAT(best->name().str(), ::testing::AnyOf("overlay", "native"));
  EXPECT_FAULT_SAYING(openSnapshotter("overlai", staging.path()), FaultKind::Invalid, "did you mean overlay?");
  EXPECT_EQ(shell("ls -A " + staging.path()), "");
}

TEST(OpenSnapshotter, ProbesOnceForAStore) {
  SKIP_UNLESS_ROOT();
  StoreInDirectory store;
  std::string layers = store.directory.path() + "/layers";
  auto first = openSnapshotter("overlay", store.staging(), layers);
  if (!first) GTEST_SKIP() << messageOf(first.takeError());
  // A second probe would have to write into the staging directory.
  must(removeTree(store.staging()));
  must(writeFileAtomically(store.staging(), "no directory"));
  EXPECT_EQ(must(openSnapshotter("", store.staging(), layers))->name(), "overlay");
}

TEST(OpenSnapshotter, FallsBackToNativeWhereOverlayCannotBeMounted) {
  SKIP_UNLESS_ROOT();
  TempDir staging = makeTempDir();
  ASSERT_EQ(::chmod(staging.path().c_str(), 0777), 0);
  pid_t child = ::fork();
  if (child == 0) {
    if (::setresgid(1000, 1000, 1000) != 0 || ::setresuid(1000, 1000, 1000) != 0) ::_exit(2);
    auto overlay = faultOf(openSnapshotter("overlay", staging.path()));
    if (overlay.kind != FaultKind::Unsupported || overlay.message.find("--snapshotter native") == std::string::npos)
      ::_exit(3);
    ::_exit(must(openSnapshotter("", staging.path()))->name() == "native" ? 0 : 4);
  }
  int result = 0;
  ::waitpid(child, &result, 0);
  EXPECT_EQ(WEXITSTATUS(result), 0);
}

}  // namespace
}  // namespace strata::layerfs::testing
