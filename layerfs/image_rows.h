#pragma once
/// \file The tables of images, their layers and their names. What belongs together is for the ImageStore to say, which
/// alone uses this.

#include "layerfs/ids.h"
#include "support/database.h"

#include <llvm/Support/Error.h>

#include <set>
#include <string>
#include <vector>

namespace strata::layerfs {

struct Image;
struct ImageSummary;

/// To be called with the database's mutex held.
class ImageRows {
public:
  static llvm::StringRef tables();
  explicit ImageRows(Database& database) : database_(database) {}

  llvm::Expected<bool> contains(const Digest& id);
  [[nodiscard]] llvm::Error insert(const Image& image);
  [[nodiscard]] llvm::Error remove(const Digest& id);
  [[nodiscard]] llvm::Error setManifest(const Digest& id, const Digest& manifest);
  llvm::Expected<std::vector<LayerId>> layersOf(const Digest& id);  ///< bottom first
  [[nodiscard]] llvm::Error setLayer(const Digest& id, size_t position, LayerId layer);
  llvm::Expected<std::set<LayerId>> layersOfAll();
  llvm::Expected<std::vector<ImageSummary>> list();  ///< newest first

  llvm::Expected<std::vector<std::string>> namesOf(const Digest& id);  ///< its own, not those of an index with it
  llvm::Expected<bool> hasName(const Digest& id, llvm::StringRef name);
  /// Faults: NotFound for an unknown image.
  [[nodiscard]] llvm::Error setName(const Digest& id, llvm::StringRef name);
  llvm::Expected<bool> removeName(llvm::StringRef name);  ///< false if there was none

private:
  Database& database_;
};

}  // namespace strata::layerfs
