#pragma once
/// \file What changed from one image to another: plain values, and the files of both, which analyzer/report prints.

#include "analyzer/diff/config_diff.h"
#include "analyzer/diff/file_diff.h"
#include "analyzer/diff/image_pair.h"
#include "analyzer/diff/package_diff.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// A layer of either image or of both.
struct LayerChange {
  std::optional<uint32_t> before, after;  ///< its positions from 0, bottom first
  Digest diffId;
  std::string instruction;                  ///< may be empty
  std::optional<uint64_t> tarBytes;         ///< uncompressed
  std::optional<uint64_t> compressedBytes;  ///< of the blob, where one is known
  bool isShared() const { return before && after; }
};

struct ComparedImage {
  std::string name;  ///< as whoever asks wrote it
  Digest id;
  uint32_t layers = 0;
  uint64_t tarBytes = 0;                    ///< of all layers
  std::optional<uint64_t> compressedBytes;  ///< where every layer's is known
};

struct ImageDiff {
  ComparedImage before, after;
  std::vector<ConfigChange> config;
  PackageDiff packages;
  FileDiff files;
  /// Those of the later image from the bottom up, each after the earlier image's own that stood in its place.
  std::vector<LayerChange> layers;
  ImagePair pair;        ///< what `files` is about
  bool isEmpty() const;  ///< nothing differs but layers and times
};

/// Reads both. Secrets in configurations and instructions are "***". Faults: as readImagePair().
llvm::Expected<ImageDiff> diffImages(ImageSource& before, ImageSource& after);

}  // namespace strata::analyzer
