#include "cli/commands.h"
#include "cli/console.h"
#include "cli/image_events.h"
#include "cli/image_lookup.h"
#include "cli/options.h"
#include "cli/session.h"
#include "layerfs/image_archive.h"
#include "registry/reference.h"
#include "support/bytes.h"
#include "support/fault.h"
#include "support/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace strata::cli {

namespace {

struct LoadOptions {
  std::string input, platform;
  bool quiet = false;
};

llvm::Expected<std::vector<layerfs::LoadedImage>> loadStream(int fd, layerfs::Store& store,
                                                             std::optional<layerfs::Platform> only) {
  FdSource source(fd);
  return layerfs::loadArchive(source, store.images(), store.layers(), store.staging(), std::move(only));
}

llvm::Expected<std::vector<layerfs::LoadedImage>> loadFrom(const LoadOptions& options, layerfs::Store& store) {
  const std::string& input = options.input;
  std::optional<layerfs::Platform> only;
  if (!options.platform.empty()) {
    auto platform = layerfs::parsePlatform(options.platform);
    if (!platform) return platform.takeError();
    only = std::move(*platform);
  }
  if (input.empty() || input == "-") {
    if (isTerminal(STDIN_FILENO))
      return fault(FaultKind::Invalid, "requested load from standard input, but it is a terminal: use -i FILE");
    return loadStream(STDIN_FILENO, store, std::move(only));
  }
  auto file = openFile(input, O_RDONLY);
  if (!file) return file.takeError();
  struct stat status {};
  if (::fstat(file->get(), &status) == 0 && S_ISDIR(status.st_mode))
    return layerfs::loadLayout(input, store.images(), store.layers(), std::move(only));
  return loadStream(file->get(), store, std::move(only));
}

/// Names come from outside: what is none is not given to the image, and said.
llvm::Error nameImage(const layerfs::LoadedImage& image, bool quiet, layerfs::ImageStore& images, Session& session) {
  for (const std::string& written : image.names) {
    auto name = registry::parseReference(written);
    if (!name) {
      session.err() << "Warning: the archive's name is left out: " << llvm::toString(name.takeError()) << "\n";
      continue;
    }
    if (llvm::Error error = images.tag(image.id, name->canonical())) return error;
    if (!quiet) session.out() << "Loaded image: " << name->familiar() << "\n";
  }
  if (image.names.empty() && !quiet) session.out() << "Loaded image ID: " << image.id.str() << "\n";
  return llvm::Error::success();
}

llvm::Expected<int> load(const LoadOptions& options, Session& session) {
  auto store = session.store();
  if (!store) return store.takeError();
  auto images = loadFrom(options, **store);
  if (!images) return images.takeError();
  for (const layerfs::LoadedImage& image : *images) {
    tellImage(session, "load", image.id.str(), "");
    if (llvm::Error error = nameImage(image, options.quiet, (*store)->images(), session)) return error;
  }
  return 0;
}

}  // namespace

Command loadCommand() {
  return {.name = "load",
          .usage = "[OPTIONS]",
          .description = "Load images from a tar archive or an OCI layout",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<LoadOptions>();
            declared.text("-i,--input", options->input,
                          "Read from a file or an OCI layout directory, not standard input");
            declared.text("--platform", options->platform, "Of images of several platforms load this one alone");
            declared.flag("-q,--quiet", options->quiet, "Print nothing");
            return [options](Session& session, const Arguments&) { return load(*options, session); };
          }};
}

}  // namespace strata::cli
