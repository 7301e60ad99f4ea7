#pragma once
/// \file The terminal browser of an image, without the terminal: keys go in, screens come out. Layers on the left with
/// what is known of the chosen one, its files on the right. Keys are dive's.

#include "analyzer/browser/file_list.h"
#include "analyzer/image/image_report.h"

namespace strata::analyzer {

class Browser {
public:
  /// Borrows the analysis.
  explicit Browser(const Analysis& analysis);

  /// False: the reader wants to leave.
  bool press(const Key& key);
  Screen draw(size_t columns, size_t rows);

private:
  enum class Pane { Layers, Files };
  /// What files are compared with: those of the layer below, or those of the lowest layer.
  enum class Against { Below, Lowest };

  bool pressInLayers(const Key& key);
  void pressInFilter(const Key& key);
  void choose(size_t layer);
  void showFiles();

  std::vector<ScreenLine> layerLines(size_t columns, size_t rows) const;
  std::vector<ScreenLine> detailLines(size_t columns) const;
  std::vector<ScreenLine> wasteLines(size_t columns) const;
  std::vector<ScreenLine> helpLines(size_t columns) const;
  std::vector<ScreenLine> leftLines(size_t columns, size_t rows) const;
  ScreenLine headline(size_t columns) const;
  ScreenLine statusLine(size_t columns) const;

  const ImageReport& report_;
  const ImageTree& tree_;
  FileList files_;
  Pane pane_ = Pane::Layers;
  Against against_ = Against::Below;
  size_t layer_ = 0, fileRows_ = 20;
  bool filtering_ = false, waste_ = false, help_ = false;
};

}  // namespace strata::analyzer
