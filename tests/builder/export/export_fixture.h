#pragma once
/// \file Results made by hand, over layers of a real store.

#include "builder/export/exporter.h"
#include "layerfs/layer_tar.h"
#include "tests/support/testing.h"

namespace strata::builder {

inline const layerfs::Platform kAmd{.os = "linux", .architecture = "amd64"};
inline const layerfs::Platform kArm{.os = "linux", .architecture = "arm", .variant = "v7"};

class ExportFixture : public ::testing::Test {
protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "layers with owners need root";
    store_ = testing::must(layerfs::Store::open({.root = directory_.path() + "/store"}));
  }

  /// A tar layer with these files; a text of "-" is a removal.
  std::shared_ptr<layerfs::Layer> layer(const std::map<std::string, std::string>& files) {
    StringSink tar;
    layerfs::LayerTarWriter writer(tar);
    for (const auto& [path, text] : files) {
      bool removal = text == "-";
      StringSource content(text);
      testing::must(writer.add({.path = path,
                                .kind = removal ? layerfs::EntryKind::Whiteout : layerfs::EntryKind::File,
                                .mode = 0644,
                                .uid = 5,
                                .size = removal ? 0 : text.size(),
                                .mtime = 2'000'000'000'000'000'000},
                               removal ? nullptr : &content));
    }
    testing::must(writer.finish());
    StringSource source(tar.text);
    return testing::must(store_->layers().addTar(source));
  }

  PlatformResult result(const layerfs::Platform& platform, std::vector<std::shared_ptr<layerfs::Layer>> layers) {
    PlatformResult result{.platform = platform, .layers = std::move(layers)};
    result.config.platform = platform;
    result.config.created = 1'000'000'000;
    for (size_t i = 0; i < result.layers.size(); ++i)
      result.config.history.push_back({.created = 1'000'000'000, .createdBy = "step"});
    return result;
  }

  std::string path(llvm::StringRef name) { return directory_.path() + "/" + name.str(); }
  std::string text(llvm::StringRef name) { return testing::must(readFile(path(name))); }

  TempDir directory_ = testing::makeTempDir();
  std::unique_ptr<layerfs::Store> store_;
};

}  // namespace strata::builder
