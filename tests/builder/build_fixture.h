#pragma once
/// \file Whole builds in a store of their own, upon a base made of busybox.

#include "builder/build.h"
#include "layerfs/layer_tar.h"
#include "tests/support/testing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <mutex>

namespace strata::builder {

inline constexpr llvm::StringLiteral kDate = "Wed, 21 Oct 2015 07:28:00 GMT";  ///< of what a server gives

/// Keeps what the steps printed and how each ended.
class Recorder : public SilentProgress {
public:
  void onStep(const StepNews& news) override {
    std::lock_guard lock(mutex_);
    states[news.name] = news.state;
    details[news.name] = news.text;
  }
  void onOutput(const StepOutput& news) override {
    std::lock_guard lock(mutex_);
    output += news.text;
  }
  std::map<std::string, StepState> states;
  std::map<std::string, std::string> details;
  std::string output;

private:
  std::mutex mutex_;
};

/// A real store with a real base: busybox and its shell. Needs root for mounts and the sandbox.
class BuildTest : public ::testing::Test {
protected:
  template <typename T>
  static T must(llvm::Expected<T> value) {
    return testing::must(std::move(value));
  }
  static void must(llvm::Error error) { testing::must(std::move(error)); }
  static void writeFile(const std::string& path, llvm::StringRef text, mode_t mode = 0644) {
    testing::writeFile(path, text, mode);
  }

  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "building with RUN needs root: mounts and namespaces";
    if (!pathExists("/bin/busybox")) GTEST_SKIP() << "package busybox-static is not installed";
    store_ = must(layerfs::Store::open({.root = directory_.path() + "/store"}));
    addBase("base", "one");
  }

  /// An image whose /etc/marker holds `marker`.
  void addBase(llvm::StringRef name, llvm::StringRef marker) {
    TempDir root = testing::makeTempDir();
    must(makeDirectories(root.path() + "/bin"));
    must(makeDirectories(root.path() + "/tmp"));
    writeFile(root.path() + "/bin/busybox", must(readFile("/bin/busybox")), 0755);
    for (const char* applet : {"sh", "echo", "cat", "ls", "touch", "sleep", "rm", "mkdir", "date", "test", "true",
                               "false", "stat", "id", "env", "ln", "chmod", "wc", "dd"})
      ASSERT_EQ(::symlink("busybox", (root.path() + "/bin/" + applet).c_str()), 0);
    writeFile(root.path() + "/etc/marker", marker);
    writeFile(root.path() + "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nada:x:1000:100:Ada:/home/ada:/bin/sh\n");
    writeFile(root.path() + "/etc/group", "root:x:0:\nusers:x:100:\n");
    StringSink tar;
    layerfs::LayerTarWriter writer(tar);
    must(layerfs::walkLayerDirectory(root.path(), [&](const layerfs::LayerEntry& entry, ByteSource& content) {
      layerfs::LayerEntry timeless = entry;  // the same base in every store
      timeless.mtime = 0;
      return writer.add(timeless, entry.kind == layerfs::EntryKind::File ? &content : nullptr);
    }));
    must(writer.finish());
    StringSource source(tar.text);
    auto layer = must(store_->layers().addTar(source));
    layerfs::ImageConfig config;
    config.platform = layerfs::hostPlatform();
    config.env = {"PATH=/bin"};
    config.created = 1'000'000'000;
    config.history = {{.created = 1'000'000'000, .createdBy = "import"}};
    auto image = must(store_->images().create(config, {layer}));
    must(store_->images().tag(image.id, ("docker.io/library/" + name + ":latest").str()));
  }

  std::string context(llvm::StringRef file) { return directory_.path() + "/context/" + file.str(); }
  void dockerfile(llvm::StringRef text) { writeFile(context("Dockerfile"), text); }

  llvm::Expected<BuildResult> tryBuild() {
    recorder_ = std::make_unique<Recorder>();
    if (request_.context.empty()) request_.context = directory_.path() + "/context";
    return build(request_, *store_, *recorder_, cancel_);
  }
  BuildResult mustBuild() { return must(tryBuild()); }
  Build journal(llvm::StringRef which = "last") { return must(must(Journal::open(store_->database()))->load(which)); }
  /// Outcomes of the last build in step order, a letter each: hit H, executed E, failed F, skipped S.
  std::string outcomes() {
    std::string letters;
    for (const BuildStep& step : journal().steps) letters += "HEFCS"[size_t(step.outcome)];
    return letters;
  }
  std::string fileInImage(const Digest& image, llvm::StringRef path) {
    auto loaded = must(store_->images().load(image));
    auto snapshot = must(must(store_->snapshotter())->mount({.layers = loaded.layers}));
    auto fd = must(openFile(path.str(), O_RDONLY, 0, snapshot->rootFd()));
    return must(readFd(fd.get()));
  }

  struct stat statusInImage(const Digest& image, llvm::StringRef path) {
    auto loaded = must(store_->images().load(image));
    auto snapshot = must(must(store_->snapshotter())->mount({.layers = loaded.layers}));
    struct stat status = {};
    if (::fstatat(snapshot->rootFd(), path.str().c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      ADD_FAILURE() << "/" << path.str() << ": " << std::strerror(errno);
    return status;
  }
  bool isInImage(const Digest& image, llvm::StringRef path) {
    auto loaded = must(store_->images().load(image));
    auto snapshot = must(must(store_->snapshotter())->mount({.layers = loaded.layers}));
    struct stat status;
    return ::fstatat(snapshot->rootFd(), path.str().c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  }

  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<layerfs::Store> store_;
  std::unique_ptr<Recorder> recorder_;
  CancelToken cancel_;
  BuildRequest request_;
};

}  // namespace strata::builder
