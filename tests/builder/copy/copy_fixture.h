#pragma once
/// \file A context, a parent and a place for layers, as real directories; what a layer holds as lines of text.

#include "builder/copy/copy.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <filesystem>
#include <set>

namespace strata::builder {

class CopyFixture : public ::testing::Test {
protected:
  CopyFixture() {
    for (const char* name : {"context", "parent", "staging"})
      testing::must(makeDirectories(directory_.path() + "/" + name));
    ::chmod(parent("").c_str(), 0755);
  }
  std::string context(const std::string& path) const { return directory_.path() + "/context/" + path; }
  std::string parent(const std::string& path) const { return directory_.path() + "/parent/" + path; }

  void file(const std::string& path, llvm::StringRef text, mode_t mode = 0644) {
    testing::writeFile(context(path), text, mode);
  }
  void parentFile(const std::string& path, llvm::StringRef text, mode_t mode = 0644) {
    testing::writeFile(parent(path), text, mode);
  }
  void parentDirectory(const std::string& path, mode_t mode = 0755, int64_t mtime = 1000) {
    testing::must(makeDirectories(parent(path)));
    ::chmod(parent(path).c_str(), mode);
    setTime(parent(path), mtime);
  }
  void link(const std::string& target, const std::string& path) {
    ASSERT_EQ(::symlink(target.c_str(), path.c_str()), 0);
  }
  static void setTime(const std::string& path, int64_t seconds) {
    timespec times[2] = {{seconds, 5}, {seconds, 5}};
    ::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW);
  }

  /// A request that copies these sources; further fields are the test's.
  CopyRequest request(std::vector<std::string> sources, std::string destination, std::vector<std::string> excludes = {},
                      bool squash = true) {
    fds_.push_back(testing::must(openFile(context(""), O_RDONLY | O_DIRECTORY)));
    trees_.push_back(std::make_unique<SourceTree>(
        SourceTree::Options{.rootFd = fds_.back().get(), .shownRoot = "context", .squashOwner = squash}));
    CopyRequest request;
    request.fromTree = true;
    request.selection =
        testing::must(trees_.back()->select(sources, {.excludes = std::move(excludes)}, *store_, cancel_));
    request.destination = std::move(destination);
    request.createdTime = 7'000'000'000;
    return request;
  }
  /// The same of files that nobody has read yet.
  CopyRequest deferredRequest(std::vector<std::string> sources, std::string destination) {
    fds_.push_back(testing::must(openFile(context(""), O_RDONLY | O_DIRECTORY)));
    trees_.push_back(std::make_unique<SourceTree>(
        SourceTree::Options{.rootFd = fds_.back().get(), .shownRoot = "context", .squashOwner = true}));
    CopyRequest request;
    request.fromTree = true;
    request.selection = testing::must(trees_.back()->select(sources, {.mayDefer = true}, *store_, cancel_));
    request.destination = std::move(destination);
    request.createdTime = 7'000'000'000;
    return request;
  }
  llvm::Expected<DestinationFacts> tryResolve(const CopyRequest& request, bool withParent = true) {
    UniqueFd root;
    if (withParent) root = testing::must(openFile(parent(""), O_RDONLY | O_DIRECTORY));
    return resolveDestination(request, {root.get()});
  }
  DestinationFacts resolve(const CopyRequest& request, bool withParent = true) {
    return testing::must(tryResolve(request, withParent));
  }
  layerfs::LayerDraft draft() {
    TempDir staged = testing::must(TempDir::make(directory_.path() + "/staging"));
    testing::must(makeDirectories(staged.path() + "/upper"));
    testing::must(makeDirectories(staged.path() + "/work"));
    return layerfs::LayerDraft(std::move(staged));
  }
  /// Resolves and writes; the result is read with layer().
  CopyResult run(const CopyRequest& request, bool withParent = true) {
    drafts_.push_back(draft());
    DestinationFacts facts = resolve(request, withParent);
    CopyResult result = testing::must(writeCopy(request, facts, drafts_.back(), cancel_));
    if (facts.archives.empty()) expectTheSameAsTar(request, facts, result);
    return result;
  }
  /// The layer as a tar.
  std::string tarOf(const CopyRequest& request, const DestinationFacts& facts, EarlierLayers* earlier = nullptr,
                    CopyResult* result = nullptr) {
    layerfs::TarDraft tar = testing::must(layerfs::TarDraft::make(directory_.path() + "/staging"));
    CopiedTar copied = testing::must(writeCopy(request, facts, tar.file(), earlier, cancel_));
    std::string bytes(copied.identity.size, '\0');
    EXPECT_EQ(::pread(tar.file(), bytes.data(), bytes.size() + 1, 0), ssize_t(bytes.size()));
    EXPECT_EQ(copied.identity.diffId.digest, digestOf(bytes));
    if (result) *result = copied.result;
    return bytes;
  }
  /// Both forms are one layer: the directory's tar is the tar that is written at once.
  void expectTheSameAsTar(const CopyRequest& request, const DestinationFacts& facts, const CopyResult& expected) {
    CopyResult result;
    std::string bytes = tarOf(request, facts, /*earlier=*/nullptr, &result);
    EXPECT_EQ(std::pair(result.files, result.bytes), std::pair(expected.files, expected.bytes));
    StringSink ofDirectory;
    layerfs::LayerTarWriter writer(ofDirectory);
    testing::must(
        layerfs::walkLayerDirectory(drafts_.back().upper(), [&](const layerfs::LayerEntry& entry, ByteSource& content) {
          return writer.add(entry, entry.kind == layerfs::EntryKind::File ? &content : nullptr);
        }));
    testing::must(writer.finish());
    EXPECT_TRUE(bytes == ofDirectory.text) << "tars of " << bytes.size() << " and " << ofDirectory.text.size();
  }
  std::string upper(const std::string& path) const { return drafts_.back().upper() + (path.empty() ? "" : "/" + path); }
  std::string text(const std::string& path) const { return testing::must(readFile(upper(path))); }

  /// The last layer, an entry a line: "d 755 0:0 a", "f 644 0:0 a/b = content", "l a/c -> target".
  std::vector<std::string> layer() const {
    std::vector<std::string> lines;
    addLines("", lines);
    return lines;
  }
  struct stat statOf(const std::string& path) const {
    struct stat status = {};
    EXPECT_EQ(::lstat(upper(path).c_str(), &status), 0) << path;
    return status;
  }
  int64_t timeOf(const std::string& path) const { return statOf(path).st_mtim.tv_sec; }

  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<Database> database_ = testing::must(Database::open(directory_.path() + "/db"));
  std::unique_ptr<TreeStore> store_ = testing::must(TreeStore::open(*database_));
  std::vector<UniqueFd> fds_;
  std::vector<std::unique_ptr<SourceTree>> trees_;
  std::vector<layerfs::LayerDraft> drafts_;
  CancelToken cancel_;

private:
  void addLines(const std::string& directory, std::vector<std::string>& lines) const {
    std::set<std::string> names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(upper(directory), ignored))
      names.insert(entry.path().filename());
    for (const std::string& name : names) {
      std::string path = directory.empty() ? name : directory + "/" + name;
      struct stat status = statOf(path);
      char head[64];
      std::snprintf(head, sizeof head, "%o %u:%u ", status.st_mode & 07777, status.st_uid, status.st_gid);
      if (S_ISDIR(status.st_mode)) lines.push_back(std::string("d ") + head + path);
      if (S_ISREG(status.st_mode)) lines.push_back(std::string("f ") + head + path + " = " + text(path));
      if (S_ISFIFO(status.st_mode)) lines.push_back(std::string("p ") + head + path);
      if (S_ISLNK(status.st_mode))
        lines.push_back("l " + path + " -> " + std::filesystem::read_symlink(upper(path)).string());
      if (S_ISDIR(status.st_mode)) addLines(path, lines);
    }
  }
};

}  // namespace strata::builder
