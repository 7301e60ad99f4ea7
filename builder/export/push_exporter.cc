// An image on its way to registries, straight out of the store: layers are compressed into their uploads, and what a
// repository has already, or its registry elsewhere, is not sent (OUT-11).

#include "builder/export/exporter.h"
#include "builder/export/image_document.h"
#include "layerfs/descriptor.h"
#include "registry/push.h"
#include "support/fault.h"

#include <map>

namespace strata::builder {

namespace {
using layerfs::Descriptor;

/// The repositories that the names are in, each with its tags.
llvm::Expected<std::map<std::string, std::vector<registry::Reference>>> repositoriesOf(
    llvm::ArrayRef<std::string> names) {
  std::map<std::string, std::vector<registry::Reference>> repositories;
  for (const std::string& name : names) {
    auto reference = registry::parseReference(name);
    if (!reference) return reference.takeError();
    repositories[reference->repository()].push_back(std::move(*reference));
  }
  return repositories;
}

class RepositoryExporter {
public:
  RepositoryExporter(const ExportJob& job, registry::Client& client, registry::Repository& repository)
      : job_(job),
        repository_(repository),
        push_(repository, client, job.store.layers(),
              {.compression = job.spec.image.compression,
               .force = job.spec.image.forceCompression,
               .family = job.spec.image.family},
              *job.progress) {}

  llvm::Expected<ExportedImage> run(llvm::ArrayRef<std::string> tags) {
    ExportedImage exported{.names = job_.spec.image.names};
    std::vector<Document> manifests;
    bool isIndex = job_.asIndex || job_.results.size() > 1;
    for (const PlatformResult& result : job_.results) {
      auto documents = image(result, isIndex ? llvm::ArrayRef<std::string>() : tags);
      if (!documents) return documents.takeError();
      exported.configs.push_back(documents->config.descriptor.digest);
      manifests.push_back(std::move(documents->manifest));
    }
    if (isIndex) {
      std::vector<Descriptor> members;
      for (const Document& manifest : manifests) {
        if (auto error = root(manifest, {})) return error;
        members.push_back(manifest.descriptor);
      }
      Document index = indexDocument(std::move(members), job_.spec.image);
      if (auto error = root(index, tags)) return error;
      exported.descriptor = index.descriptor;
      annotate(exported.descriptor.annotations, job_.spec.image.annotations, Annotation::Place::IndexDescriptor);
      return exported;
    }
    if (auto error = root(manifests.front(), tags)) return error;
    exported.descriptor = std::move(manifests.front().descriptor);
    return exported;
  }

private:
  llvm::Expected<ImageDocuments> image(const PlatformResult& result, llvm::ArrayRef<std::string> tags) {
    auto config = configDocument(result);
    if (!config) return config.takeError();
    auto over = [&](std::vector<Descriptor> layers) -> llvm::Expected<Digest> {
      auto documents = imageDocuments(result, std::move(layers), job_.spec.image);
      if (!documents) return documents.takeError();
      return documents->manifest.descriptor.digest;
    };
    auto blobs = registry::pushBlobs(push_, repository_, result.layers, *config, over, tags);
    if (!blobs) return blobs.takeError();
    allThere_ &= blobs->hasManifest;
    return imageDocuments(result, std::move(blobs->layers), job_.spec.image);
  }

  llvm::Error root(const Document& document, llvm::ArrayRef<std::string> tags) {
    auto ask = allThere_ ? registry::AskFirst::Yes : registry::AskFirst::No;
    if (auto error = registry::pushRoot(repository_, document.bytes, document.descriptor.mediaType, tags, ask))
      return error;
    const Digest& digest = document.descriptor.digest;
    std::string repository = repository_.reference().repository();
    for (const std::string& tag : tags)
      job_.progress->onNotice("pushed " + repository + ":" + tag + "@" + digest.str());
    if (tags.empty()) job_.progress->onNotice("pushed " + repository + "@" + digest.str());
    return llvm::Error::success();
  }

  const ExportJob& job_;
  registry::Repository& repository_;
  registry::LayerPush push_;
  bool allThere_ = true;  ///< the repository has the manifests of all images so far
};
}  // namespace

llvm::Expected<ExportedImage> exportByPushing(const ExportJob& job, const CancelToken& cancel) {
  auto repositories = repositoriesOf(job.spec.image.names);
  if (!repositories) return repositories.takeError();
  if (!job.registry) return fault(FaultKind::Unsupported, "this build has no way to registries");
  registry::Client insecure(job.registry, cancel, {.insecure = true, .retries = job.registry->retries()});
  registry::Client& client = job.spec.image.insecure ? insecure : *job.registry;
  std::optional<ExportedImage> exported;
  for (const auto& [name, references] : *repositories) {
    std::vector<std::string> tags;
    if (!job.spec.image.pushByDigest)
      for (const registry::Reference& reference : references) tags.push_back(reference.tag);
    auto repository = client.repository(references.front(), registry::Client::Use::Push);
    if (!repository) return withContext(repository.takeError(), "push " + name);
    auto result = RepositoryExporter(job, client, **repository).run(tags);
    if (!result) return withContext(result.takeError(), "push " + name);
    exported = std::move(*result);
    exported->repositories.push_back(name);
  }
  if (!exported) return fault(FaultKind::Invalid, "there is no name to push to");
  return std::move(*exported);
}

}  // namespace strata::builder
