#pragma once
/// \file What the tests of image archives share: two stores, images to carry between them, archives made by hand.

#include "layer_trees.h"
#include "layerfs/image_archive.h"

#include <llvm/ADT/STLExtras.h>

#include <set>

namespace strata::layerfs::testing {

struct ImagesInDirectory : StoreInDirectory {
  std::unique_ptr<ContentStore> content = must(ContentStore::open(directory.path(), staging()));
  std::unique_ptr<ImageStore> images = must(ImageStore::open(*database, *content, *layers));

  llvm::Expected<std::vector<LoadedImage>> load(llvm::StringRef archive) {
    StringSource source(archive);
    return loadArchive(source, *images, *layers, staging());
  }
};

class ArchiveTest : public ::testing::Test {
protected:
  static std::string blobPath(const Digest& digest) { return "blobs/sha256/" + digest.hex(); }
  static std::string layerTar(std::string name) { return tarOf({file(std::move(name), "content")}); }
  static std::string contentOf(const Collected& archive, llvm::StringRef path) {
    for (const FullEntry& full : archive.entries)
      if (full.entry.path == path) return full.content;
    ADD_FAILURE() << "no " << path.str();
    return "";
  }

  /// An image of one layer for each name.
  Image make(std::string user, std::vector<std::string> names) {
    ImageConfig config;
    config.platform = hostPlatform();
    config.user = std::move(user);
    std::vector<std::shared_ptr<Layer>> layers;
    for (std::string& name : names) layers.push_back(here_.addTar(layerTar(std::move(name))));
    return must(here_.images->create(config, layers));
  }
  std::string save(const std::vector<SaveItem>& items) {
    StringSink sink;
    must(saveArchive(items, *here_.content, sink));
    return sink.text;
  }
  std::string saveToFile(const std::vector<SaveItem>& items) {
    std::string path = scratch_.path() + "/saved.tar";
    must(writeFileAtomically(path, save(items)));
    return path;
  }

  ImagesInDirectory here_, there_;
  TempDir scratch_ = makeTempDir();
};

}  // namespace strata::layerfs::testing
