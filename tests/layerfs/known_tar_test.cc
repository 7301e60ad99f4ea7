#include "layerfs/known_tar.h"

#include "layerfs/tar_pipeline.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <random>

namespace strata::layerfs {
namespace {

using testing::must;

std::string noise(size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = char(random());
  return bytes;
}

class KnownTarTest : public ::testing::Test {
protected:
  /// Files of a tar, as they come out of memory.
  using Files = std::vector<std::pair<std::string, std::string>>;
  struct Written {
    WrittenTar tar;
    std::string bytes;
  };
  template <typename Use>
  auto withItems(const Files& files, Use use) {
    size_t next = 0;
    auto items = [&]() -> llvm::Expected<std::optional<TarItem>> {
      if (next == files.size()) return std::nullopt;
      const auto& [path, content] = files[next++];
      TarItem item{.entry = {.path = path, .kind = EntryKind::File, .mode = 0644, .size = content.size()}};
      item.bytes = content;
      return item;
    };
    return use(NextTarItem(items));
  }
  Written write(const Files& files, const KnownTar* like = nullptr) {
    UniqueFd file = must(openFile(directory_.path() + "/made", O_RDWR | O_CREAT | O_TRUNC, 0600));
    LayerIndex index;
    auto tar =
        withItems(files, [&](NextTarItem next) { return must(writeTar(next, file.get(), index, cancel_, like)); });
    return {std::move(tar), must(readFile(directory_.path() + "/made"))};
  }
  /// What was written, as a layer would have it.
  KnownTar known(const Written& written) {
    std::string path = directory_.path() + "/known" + std::to_string(++count_);
    must(writeFileAtomically(path, written.bytes));
    return {must(openFile(path, O_RDONLY)), written.tar.digest, written.tar.size, written.tar.states};
  }
  bool gives(const Files& files, const KnownTar& tar) {
    return withItems(files, [&](NextTarItem next) { return must(givesTar(next, tar, cancel_)); });
  }
  void expectSame(const Files& files, const KnownTar& like) {
    Written alone = write(files), beside = write(files, &like);
    EXPECT_EQ(beside.tar.digest, digestOf(alone.bytes));
    EXPECT_TRUE(beside.bytes == alone.bytes);
    alike_ = beside.tar.alike;
    ASSERT_EQ(beside.tar.states.empty(), alone.tar.states.empty());
    std::string other(beside.tar.alike, '\0');
    EXPECT_EQ(::pread(like.file.get(), other.data(), other.size(), 0), ssize_t(other.size()));
    EXPECT_TRUE(llvm::StringRef(alone.bytes).starts_with(other));
    EXPECT_EQ(alone.tar.alike, 0u);
    for (const Hasher::State& state : beside.tar.states) {
      Hasher rest(state);
      EXPECT_EQ(rest.update(llvm::StringRef(alone.bytes).drop_front(state.bytes)).finish(), alone.tar.digest);
    }
  }

  /// 40 files of a megabyte, so that states are kept on the way.
  static Files large() {
    Files files;
    for (unsigned i = 0; i < 40; ++i) files.emplace_back("f" + std::to_string(100 + i), noise(1 << 20, i));
    return files;
  }
  TempDir directory_ = testing::makeTempDir();
  CancelToken cancel_;
  uint64_t alike_ = 0;  ///< of the last expectSame()
  int count_ = 0;
};

TEST_F(KnownTarTest, WhereverTwoTarsPartTheDigestIsThatOfAllBytes) {
  Files files = large();
  KnownTar before = known(write(files));
  ASSERT_GE(before.states.size(), 4u);
  for (size_t changed : {0u, 1u, 9u, 20u, 39u}) {
    Files other = files;
    other[changed].second[500'000] ^= 1;
    expectSame(other, before);
    EXPECT_GE(alike_ + (4 << 20), uint64_t(changed) << 20);  // it goes by pieces
    other = files;
    other[changed].second += "longer";
    expectSame(other, before);
    other = files;
    other.erase(other.begin() + changed);
    expectSame(other, before);
  }
  Files more = files;
  more.emplace_back("g", "another");
  expectSame(more, before);
  expectSame(files, before);
  expectSame({}, before);
  EXPECT_EQ(alike_, 0u);
}

TEST_F(KnownTarTest, WithoutStatesOrWithAnotherTarNothingIsWrong) {
  Files files = large();
  KnownTar before = known(write(files));
  before.states.clear();
  Files other = files;
  other[30].second[0] ^= 1;
  expectSame(other, before);
  KnownTar unlike = known(write({{"z", noise(20 << 20, 77)}}));
  expectSame(files, unlike);
}

TEST_F(KnownTarTest, WhatIsNotInMemoryIsHashed) {
  Files files = large();
  KnownTar tar = known(write(files));
  for (uint64_t kept : {0u, 12u << 20, 30u << 20}) {
    ASSERT_EQ(::fsync(tar.file.get()), 0);
    ASSERT_EQ(::posix_fadvise(tar.file.get(), off_t(kept), 0, POSIX_FADV_DONTNEED), 0);
    EXPECT_TRUE(gives(files, tar)) << kept;
    ASSERT_EQ(::posix_fadvise(tar.file.get(), off_t(kept), 0, POSIX_FADV_DONTNEED), 0);
    Files other = files;
    other[39].second.back() ^= 1;
    EXPECT_FALSE(gives(other, tar)) << kept;
    expectSame(other, tar);
    EXPECT_GE(alike_, uint64_t(30) << 20) << kept;  // the states say so
  }
}

TEST_F(KnownTarTest, ATarIsGivenByItsOwnFilesAlone) {
  Files files = large();
  KnownTar tar = known(write(files));
  EXPECT_TRUE(gives(files, tar));
  Files other = files;
  other[39].second.back() ^= 1;
  EXPECT_FALSE(gives(other, tar));
  Files fewer(files.begin(), files.end() - 1), more = files;
  more.emplace_back("g", "");
  EXPECT_FALSE(gives(fewer, tar));
  EXPECT_FALSE(gives(more, tar));
  KnownTar small = known(write({{"a", "b"}}));
  EXPECT_TRUE(gives({{"a", "b"}}, small));
  EXPECT_FALSE(gives({{"a", "c"}}, small));
  EXPECT_FALSE(gives({}, small));
}

TEST_F(KnownTarTest, StatesThatAreDamagedOrOfAnotherTarAreNotRead) {
  std::string path = directory_.path() + "/states";
  Hasher hasher;
  hasher.update(std::string(128, 'a'));
  Digest tar = digestOf("tar");
  must(writeHashStates(path, tar, {hasher.state()}));
  auto states = readHashStates(path, tar);
  ASSERT_EQ(states.size(), 1u);
  EXPECT_EQ(Hasher(states[0]).update("b").finish(), digestOf(std::string(128, 'a') + "b"));
  EXPECT_TRUE(readHashStates(path, digestOf("another")).empty());
  EXPECT_TRUE(readHashStates(path + "none", tar).empty());
  std::string good = must(readFile(path));
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = char(bad[i] ^ 0x41);
    must(writeFileAtomically(path, bad));
    EXPECT_TRUE(readHashStates(path, tar).empty()) << i;
    must(writeFileAtomically(path, llvm::StringRef(good).take_front(i)));
    EXPECT_TRUE(readHashStates(path, tar).empty()) << i;
  }
}

}  // namespace
}  // namespace strata::layerfs
