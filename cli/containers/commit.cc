#include "builder/plan/apply_changes.h"
#include "cli/commands.h"
#include "cli/image_events.h"
#include "cli/options.h"
#include "cli/session.h"
#include "registry/reference.h"
#include "runtime/containers/container_events.h"
#include "runtime/containers/truth.h"
#include "runtime/files/container_files.h"
#include "runtime/files/standstill.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::cli {

namespace {

using runtime::Container;

struct CommitOptions {
  std::string author, message;
  std::vector<std::string> changes;
  bool pause = true;
};

/// What `run` has set for this container alone is not the image's.
std::vector<std::string> environmentOf(const Container& container, const layerfs::ImageConfig& image) {
  std::vector<std::string> env = container.config.env;
  auto isOwn = [&](llvm::StringRef pair) {
    bool isHostname = pair == "HOSTNAME=" + container.config.hostname;
    bool isTerminal = container.config.terminal && pair == "TERM=xterm";
    return (isHostname || isTerminal) && !llvm::is_contained(image.env, pair);
  };
  llvm::erase_if(env, isOwn);
  return env;
}

/// The image's configuration as the container was told to differ from it.
layerfs::ImageConfig configOf(const Container& container, layerfs::ImageConfig config) {
  const runtime::ContainerConfig& ours = container.config;
  config.env = environmentOf(container, config);
  config.user = ours.user;
  config.exposedPorts = ours.exposedPorts;
  config.entrypoint = ours.entrypoint;
  config.cmd = ours.cmd;
  config.volumes = ours.volumes;
  config.workingDir = ours.workingDir;
  config.labels = ours.labels;
  config.stopSignal = ours.stopSignal;
  config.healthcheck = ours.healthcheck;
  return config;
}

layerfs::HistoryEntry historyOf(const Container& container, const CommitOptions& options, bool hasLayer) {
  layerfs::HistoryEntry entry;
  entry.created = nowNanoseconds();
  entry.createdBy = llvm::join(container.config.cmd.value_or(std::vector<std::string>()), " ");
  entry.author = options.author;
  entry.comment = options.message;
  entry.emptyLayer = !hasLayer;
  return entry;
}

/// Null where it was not asked for, or cannot be had.
llvm::Expected<std::unique_ptr<runtime::Standstill>> standstillFor(const CommitOptions& options,
                                                                   const Container& container,
                                                                   runtime::ContainerStore& containers,
                                                                   Session& session) {
  if (!options.pause && container.state.isLive()) return nullptr;
  // Once we have the token a signal ends the pause, too.
  auto still = runtime::Standstill::begin(containers, container, session.cancel());
  if (still) return still;
  llvm::Error error = still.takeError();
  if (!takeIf(error, FaultKind::Unsupported)) return error;
  session.err() << "warning: this host cannot pause a container: what it writes now may be missing\n";
  return nullptr;
}

llvm::Expected<layerfs::Image> makeImage(const CommitOptions& options, const Container& container,
                                         runtime::ContainerStore& containers, layerfs::Store& store, Session& session) {
  auto base = store.images().load(container.imageId);
  if (!base) return withContext(base.takeError(), "image of the container");
  layerfs::ImageConfig config = configOf(container, base->config);
  if (llvm::Error error = builder::applyChanges(options.changes, config)) return error;
  auto still = standstillFor(options, container, containers, session);
  if (!still) return still.takeError();
  auto layer = runtime::layerOf(container, containers, store, session.cancel());
  if (!layer) return layer.takeError();
  still->reset();
  config.author = options.author;
  config.history.push_back(historyOf(container, options, *layer != nullptr));
  config.created = config.history.back().created;
  std::vector<std::shared_ptr<layerfs::Layer>> layers = base->layers;
  if (*layer) layers.push_back(std::move(*layer));
  return store.images().create(std::move(config), std::move(layers));
}

llvm::Expected<std::optional<registry::Reference>> nameFrom(const Arguments& words) {
  if (words.size() < 2) return std::nullopt;
  auto reference = registry::parseReference(words[1]);
  if (!reference) return reference.takeError();
  if (reference->digest) return fault(FaultKind::Invalid, "refusing to create a tag with a digest reference");
  return std::move(*reference);
}

llvm::Expected<int> commit(const CommitOptions& options, Session& session, const Arguments& words) {
  auto name = nameFrom(words);
  if (!name) return name.takeError();
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto container = runtime::findContainer(**containers, words[0]);
  if (!container) return container.takeError();
  auto store = session.store();
  if (!store) return store.takeError();
  auto image = makeImage(options, *container, **containers, **store, session);
  if (!image) return withContext(image.takeError(), "commit " + words[0]);
  if (*name)
    if (llvm::Error error = (*store)->images().tag(image->id, (*name)->canonical())) return error;
  runtime::tellContainerEvent(
      (*store)->root(), *container, "commit",
      {{"comment", options.message}, {"imageID", image->id.str()}, {"imageRef", *name ? (*name)->canonical() : ""}});
  if (*name) tellImage(session, "tag", image->id.str(), (*name)->canonical());
  session.out() << image->id.str() << "\n";
  return 0;
}

}  // namespace

Command containerCommitCommand() {
  return {.name = "commit",
          .usage = "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
          .description = "Make an image of what a container has changed",
          .minimum = 1,
          .maximum = 2,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<CommitOptions>();
            declared.text("-a,--author", options->author, "Author (\"Name <mail@example.com>\")");
            declared.list("-c,--change", options->changes, "Apply a Dockerfile instruction to the image");
            declared.text("-m,--message", options->message, "Comment of the image's history");
            declared.flag("-p,--pause", options->pause, "Pause the container meanwhile (true; --pause=false: do not)");
            return [options](Session& session, const Arguments& words) { return commit(*options, session, words); };
          }};
}

}  // namespace strata::cli
