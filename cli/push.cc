#include "registry/push.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/flag_fault.h"
#include "cli/image_events.h"
#include "cli/image_lookup.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/transfer_view.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/http.h"
#include "support/output_file.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/ScopeExit.h>

#include <unistd.h>

namespace strata::cli {

namespace {

struct PushOptions {
  bool allTags = false, quiet = false, force = false;
  std::string compression = "gzip", platform, metadataFile;
  std::optional<std::string> level;
};

llvm::Expected<registry::PushChoice> choiceFrom(const PushOptions& options) {
  registry::PushChoice choice{.force = options.force};
  if (options.compression == "zstd")
    choice.compression.kind = layerfs::Compression::Zstd;
  else if (options.compression == "uncompressed")
    choice.compression.kind = layerfs::Compression::None;
  else if (options.compression != "gzip")
    return fault(FaultKind::Invalid,
                 "invalid compression '" + options.compression + "': there are gzip, zstd and uncompressed");
  if (!options.level) return choice;
  int level = 0;
  int highest = options.compression == "zstd" ? 22 : 9;
  if (llvm::StringRef(*options.level).getAsInteger(10, level) || level < 0 || level > highest)
    return fault(FaultKind::Invalid, "invalid compression level '" + *options.level + "': " + options.compression +
                                         " has 0 to " + llvm::Twine(highest));
  choice.compression.level = level;
  return choice;
}

/// The names of this repository that the store has, or the one that was said.
llvm::Expected<std::vector<registry::Reference>> namesToPush(const PushOptions& options, llvm::StringRef text,
                                                             layerfs::ImageStore& images) {
  auto reference = registry::parseReference(text);
  if (!reference) return reference.takeError();
  if (reference->digest) return fault(FaultKind::Invalid, "cannot push a digest reference");
  bool saysTag = text.ends_with(":" + reference->tag);
  if (!options.allTags) return std::vector<registry::Reference>{std::move(*reference)};
  if (saysTag) return fault(FaultKind::Invalid, "tag can't be used with --all-tags/-a");
  auto all = images.list();
  if (!all) return all.takeError();
  std::vector<registry::Reference> names;
  for (const layerfs::ImageSummary& image : *all)
    for (const std::string& name : image.names) {
      auto known = registry::parseReference(name);
      if (!known) return known.takeError();
      if (known->repository() == reference->repository()) names.push_back(std::move(*known));
    }
  if (names.empty())
    return fault(FaultKind::NotFound,
                 "An image does not exist locally with the tag: " + reference->familiarRepository());
  llvm::sort(names);
  return names;
}

/// Of an index with --platform the one image.
llvm::Expected<Digest> idToPush(const PushOptions& options, const registry::Reference& name,
                                layerfs::ImageStore& images) {
  auto found = findImage(images, name.canonical());
  if (!found) {
    auto error = found.takeError();
    if (!takeIf(error, FaultKind::NotFound)) return error;
    return fault(FaultKind::NotFound, "An image does not exist locally with the tag: " + name.familiarRepository());
  }
  if (options.platform.empty()) return found->id;
  auto image = loadImage(images, name.canonical(), options.platform);
  if (!image) return image.takeError();
  return image->id;
}

/// An image that was pulled of an index is one of several at the other end; its name leads to itself alone afterwards.
/// Asked only of images that a registry knows under another digest than their manifest's.
llvm::Error warnOfIndex(registry::Repository& repository, const registry::Reference& name, const Digest& id,
                        layerfs::ImageStore& images, llvm::raw_ostream& err) {
  auto isIndex = images.indexes().contains(id);
  if (!isIndex || *isIndex) return isIndex.takeError();
  auto image = images.load(id);
  if (!image) return image.takeError();
  auto digests = images.digests().of(id);
  if (!digests) return digests.takeError();
  auto known = llvm::find_if(*digests, [&](const auto& one) { return one.digest != image->manifest; });
  if (known == digests->end()) return llvm::Error::success();
  auto there = repository.resolve(name.tag);
  if (!there) return llvm::consumeError(there.takeError()), llvm::Error::success();  // the push itself will say
  if (!*there || !layerfs::media::isIndex((*there)->mediaType)) return llvm::Error::success();
  std::string source = known->repository + "@" + known->digest.str();
  err << "WARNING: " << name.familiar() << " leads to an index of several platforms there; of these the store has "
      << image->config.platform.str() << ", which alone takes its place. `strata copy " << source << " "
      << name.familiar() << "` keeps all of them\n";
  return llvm::Error::success();
}

llvm::Error writeMetadata(const std::string& path, const registry::Reference& name,
                          const layerfs::Descriptor& descriptor) {
  llvm::json::Object document{{"containerimage.digest", descriptor.digest.str()},
                              {"containerimage.descriptor", llvm::json::Object{{"mediaType", descriptor.mediaType},
                                                                               {"digest", descriptor.digest.str()},
                                                                               {"size", int64_t(descriptor.size)}}},
                              {"image.name", name.canonical()}};
  return writeFileAtomically(path, printPrettyJson(std::move(document)) + "\n");
}

llvm::Expected<int> push(const PushOptions& options, Session& session, const Arguments& arguments) {
  auto choice = choiceFrom(options);
  if (!choice) return asFlagFault(choice.takeError());
  if (auto platform = platformFlag(options.platform); !platform) return platform.takeError();
  HttpPreparation http;
  auto opened = session.store();
  if (!opened) return opened.takeError();
  layerfs::Store& store = **opened;
  auto names = namesToPush(options, arguments.front(), store.images());
  if (!names) return names.takeError();
  std::vector<Digest> ids;
  for (const registry::Reference& name : *names) {
    auto id = idToPush(options, name, store.images());
    if (!id) return id.takeError();
    ids.push_back(*id);
  }
  registry::Client& client = session.registry();
  auto repository = client.repository(names->front(), registry::Client::Use::Push);
  if (!repository) return repository.takeError();

  llvm::raw_null_ostream nowhere;
  llvm::raw_ostream& out = options.quiet ? nowhere : session.out();
  out << "The push refers to repository [" << names->front().repository() << "]\n";
  out.flush();
  TransferView view(out, {.underWay = "Pushing", .done = "Pushed"},
                    options.quiet ? nullptr : TransferView::terminalAt(STDOUT_FILENO));
  session.showTransfers(&view);
  auto silence = llvm::make_scope_exit([&] { session.showTransfers(nullptr); });
  registry::LayerPush layers(**repository, client, store.layers(), *choice, view);
  for (const auto& [name, id] : llvm::zip(*names, ids)) {
    if (auto error = warnOfIndex(**repository, name, id, store.images(), session.err())) return error;
    auto pushed = registry::pushImage(layers, **repository, store, id, {name.tag}, choice->family);
    if (!pushed) return withContext(pushed.takeError(), "push " + name.familiar());
    out << name.tag << ": digest: " << pushed->digest.str() << " size: " << pushed->size << "\n";
    tellImage(session, "push", name.familiar(), name.canonical());
    if (options.quiet) session.out() << name.canonical() << "\n";
    if (!options.metadataFile.empty())
      if (auto error = writeMetadata(options.metadataFile, name, *pushed)) return error;
  }
  return 0;
}

}  // namespace

Command pushCommand() {
  return {.name = "push",
          .usage = "[OPTIONS] NAME[:TAG]",
          .description = "Upload an image to a registry",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<PushOptions>();
            declared.flag("-a,--all-tags", options->allTags, "Push all tags of an image to the repository");
            declared.text("--compression", options->compression, "Of the layers: gzip, zstd or uncompressed");
            declared.text("--compression-level", options->level, "gzip 0 to 9, zstd 0 to 22", "int");
            declared.flag("--force-compression", options->force, "Compress anew what came compressed in another way");
            declared.text("--metadata-file", options->metadataFile, "Write what was pushed, as JSON");
            declared.text("--platform", options->platform, "Of an image of several platforms the one to push");
            declared.flag("-q,--quiet", options->quiet, "Print nothing but the image's name");
            declared.ignored("--disable-content-trust", false);
            return
                [options](Session& session, const Arguments& arguments) { return push(*options, session, arguments); };
          },
          .transfers = true};
}

}  // namespace strata::cli
