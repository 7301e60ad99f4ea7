#include "cli/globals.h"

#include "cli/options.h"

namespace strata::cli {

void declareGlobals(Options& options, Globals& globals) {
  options.text("--root", globals.settings.root, "Where images, layers and the cache are kept", "directory");
  options.text("--snapshotter", globals.settings.snapshotter, "How layers are mounted: overlay or native", "name");
  options.text("--layer-form", globals.settings.layerForm,
               "How a layer's tar becomes a directory: erofs-file, erofs-loop or dir", "name");
  options.flag("-v,--version", globals.version, "Print the version and quit");
}

}  // namespace strata::cli
