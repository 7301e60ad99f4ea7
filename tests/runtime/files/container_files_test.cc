#include "runtime/files/container_files.h"

#include "layerfs/layer_tar.h"
#include "runtime/spec/object_names.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <filesystem>

namespace strata::runtime {
namespace {
using namespace strata::testing;
using layerfs::EntryKind;
using ::testing::ElementsAre;
namespace fs = std::filesystem;

/// A container of an image with some files, whose own layer is written by hand as overlay writes one.
class ContainerFilesTest : public ::testing::Test {
protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: whiteouts";
    store_ = must(layerfs::Store::open({.root = dir_.path()}));
    containers_ = must(ContainerStore::open(store_->database(), store_->root()));
    container_.id = makeObjectId();
    container_.name = "web";
    container_.imageId = must(store_->images().create({}, {imageLayer()})).id;
    container_.argv = {"sh"};
    must(containers_->add(container_));
  }
  std::shared_ptr<layerfs::Layer> imageLayer() {
    StringSink tar;
    layerfs::LayerTarWriter writer(tar);
    auto directory = [&](const char* path) {
      must(writer.add({.path = path, .kind = EntryKind::Directory, .mode = 0755}, nullptr));
    };
    auto file = [&](const char* path) {
      StringSource content("old");
      must(writer.add({.path = path, .kind = EntryKind::File, .mode = 0644, .size = 3}, &content));
    };
    directory("etc"), file("etc/conf"), file("etc/gone");
    must(writer.add({.path = "link", .kind = EntryKind::Symlink, .mode = 0777, .linkTarget = "etc"}, nullptr));
    directory("srv"), directory("srv/a"), directory("srv/a/b"), file("srv/a/b/file"), file("srv/a/x"), file("srv/y");
    must(writer.finish());
    StringSource source(tar.text);
    return must(store_->layers().addTar(source));
  }
  std::string upper(llvm::StringRef path) const {
    return joinPath(containers_->directory(container_.id).layer(), "upper/" + path.str());
  }
  void whiteout(llvm::StringRef path) const {
    must(makeDirectories(fs::path(upper(path)).parent_path()));
    ASSERT_EQ(::mknod(upper(path).c_str(), S_IFCHR, makedev(0, 0)), 0);
  }
  std::vector<std::string> changes() {
    std::vector<std::string> lines;
    for (const FileChange& change : must(changesOf(container_, *containers_, *store_)))
      lines.push_back(std::string(1, "CAD"[int(change.kind)]) + " " + change.path);
    return lines;
  }
  std::map<std::string, EntryKind> exported() {
    StringSink tar;
    must(exportContainer(container_, *containers_, *store_, tar));
    std::map<std::string, EntryKind> entries;
    StringSource source(tar.text);
    must(layerfs::readLayerTar(source, [&](const layerfs::LayerEntry& entry, ByteSource&) {
      entries[entry.path] = entry.kind;
      return llvm::Error::success();
    }));
    return entries;
  }
  std::shared_ptr<layerfs::Layer> layer() { return must(layerOf(container_, *containers_, *store_, CancelToken())); }
  TempDir dir_ = makeTempDir();
  std::unique_ptr<layerfs::Store> store_;
  std::unique_ptr<ContainerStore> containers_;
  Container container_;
};

TEST_F(ContainerFilesTest, AContainerThatNeverRanHasChangedNothing) {
  EXPECT_THAT(changes(), ElementsAre());
  EXPECT_EQ(layer(), nullptr);
  EXPECT_EQ(exported().count("etc/conf"), 1u);
  must(makeDirectories(upper("")));
  EXPECT_EQ(layer(), nullptr) << "nor has one that ran and wrote nothing";
}

TEST_F(ContainerFilesTest, ChangesAreAddedChangedAndDeletedWithTheDirectoriesAbove) {
  writeFile(upper("etc/conf"), "longer");
  writeFile(upper("new/file"), "");
  whiteout("etc/gone");
  whiteout("srv/a/x");
  whiteout("srv/never");
  EXPECT_THAT(changes(), ElementsAre("C /etc", "C /etc/conf", "D /etc/gone", "A /new", "A /new/file", "C /srv",
                                     "C /srv/a", "D /srv/a/x"));
}

TEST_F(ContainerFilesTest, WhatWasOnlyTouchedUponIsNoChange) {
  writeFile(upper("etc/conf"), "old");
  timespec epoch[2] = {{0, 0}, {0, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, upper("etc/conf").c_str(), epoch, 0), 0);
  EXPECT_THAT(changes(), ElementsAre());
  ASSERT_EQ(::chmod(upper("etc/conf").c_str(), 0600), 0);
  EXPECT_THAT(changes(), ElementsAre("C /etc", "C /etc/conf"));
}

TEST_F(ContainerFilesTest, ADirectoryMadeAnewHidesWhatTheImageHas) {
  writeFile(upper("srv/a/x"), "new");
  ASSERT_EQ(::setxattr(upper("srv/a").c_str(), "trusted.overlay.opaque", "y", 1, 0), 0);
  EXPECT_THAT(changes(), ElementsAre("C /srv", "C /srv/a", "D /srv/a/b", "C /srv/a/x"));
  auto entries = exported();
  EXPECT_EQ(entries.count("srv/a/b/file"), 0u);
  EXPECT_EQ(entries.count("srv/a/x"), 1u);
}

TEST_F(ContainerFilesTest, ADirectoryInPlaceOfALinkIsNotWhatTheLinkLedTo) {
  writeFile(upper("link/conf"), "x");
  EXPECT_THAT(changes(), ElementsAre("C /link", "A /link/conf"));
}

TEST_F(ContainerFilesTest, TheExportHasBothAndThePlacesForMounts) {
  writeFile(upper("new/file"), "");
  whiteout("etc/gone");
  must(store_->snapshotter());
  auto entries = exported();
  EXPECT_EQ(entries.count("etc/gone"), 0u);
  EXPECT_EQ(entries["etc/conf"], EntryKind::File);
  EXPECT_EQ(entries["new/file"], EntryKind::File);
  EXPECT_EQ(entries["link"], EntryKind::Symlink);
}

TEST_F(ContainerFilesTest, TheLayerIsWhatWasWrittenAndKnownAgain) {
  writeFile(upper("new/file"), "x");
  whiteout("etc/gone");
  auto first = layer();
  ASSERT_TRUE(first);
  std::vector<std::string> paths;
  must(first->walk([&](const layerfs::LayerEntry& entry, ByteSource&) {
    if (!entry.path.empty()) paths.push_back((entry.kind == EntryKind::Whiteout ? "-" : "+") + entry.path);
    return llvm::Error::success();
  }));
  EXPECT_THAT(paths, ElementsAre("+etc", "-etc/gone", "+new", "+new/file"));
  EXPECT_EQ(layer()->id().value, first->id().value);
}

TEST_F(ContainerFilesTest, LinksInWhatItWroteLeadNowhere) {
  TempDir outside = makeTempDir();
  writeFile(joinPath(outside.path(), "secret"), "host");
  must(makeDirectories(upper("srv")));
  fs::create_directory_symlink(outside.path(), upper("srv/a"));
  EXPECT_THAT(changes(), ElementsAre("C /srv", "C /srv/a"));
  for (const auto& [path, kind] : exported()) EXPECT_EQ(path.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace strata::runtime
