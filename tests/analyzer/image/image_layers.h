#pragma once
/// \file Images made of layers written down in a test, in a real store.

#include "analyzer/image/image_report.h"
#include "layerfs/layer_tar.h"
#include "layerfs/store.h"
#include "tests/support/testing.h"

#include <string>
#include <vector>

namespace strata::analyzer {

struct MadeFile {
  layerfs::LayerEntry entry;
  std::string content;
};
using MadeLayer = std::vector<MadeFile>;

inline MadeFile file(std::string path, std::string content, uint32_t uid = 0, uint32_t mode = 0644) {
  layerfs::LayerEntry entry;
  entry.path = std::move(path);
  entry.mode = mode;
  entry.uid = entry.gid = uid;
  entry.size = content.size();
  return {entry, std::move(content)};
}
/// Of so many bytes, the same for the same letter.
inline MadeFile file(std::string path, size_t size, char letter = 'x', uint32_t uid = 0, uint32_t mode = 0644) {
  return file(std::move(path), std::string(size, letter), uid, mode);
}
inline MadeFile other(std::string path, layerfs::EntryKind kind, std::string target = {}) {
  layerfs::LayerEntry entry;
  entry.path = std::move(path);
  entry.kind = kind;
  entry.mode = 0755;
  entry.linkTarget = std::move(target);
  return {entry, ""};
}
inline MadeFile directory(std::string path) { return other(std::move(path), layerfs::EntryKind::Directory); }
inline MadeFile removed(std::string path) { return other(std::move(path), layerfs::EntryKind::Whiteout); }

inline std::string tarOf(const MadeLayer& layer) {
  StringSink tar;
  layerfs::LayerTarWriter writer(tar);
  for (const MadeFile& made : layer) {
    StringSource content(made.content);
    strata::testing::must(writer.add(made.entry, made.entry.kind == layerfs::EntryKind::File ? &content : nullptr));
  }
  strata::testing::must(writer.finish());
  return tar.text;
}

/// A store with images of such layers.
class ImageLayersTest : public ::testing::Test {
protected:
  ImageLayersTest()
      : dir_(strata::testing::makeTempDir()),
        store_(strata::testing::must(layerfs::Store::open({.root = joinPath(dir_.path(), "root")}))) {}

  /// A layer a line of the history.
  layerfs::Image makeImage(const std::vector<std::pair<std::string, MadeLayer>>& history) {
    layerfs::ImageConfig config;
    config.platform = layerfs::hostPlatform();
    std::vector<std::shared_ptr<layerfs::Layer>> layers;
    for (const auto& [createdBy, layer] : history) {
      config.history.push_back({.createdBy = createdBy});
      std::string tar = tarOf(layer);
      StringSource source(tar);
      layers.push_back(strata::testing::must(store_->layers().addTar(source)));
    }
    return strata::testing::must(store_->images().create(std::move(config), layers));
  }

  ImageReport report(const layerfs::Image& image) {
    auto source = strata::testing::must(openStoredImage(image, store_->layers()));
    return strata::testing::must(analyzeImage(*source, {.store = store_.get()})).report;
  }
  ImageReport report(const std::vector<std::pair<std::string, MadeLayer>>& history) {
    return report(makeImage(history));
  }

  TempDir dir_;
  std::unique_ptr<layerfs::Store> store_;
};

}  // namespace strata::analyzer
