#include "builder/journal/file_tree.h"

#include "tests/support/testing.h"

namespace strata::builder {
namespace {

using layerfs::EntryKind;
using testing::must;

TreeEntry file(std::string name, llvm::StringRef content, uint32_t mode = 0644) {
  TreeEntry entry;
  entry.name = std::move(name);
  entry.mode = mode;
  entry.size = content.size();
  entry.content = digestOf(content);
  return entry;
}

class FileTreeTest : public ::testing::Test {
protected:
  Digest put(const TreeObject& object) {
    std::string bytes = object.encode();
    must(trees_->put(digestOf(bytes), bytes));
    return digestOf(bytes);
  }
  TreeEntry directory(std::string name, std::vector<TreeEntry> entries) {
    TreeEntry entry;
    entry.name = std::move(name);
    entry.kind = EntryKind::Directory;
    entry.mode = 0755;
    for (const TreeEntry& child : entries) entry.size += child.size;
    entry.content = put({.entries = std::move(entries)});
    return entry;
  }
  std::vector<TreeChange> diff(const Digest& before, const Digest& after) {
    return must(diffTrees(*trees_, before, after));
  }

  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<Database> database_ = must(Database::open(directory_.path() + "/db"));
  std::unique_ptr<TreeStore> trees_ = must(TreeStore::open(*database_));
};

TEST_F(FileTreeTest, EveryFieldComesBackFromItsEncoding) {
  TreeObject object;
  TreeEntry device = file("a", "");
  device.kind = EntryKind::CharacterDevice;
  device.device = 0x12345678901;
  TreeEntry link = file("b", "");
  link.kind = EntryKind::Symlink;
  link.linkTarget = "/else/where";
  link.content = Digest();
  TreeEntry owned = file("c", std::string(300, 'x'), 04755);
  owned.uid = 0xffffffff;
  owned.gid = 7;
  owned.xattrs = digestOf("x");
  object.entries = {device, link, owned};
  EXPECT_EQ(must(TreeObject::decode(object.encode())).entries, object.entries);
  object.isSelection = true;
  EXPECT_TRUE(must(TreeObject::decode(object.encode())).isSelection);
}

TEST_F(FileTreeTest, DamagedObjectsAreRefused) {
  std::string good = TreeObject{.entries = {file("a", "1"), file("b", "2")}}.encode();
  EXPECT_FAULT(TreeObject::decode(""), FaultKind::Corrupt);
  for (size_t length = 0; length < good.size(); ++length)
    EXPECT_FAULT(TreeObject::decode(llvm::StringRef(good).take_front(length)), FaultKind::Corrupt);
  EXPECT_FAULT(TreeObject::decode(good + "x"), FaultKind::Corrupt);
  EXPECT_FAULT(TreeObject::decode(TreeObject{.entries = {file("b", "1"), file("a", "2")}}.encode()),
               FaultKind::Corrupt);
  EXPECT_FAULT(TreeObject::decode(TreeObject{.entries = {file("a/b", "1")}}.encode()), FaultKind::Corrupt);
}

TEST_F(FileTreeTest, AStoredTreeIsFoundAgain) {
  TreeObject object{.entries = {file("a", "1")}};
  Digest digest = put(object);
  EXPECT_TRUE(must(trees_->contains(digest)));
  EXPECT_EQ(must(trees_->find(digest))->entries, object.entries);
  EXPECT_FALSE(must(trees_->contains(digestOf("other"))));
  EXPECT_EQ(must(trees_->find(digestOf("other"))), std::nullopt);
  must(trees_->put(digest, object.encode()));
}

TEST_F(FileTreeTest, DifferencesAreNamedByPathAndToldApart) {
  TreeEntry owned = file("owner", "o");
  owned.uid = 5;
  TreeEntry typed = file("type", "");
  typed.kind = EntryKind::Fifo;
  Digest before = put({.entries = {file("gone", "g"), file("mode", "m"), file("owner", "o"),
                                   directory("src", {file("main.c", "int"), file("same.c", "s")}), file("type", "t")}});
  Digest after = put({.entries = {file("mode", "m", 0755), file("new", "nn"), owned,
                                  directory("src", {file("main.c", "long"), file("same.c", "s")}), typed}});
  auto changes = diff(before, after);
  using Kind = TreeChange::Kind;
  std::vector<std::pair<std::string, Kind>> seen;
  for (const TreeChange& change : changes) seen.push_back({change.path, change.kind});
  EXPECT_THAT(seen, ::testing::ElementsAre(std::pair("gone", Kind::Removed), std::pair("mode", Kind::Mode),
                                           std::pair("new", Kind::Added), std::pair("owner", Kind::Owner),
                                           std::pair("src/main.c", Kind::Modified), std::pair("type", Kind::Type)));
  EXPECT_EQ(changes[4].oldSize, 3u);
  EXPECT_EQ(changes[4].newSize, 4u);
}

TEST_F(FileTreeTest, AnAddedDirectoryIsOneChangeWithItsSize) {
  Digest before = put({});
  Digest after = put({.entries = {directory("d", {file("a", "123"), file("b", "45")})}});
  auto changes = diff(before, after);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].path, "d");
  EXPECT_EQ(changes[0].newSize, 5u);
}

TEST_F(FileTreeTest, EqualSubtreesAreNotLookedInto) {
  TreeEntry pruned = file("same", "");
  pruned.kind = EntryKind::Directory;
  pruned.content = digestOf("an object that nobody put");
  Digest before = put({.entries = {file("a", "1"), pruned}});
  Digest after = put({.entries = {file("a", "2"), pruned}});
  EXPECT_EQ(diff(before, after).size(), 1u);
}

TEST_F(FileTreeTest, APrunedObjectIsNotFound) {
  EXPECT_FAULT(diffTrees(*trees_, digestOf("gone"), put({})), FaultKind::NotFound);
}

TEST_F(FileTreeTest, ASelectionsPositionsAreNoPartOfPaths) {
  TreeEntry context = directory("0001 ", {file("x", "1")});
  TreeEntry changed = directory("0001 ", {file("x", "2")});
  Digest before = put({.isSelection = true, .entries = {file("0000 main.c", "1"), context}});
  Digest after = put({.isSelection = true, .entries = {file("0000 main.c", "2"), changed}});
  auto changes = diff(before, after);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].path, "main.c");
  EXPECT_EQ(changes[1].path, "x");
}

TEST_F(FileTreeTest, ManyEntriesAreComparedQuickly) {
  std::vector<TreeEntry> entries;
  for (int i = 0; i < 20000; ++i) entries.push_back(file("f" + std::to_string(100000 + i), std::to_string(i)));
  Digest before = put({.entries = entries});
  entries[777] = file(entries[777].name, "changed");
  auto changes = diff(before, put({.entries = entries}));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].path, "f100777");
}

}  // namespace
}  // namespace strata::builder
