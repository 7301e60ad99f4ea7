#include "layer_trees.h"

#include <fstream>
#include <thread>

namespace strata::layerfs::testing {
namespace {

class LayerStoreTest : public ::testing::Test {
protected:
  void SetUp() override { SKIP_UNLESS_ROOT(); }
  std::vector<std::string> staged() {
    auto names = shell("ls -A " + store_.staging());
    return names.empty() ? std::vector<std::string>() : std::vector<std::string>{names};
  }
  StoreInDirectory store_;
};

TEST_F(LayerStoreTest, APublishedDraftIsALayer) {
  auto layer = store_.publish("mkdir d; echo hello > d/f; mknod gone c 0 0");
  EXPECT_EQ(layer->form(), LayerForm::Dir);
  EXPECT_EQ(must(readFile(must(layer->directory()).path + "/d/f")), "hello\n");
  Collected seen;
  must(layer->walk(seen));
  EXPECT_THAT(seen.paths(), ::testing::ElementsAre("d", "d/f", "gone"));
  EXPECT_TRUE(store_.layers->contains(layer->id()));
  EXPECT_TRUE(staged().empty());
}

TEST_F(LayerStoreTest, ADraftThatIsNotPublishedIsGone) {
  { auto draft = must(store_.layers->makeDraft()); }
  EXPECT_TRUE(staged().empty());
  EXPECT_TRUE(must(store_.layers->list()).empty());
}

TEST_F(LayerStoreTest, ADraftIsRootsAndOpenToAll) {
  ::umask(077);
  auto draft = must(store_.layers->makeDraft());
  ::umask(022);
  struct stat status;
  ASSERT_EQ(::stat(draft.upper().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0755u);
  EXPECT_EQ(status.st_uid, 0u);
}

TEST_F(LayerStoreTest, TheIdentityIsThatOfTheTarAndIsRemembered) {
  auto layer = store_.publish("echo hello > f");
  auto identity = must(layer->tarIdentity());
  StringSink tar;
  must(layer->writeTar(tar));
  EXPECT_EQ(identity.diffId.digest, digestOf(tar.text));
  EXPECT_EQ(identity.size, tar.text.size());
  EXPECT_EQ(must(store_.layers->findByDiffId(identity.diffId)), layer);
  LayerId id = layer->id();
  std::string directory = store_.layerDirectory(*layer);
  layer.reset();
  shell("echo other > " + directory + "/fs/f");  // not read again
  EXPECT_EQ(must(must(store_.layers->load(id))->tarIdentity()).diffId, identity.diffId);
}

TEST_F(LayerStoreTest, ALayerThatIsHashedBecomesATarOfTheSameFiles) {
  if (must(store_.layers->tarForm()) == TarForm::Unpacked) GTEST_SKIP() << "this host cannot mount layer tars";
  auto layer = store_.publish(
      "mkdir d e; echo hello > d/f; ln d/f d/g; mknod d/gone c 0 0; ln -s f d/link; chown 3:4 d;"
      "setfattr -n trusted.overlay.opaque -v y e; setfattr -n user.x -v y d/f");
  std::string files = store_.layerDirectory(*layer);
  Collected before, after, again;
  must(layer->walk(before));
  must(layer->tarIdentity());
  EXPECT_EQ(layer->form(), LayerForm::Tar);
  must(layer->walk(after));
  EXPECT_EQ(after.lines(true), before.lines(true));
  EXPECT_EQ(must(readFile(must(layer->directory()).path + "/d/g")), "hello\n");
  EXPECT_TRUE(pathExists(files + "/fs"));  // somebody may have it mounted
  EXPECT_GT(must(store_.layers->dropDirectories()), 0u);
  EXPECT_FALSE(pathExists(files + "/fs"));
  LayerId id = layer->id();
  layer.reset();
  layer = must(store_.layers->load(id));
  EXPECT_EQ(layer->form(), LayerForm::Tar);
  must(layer->walk(again));
  EXPECT_EQ(again.lines(true), before.lines(true));
  must(layer->verify());
  EXPECT_EQ(must(store_.layers->dropDirectories()), 0u);
}

TEST_F(LayerStoreTest, WhatNoIndexHoldsStaysADirectory) {
  auto layer =
      store_.publish("for i in $(seq 20); do mkdir $(printf %0250d $i); cd $(printf %0250d $i); done; echo x > f");
  StringSink tar;
  auto identity = must(layer->tarIdentity());
  must(layer->writeTar(tar));
  EXPECT_EQ(layer->form(), LayerForm::Dir);
  EXPECT_EQ(identity.diffId.digest, digestOf(tar.text));
}

TEST_F(LayerStoreTest, BothFormsHaveTheSameDigest) {
  StoreInDirectory asDirectories("dir");
  for (unsigned seed = 0; seed < 20; ++seed) {
    auto draft = must(store_.layers->makeDraft()), other = must(asDirectories.layers->makeDraft());
    RandomTree tree(draft.upper(), seed);
    shell("cp -a --sparse=never " + draft.upper() + "/. " + other.upper());
    auto layer = must(store_.layers->publish(std::move(draft)));
    auto same = must(asDirectories.layers->publish(std::move(other)));
    EXPECT_EQ(must(layer->tarIdentity()).diffId, must(same->tarIdentity()).diffId) << "seed " << seed;
    EXPECT_EQ(same->form(), LayerForm::Dir);
  }
}

TEST_F(LayerStoreTest, NumbersOnDiskAreNotGivenOutAgain) {
  auto first = store_.addTar(tarOf({file("f", "x")}));
  must(makeDirectories(store_.directory.path() + "/layers/41"));
  must(store_.database->execute("DELETE FROM sqlite_sequence"));
  must(store_.layers->skipUsedNumbers());
  EXPECT_EQ(store_.addTar(tarOf({file("g", "y")}))->id().value, 42);
  must(store_.database->execute("UPDATE sqlite_sequence SET seq = 7"));
  must(store_.layers->skipUsedNumbers());
  EXPECT_EQ(store_.addTar(tarOf({file("h", "z")}))->id().value, 43);
}

TEST_F(LayerStoreTest, ATarThatWasTouchedIsComparedAgain) {
  auto layer = store_.addTar(tarOf({file("f", "x")}));
  std::string tar = store_.layerDirectory(*layer) + "/tar";
  shell("cp -a " + tar + " " + tar + ".copy; mv " + tar + ".copy " + tar);
  StringSink first, second;
  must(layer->writeTar(first));
  must(layer->writeTar(second));
  EXPECT_EQ(first.text, second.text);
  std::fstream(tar, std::ios::in | std::ios::out).seekp(600).put('!');
  StringSink third;
  EXPECT_FAULT(layer->writeTar(third), FaultKind::Corrupt);
}

TEST_F(LayerStoreTest, ManyThreadsAskingGetOneAnswer) {
  auto layer = store_.publish("head -c 3000000 /dev/urandom > f");
  std::vector<Digest> digests(16);
  std::vector<std::thread> threads;
  for (Digest& digest : digests) threads.emplace_back([&] { digest = must(layer->tarIdentity()).diffId.digest; });
  for (std::thread& thread : threads) thread.join();
  for (const Digest& digest : digests) EXPECT_EQ(digest, digests.front());
}

TEST_F(LayerStoreTest, ATarIsKeptByteForByte) {
  std::string tar = tarOf({directory("d"), file("d/f", "x")}) + std::string(9000, '\0');
  auto layer = store_.addTar(tar);
  EXPECT_EQ(layer->form(), LayerForm::Tar);
  StringSink sink;
  must(layer->writeTar(sink));
  EXPECT_TRUE(sink.text == tar);
  EXPECT_EQ(must(layer->tarIdentity()).diffId.digest, digestOf(tar));
  EXPECT_EQ(must(readFile(must(layer->directory()).path + "/d/f")), "x");
  EXPECT_TRUE(staged().empty());
}

TEST_F(LayerStoreTest, TheSameTarIsStoredOnce) {
  std::string tar = tarOf({file("f", "x")});
  auto layer = store_.addTar(tar);
  EXPECT_EQ(store_.addTar(tar), layer);
  StringSource unread("not read");
  EXPECT_EQ(must(store_.layers->addTar(unread, DiffId{digestOf(tar)})), layer);
  EXPECT_EQ(must(store_.layers->list()).size(), 1u);
  EXPECT_TRUE(staged().empty());
}

TEST_F(LayerStoreTest, AHashedDirLayerAnswersForItsTar) {
  auto layer = store_.publish("touch -d @5 f");
  must(layer->tarIdentity());
  StringSink tar;
  must(layer->writeTar(tar));
  EXPECT_EQ(store_.addTar(tar.text), layer);
}

TEST_F(LayerStoreTest, ARefusedTarLeavesNothingBehind) {
  std::string tar = tarOf({file("f", "x")});
  StringSource source(tar);
  EXPECT_FAULT(store_.layers->addTar(source, DiffId{digestOf("other")}), FaultKind::Corrupt);
  StringSource torn(llvm::StringRef(tar).take_front(600));
  EXPECT_FAULT(store_.layers->addTar(torn), FaultKind::Invalid);
  EXPECT_TRUE(must(store_.layers->list()).empty());
  EXPECT_TRUE(staged().empty());
}

TEST_F(LayerStoreTest, AnotherProcessSeesTheLayers) {
  auto layer = store_.publish("echo x > f");
  auto database = must(Database::open(store_.directory.path() + "/strata.db"));
  auto other = must(LayerStore::open(store_.directory.path(), store_.staging(), *database));
  EXPECT_EQ(must(must(other->load(layer->id()))->directory()).path, must(layer->directory()).path);
  EXPECT_FAULT(other->load(LayerId{999}), FaultKind::NotFound);
  EXPECT_EQ(must(other->findByDiffId(DiffId{digestOf("none")})), nullptr);
}

TEST_F(LayerStoreTest, TwoStoresUnpackAtOnce) {
  std::vector<FullEntry> entries;
  for (int i = 0; i < 500; ++i) entries.push_back(file("f" + std::to_string(i), "x"));
  LayerId id = store_.addTar(tarOf(entries))->id();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      auto database = must(Database::open(store_.directory.path() + "/strata.db"));
      auto other = must(LayerStore::open(store_.directory.path(), store_.staging(), *database));
      auto layer = must(other->load(id));
      EXPECT_EQ(walked(must(layer->directory()).path).entries.size(), 501u);
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(staged().empty());
}

TEST_F(LayerStoreTest, UsageIsCountedWhenAskedFor) {
  auto dir = store_.publish("head -c 100000 /dev/urandom > f");
  auto tar = store_.addTar(tarOf({file("g", std::string(50'000, 'g'))}));
  auto before = must(store_.layers->list());
  ASSERT_EQ(before.size(), 2u);
  EXPECT_GE(before[0].bytes, 100'000u);
  EXPECT_GE(before[1].bytes, 50'000u);
  EXPECT_GT(before[0].created, 1'600'000'000'000'000'000);
}

TEST_F(LayerStoreTest, WhatIsUnpackedIsCounted) {
  StoreInDirectory store("dir");
  auto tar = store.addTar(tarOf({file("g", std::string(50'000, 'g'))}));
  uint64_t before = must(store.layers->list())[0].bytes;
  must(tar->directory());
  EXPECT_GE(must(store.layers->list())[0].bytes, before + 50'000);
}

TEST_F(LayerStoreTest, AMountedTarTakesNoMoreRoomAndLeavesNothing) {
  std::string tar = tarOf({file("f", "x")});
  for (const char* form : {"erofs-file", "erofs-loop"}) {
    StoreInDirectory store(form);
    auto layer = store.addTar(tar);
    uint64_t before = must(store.layers->list())[0].bytes;
    EXPECT_EQ(must(readFile(must(layer->directory()).path + "/f")), "x") << form;
    EXPECT_EQ(must(store.layers->list())[0].bytes, before);
    EXPECT_EQ(shell("ls -A " + store.layerDirectory(*layer)), "index\ntar\n");
    auto isNamed = ::testing::HasSubstr(store.directory.path());
    EXPECT_THAT(must(readFile("/proc/self/mountinfo")), ::testing::Not(isNamed));
    layer.reset();
    EXPECT_THAT(shell("losetup --all"), ::testing::Not(isNamed));
  }
}

TEST_F(LayerStoreTest, AnIndexThatIsGoneOrWrongIsMadeAgain) {
  StoreInDirectory store("erofs-file");
  std::string tar = tarOf({file("f", "x")});
  LayerId id = store.addTar(tar)->id();
  for (const char* damage : {"rm index", "truncate -s 100 index", "dd if=/dev/urandom of=index bs=2048 count=1"}) {
    auto layer = must(store.layers->load(id));
    shell("cd " + store.layerDirectory(*layer) + "; " + damage + " 2>/dev/null");
    EXPECT_EQ(must(readFile(must(layer->directory()).path + "/f")), "x") << damage;
  }
}

TEST_F(LayerStoreTest, AFormThatIsNoneIsRefused) {
  StoreInDirectory store("erofs-fuse");
  EXPECT_FAULT_SAYING(store.layers->tarForm(), FaultKind::Invalid, "did you mean erofs-file?");
}

TEST_F(LayerStoreTest, ARemovedLayerIsGoneAndItsNumberIsNotUsedAgain) {
  auto layer = store_.publish("touch f");
  LayerId id = layer->id();
  layer.reset();
  must(store_.layers->remove(id));
  must(store_.layers->remove(id));
  EXPECT_FALSE(store_.layers->contains(id));
  EXPECT_EQ(shell("ls " + store_.directory.path() + "/layers"), "");
  EXPECT_GT(store_.publish("touch g")->id(), id);
}

TEST_F(LayerStoreTest, WhatAKilledProcessLeftIsReplaced) {
  std::string layers = store_.directory.path() + "/layers/";
  shell("mkdir -p " + layers + "1/fs; echo lie > " + layers + "1/fs/lie");
  auto layer = store_.publish("echo truth > f");
  EXPECT_EQ(layer->id().value, 1);
  EXPECT_FALSE(pathExists(must(layer->directory()).path + "/lie"));
}

TEST_F(LayerStoreTest, AKilledPublisherNeverLies) {
  for (int round = 0; round < 20; ++round) {
    pid_t child = ::fork();
    if (child == 0) {
      auto database = must(Database::open(store_.directory.path() + "/strata.db"));
      auto other = must(LayerStore::open(store_.directory.path(), store_.staging(), *database));
      for (;;) {
        auto draft = must(other->makeDraft());
        must(writeFileAtomically(draft.upper() + "/f", "whole"));
        must(other->publish(std::move(draft)));
      }
    }
    ::usleep(useconds_t(3000 + 997 * round));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  for (auto& usage : must(store_.layers->list()))
    EXPECT_EQ(must(readFile(must(must(store_.layers->load(usage.id))->directory()).path + "/f")), "whole");
  EXPECT_FALSE(must(store_.layers->list()).empty());
}

}  // namespace
}  // namespace strata::layerfs::testing
