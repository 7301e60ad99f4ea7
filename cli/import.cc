#include "builder/plan/apply_changes.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/image_events.h"
#include "cli/options.h"
#include "cli/session.h"
#include "layerfs/decompression.h"
#include "layerfs/layer_tar.h"
#include "registry/reference.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

namespace strata::cli {

namespace {

/// Now, or SOURCE_DATE_EPOCH: the same tar then gives the same image.
int64_t timeOfImport() {
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  int64_t seconds = 0;
  if (epoch && !llvm::StringRef(epoch).getAsInteger(10, seconds)) return seconds * 1'000'000'000;
  return nowNanoseconds();
}

struct ImportOptions {
  std::vector<std::string> changes;
  std::string message, platform;
};

llvm::Expected<UniqueFd> openInput(llvm::StringRef source) {
  if (source.starts_with_insensitive("http://") || source.starts_with_insensitive("https://"))
    return fault(FaultKind::Unsupported, "not yet supported: import from a URL; download it and give the file");
  if (source != "-") return openFile(source.str(), O_RDONLY);
  if (isTerminal(STDIN_FILENO))
    return fault(FaultKind::Invalid,
                 "requested import from standard input, but it is a terminal: redirect a tar to it");
  return UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
}

llvm::Expected<std::shared_ptr<layerfs::Layer>> readLayer(int fd, layerfs::LayerStore& layers) {
  FdSource file(fd);
  auto tar = layerfs::decompressed(file);
  if (!tar) return tar.takeError();
  return layers.addTar(**tar);
}

llvm::Expected<layerfs::ImageConfig> configFor(const ImportOptions& options, llvm::StringRef source) {
  layerfs::ImageConfig config;
  auto platform = layerfs::parsePlatform(options.platform.empty() ? "local" : options.platform);
  if (!platform) return platform.takeError();
  config.platform = std::move(*platform);
  config.created = timeOfImport();
  layerfs::HistoryEntry entry;
  entry.created = config.created;
  entry.comment = options.message.empty() ? ("Imported from " + source).str() : options.message;
  config.history.push_back(std::move(entry));
  return config;
}

llvm::Expected<int> import(const ImportOptions& options, Session& session, const Arguments& arguments) {
  std::optional<registry::Reference> name;
  if (arguments.size() > 1) {
    auto reference = registry::parseReference(arguments[1]);
    if (!reference) return reference.takeError();
    if (reference->digest) return fault(FaultKind::Invalid, "cannot import digest reference");
    name = std::move(*reference);
  }
  auto config = configFor(options, arguments[0]);
  if (!config) return config.takeError();
  if (llvm::Error error = builder::applyChanges(options.changes, *config)) return error;
  auto input = openInput(arguments[0]);
  if (!input) return input.takeError();
  auto store = session.store();
  if (!store) return store.takeError();
  auto layer = readLayer(input->get(), (*store)->layers());
  if (!layer) return withContext(layer.takeError(), "import " + arguments[0]);
  auto image = (*store)->images().create(std::move(*config), {*layer});
  if (!image) return image.takeError();
  if (name)
    if (llvm::Error error = (*store)->images().tag(image->id, name->canonical())) return error;
  tellImage(session, "import", image->id.str(), name ? name->canonical() : "");
  session.out() << image->id.str() << "\n";
  return 0;
}

}  // namespace

Command importCommand() {
  return {.name = "import",
          .usage = "[OPTIONS] file|- [REPOSITORY[:TAG]]",
          .description = "Make an image of a root file system's tar archive",
          .minimum = 1,
          .maximum = 2,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ImportOptions>();
            declared.list("-c,--change", options->changes, "Apply a Dockerfile instruction to the image");
            declared.text("-m,--message", options->message, "Comment of the image's history");
            declared.text("--platform", options->platform, "What the archive's programs run on (this machine)");
            return [options](Session& session, const Arguments& arguments) {
              return import(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
