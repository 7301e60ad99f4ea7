#include "cli/commands.h"
#include "cli/flag_fault.h"
#include "cli/image_lookup.h"
#include "cli/inspected.h"
#include "cli/options.h"
#include "cli/remote_image.h"
#include "cli/session.h"
#include "cli/template.h"
#include "registry/reference.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <functional>
#include <set>

namespace strata::cli {

namespace {

struct InspectOptions {
  std::string format, type, platform;
  bool size = false, remote = false, insecure = false;
};

/// Members that docker shows also where they say nothing.
llvm::json::Object configOf(const layerfs::ImageConfig& config) {
  llvm::json::Object object = layerfs::containerConfigJson(config);
  for (llvm::StringRef text : {"User", "WorkingDir"}) object.try_emplace(text, "");
  for (llvm::StringRef list : {"Cmd", "Entrypoint", "Env", "Labels", "OnBuild", "Volumes"})
    object.try_emplace(list, nullptr);
  return object;
}

/// `known`: under which digests registries know it; where none does, the store's manifest says what it would be.
llvm::json::Object documentOf(const layerfs::Image& image, llvm::ArrayRef<layerfs::RepositoryDigest> known) {
  const layerfs::ImageConfig& config = image.config;
  llvm::json::Array tags, digests, layers;
  std::set<std::string> repositories;
  for (const layerfs::RepositoryDigest& one : known) {
    std::string repository = partsOf(one.repository).repository;
    digests.push_back(repository + "@" + one.digest.str());
    repositories.insert(repository);
  }
  for (const std::string& name : image.names) {
    tags.push_back(familiarName(name));
    if (std::string repository = partsOf(name).repository; image.manifest && repositories.insert(repository).second)
      digests.push_back(repository + "@" + image.manifest.str());
  }
  for (const layerfs::DiffId& diffId : config.diffIds) layers.push_back(diffId.digest.str());
  llvm::json::Object document{
      {"Id", image.id.str()},
      {"RepoTags", std::move(tags)},
      {"RepoDigests", std::move(digests)},
      {"Parent", ""},
      {"Comment", config.history.empty() ? "" : llvm::json::fixUTF8(config.history.back().comment)},
      {"Created", rfc3339(config.created.value_or(0))},
      {"DockerVersion", ""},
      {"Author", llvm::json::fixUTF8(config.author)},
      {"Config", configOf(config)},
      {"Architecture", config.platform.architecture},
      {"Os", config.platform.os},
      {"Size", int64_t(image.size)},
      {"GraphDriver", llvm::json::Object{{"Name", "strata"}, {"Data", nullptr}}},
      {"RootFS", llvm::json::Object{{"Type", "layers"}, {"Layers", std::move(layers)}}}};
  if (!config.platform.variant.empty()) document["Variant"] = config.platform.variant;
  return document;
}

/// docker's containerd store shows an index by its own id, with the image that is usual for it; --platform asks for an
/// image.
llvm::Expected<llvm::json::Object> documentFor(layerfs::ImageStore& images, llvm::StringRef text,
                                               llvm::StringRef platform) {
  auto image = loadImage(images, text, platform);
  if (!image) return image.takeError();
  auto found = findImage(images, text);
  if (!found) return found.takeError();
  auto index = loadIndex(images, found->id);
  if (!index) return index.takeError();
  auto digests = images.digests().of(*index && platform.empty() ? (*index)->id : image->id);
  if (!digests) return digests.takeError();
  if (!*index || !platform.empty()) return documentOf(*image, *digests);
  image->id = image->manifest = (*index)->id;
  image->names = (*index)->names;
  llvm::json::Object document = documentOf(*image, *digests);
  llvm::json::Array manifests;
  for (const layerfs::IndexMember& member : (*index)->members)
    manifests.push_back(llvm::json::Object{{"ID", member.manifest.str()},
                                           {"Kind", "image"},
                                           {"Image", member.image.str()},
                                           {"Platform", member.platform.str()}});
  document["Manifests"] = std::move(manifests);
  return document;
}

/// For templates every member of an image's configuration is there, so that asking for one is no error.
llvm::json::Object withAllMembers(llvm::json::Object document) {
  if (!document.get("RootFS")) return document;  // a container's or a volume's is whole
  llvm::json::Object& config = *document.getObject("Config");
  for (llvm::StringRef member : {"ExposedPorts", "Healthcheck", "Shell"}) config.try_emplace(member, nullptr);
  config.try_emplace("StopSignal", "");
  config.try_emplace("ArgsEscaped", false);
  document.try_emplace("Variant", "");
  return document;
}

llvm::Error printAll(const InspectOptions& options, std::vector<llvm::json::Object> documents, llvm::raw_ostream& out) {
  if (!options.format.empty() && options.format != "json") {
    for (llvm::json::Object& document : documents)
      if (llvm::Error error = printFormatted(options.format, withAllMembers(std::move(document)), out)) return error;
    return llvm::Error::success();
  }
  llvm::json::Array array;
  for (llvm::json::Object& document : documents) array.push_back(std::move(document));
  llvm::json::Value value = std::move(array);
  out << (options.format == "json" ? printJson(value) : printPrettyJson(value)) << "\n";
  return llvm::Error::success();
}

llvm::Expected<llvm::json::Object> remoteDocumentFor(registry::Client& client, llvm::StringRef text,
                                                     llvm::StringRef platform) {
  auto image = loadRemoteImage(client, text, platform);
  if (!image) return image.takeError();
  auto reference = client.find(text);
  if (!reference) return reference.takeError();
  return documentOf(*image, layerfs::RepositoryDigest{reference->repository(), image->manifest});
}

using FoundDocument = llvm::Expected<std::optional<llvm::json::Object>>;

/// An image; nothing: there is none.
FoundDocument imageDocument(const InspectOptions& options, Session& session, llvm::StringRef text) {
  auto store = session.store();
  if (!store) return store.takeError();
  auto image = documentFor((*store)->images(), text, options.platform);
  if (image) return std::move(*image);
  llvm::Error error = image.takeError();
  bool mayBeOther = options.type.empty() && options.platform.empty();
  if (mayBeOther && takeIf(error, FaultKind::NotFound)) return std::nullopt;
  return error;
}

std::string notFoundText(llvm::StringRef type, llvm::StringRef text) {
  if (type == "container") return "No such container: " + printable(text);
  if (type == "network") return "network " + printable(text) + " not found";
  if (type == "volume") return "get " + printable(text) + ": no such volume";
  return "No such object: " + printable(text);
}

/// A container, or else an image, a network or a volume, as `--type` says.
llvm::Expected<llvm::json::Object> localDocumentFor(const InspectOptions& options, Session& session,
                                                    llvm::StringRef text) {
  auto asksFor = [&](llvm::StringRef type) { return options.type.empty() || options.type == type; };
  std::pair<const char*, std::function<FoundDocument()>> kinds[] = {
      {"container", [&] { return inspectContainer(session, text, options.size ? WithSize::Yes : WithSize::No); }},
      {"image", [&] { return imageDocument(options, session, text); }},
      {"network", [&] { return inspectNetwork(session, text); }},
      {"volume", [&] { return inspectVolume(session, text); }}};
  for (const auto& [type, find] : kinds) {
    if (!asksFor(type)) continue;
    auto found = find();
    if (!found) return found.takeError();
    if (*found) return std::move(**found);
  }
  return fault(FaultKind::NotFound, notFoundText(options.type, text));
}

/// What was found is printed although something else was not.
llvm::Expected<int> inspect(const InspectOptions& options, Session& session, const Arguments& arguments) {
  if (!options.type.empty() && !llvm::is_contained({"container", "image", "network", "volume"}, options.type))
    return fault(FaultKind::Unsupported,
                 "not yet supported: --type " + options.type + " (container, image, network or volume)");
  if (auto platform = platformFlag(options.platform); !platform) return platform.takeError();
  registry::Client client(session.cancel(), {.insecure = options.insecure, .retries = session.registry().retries()});
  std::vector<llvm::json::Object> documents;
  llvm::Error failures = llvm::Error::success();
  for (const std::string& text : arguments) {
    auto document =
        options.remote ? remoteDocumentFor(client, text, options.platform) : localDocumentFor(options, session, text);
    if (document)
      documents.push_back(std::move(*document));
    else
      failures = llvm::joinErrors(std::move(failures), document.takeError());
  }
  failures = llvm::joinErrors(std::move(failures), printAll(options, std::move(documents), session.out()));
  if (failures) return failures;
  return 0;
}

template <const char* Type>
Action declareInspect(Options& declared) {
  auto options = std::make_shared<InspectOptions>();
  options->type = Type;
  bool images = options->type != "container";
  declared.text("-f,--format", options->format, "'json' or a Go template");
  if (images) {
    declared.text("--platform", options->platform, "Of an image of several platforms the one to show");
    declared.flag("--insecure", options->insecure, "With --remote: plain HTTP and any certificate will do");
    declared.flag("--remote", options->remote, "Show what the registry has, without pulling it");
  }
  declared.flag("-s,--size", options->size, "Show sizes (always shown for images)");
  if (options->type.empty())
    declared.text("--type", options->type, "What to look for: container, image, network or volume");
  return [options](Session& session, const Arguments& arguments) { return inspect(*options, session, arguments); };
}

constexpr char kAny[] = "", kImage[] = "image", kContainer[] = "container";

Command inspectNamed(const char* usage, const char* description, Action (*declare)(Options&)) {
  return {.name = "inspect",
          .usage = usage,
          .description = description,
          .minimum = 1,
          .maximum = -1,
          .declare = declare,
          .transfers = true};
}

}  // namespace

Command inspectCommand() {
  return inspectNamed("[OPTIONS] NAME|ID [NAME|ID...]",
                      "Show everything that is known of containers, images, networks and volumes",
                      declareInspect<kAny>);
}
Command imageInspectCommand() {
  return inspectNamed("[OPTIONS] IMAGE [IMAGE...]", "Show everything that is known of one or more images",
                      declareInspect<kImage>);
}
Command containerInspectCommand() {
  return inspectNamed("[OPTIONS] CONTAINER [CONTAINER...]", "Show everything that is known of one or more containers",
                      declareInspect<kContainer>);
}

}  // namespace strata::cli
