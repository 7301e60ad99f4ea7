#pragma once
/// \file The contents of all layers' files, looked through on all cores.

#include "analyzer/image/image_source.h"
#include "analyzer/image/image_tree.h"
#include "analyzer/secrets/secret_scan.h"

#include <llvm/Support/Error.h>

#include <vector>

namespace strata::analyzer {

struct FileSecrets {
  ImageTree::ChangeId change = ImageTree::kNone;
  ScannedFile scanned;
};
/// Of every file that some layer brings with content of its own: what was found, or that there was nothing. In order of
/// change. Faults: as ImageSource, naming the layer.
llvm::Expected<std::vector<FileSecrets>> scanContents(ImageSource& source, const ImageTree& tree);

}  // namespace strata::analyzer
