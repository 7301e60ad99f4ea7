#pragma once
/// \file Two images written down in a test, and what differs.

#include "analyzer/diff/image_diff.h"
#include "analyzer/image/streamed_source.h"
#include "tests/analyzer/image/image_layers.h"

namespace strata::analyzer {

using History = std::vector<std::pair<std::string, MadeLayer>>;

class ImageDiffTest : public ImageLayersTest {
protected:
  std::unique_ptr<ImageSource> stored(const History& history) {
    return strata::testing::must(openStoredImage(makeImage(history), store_->layers()));
  }

  /// As from a registry: nothing is in the store.
  static std::unique_ptr<ImageSource> streamed(const History& history) {
    layerfs::ImageConfig config;
    config.platform = layerfs::hostPlatform();
    auto tars = std::make_shared<std::vector<std::string>>();
    for (const auto& [createdBy, layer] : history) {
      config.history.push_back({.createdBy = createdBy});
      tars->push_back(tarOf(layer));
      config.diffIds.push_back({digestOf(tars->back())});
    }
    Digest id = digestOf(layerfs::printImageConfig(config));
    return makeStreamedImage(factsOf(id, std::move(config)),
                             [tars](size_t layer) -> llvm::Expected<std::unique_ptr<ByteSource>> {
                               return std::make_unique<StringSource>((*tars)[layer]);
                             });
  }

  ImageDiff diff(const History& before, const History& after) {
    auto from = stored(before), to = stored(after);
    return strata::testing::must(diffImages(*from, *to));
  }
  ImageDiff streamedDiff(const History& before, const History& after) {
    auto from = streamed(before), to = streamed(after);
    return strata::testing::must(diffImages(*from, *to));
  }

  /// "added b 3", "moved a -> b 500": in the order of the diff.
  static std::vector<std::string> changesOf(const ImageDiff& diff) {
    std::vector<std::string> lines;
    for (const FileChange& change : diff.files.changes) {
      std::string line = nameOf(change.kind).str() + " ";
      if (change.kind == FileChange::Kind::Moved) line += stateOf(diff.pair.before, change.before).path + " -> ";
      bool gone = change.after == ImageTree::kNone;
      FileState state = gone ? stateOf(diff.pair.before, change.before) : stateOf(diff.pair.after, change.after);
      lines.push_back(line + state.path + " " + std::to_string(state.size));
    }
    return lines;
  }
};

}  // namespace strata::analyzer
