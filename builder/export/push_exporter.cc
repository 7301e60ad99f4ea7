// An image on its way to registries: laid out in a directory of the staging area, then sent to each repository that its
// names are in. What a repository has already is not sent (OUT-11).

#include "builder/export/exporter.h"
#include "layerfs/descriptor.h"
#include "registry/client.h"
#include "registry/push.h"
#include "support/fault.h"
#include "support/files.h"

#include <fcntl.h>
#include <map>

namespace strata::builder {

namespace {
using layerfs::Descriptor;

/// A file that is a blob.
class BlobSource : public ByteSource {
public:
  explicit BlobSource(UniqueFd file) : file_(std::move(file)), source_(file_.get()) {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override { return source_.read(buffer, size); }

private:
  UniqueFd file_;
  FdSource source_;
};

/// What a layout's root leads to, ready to be sent.
class LaidOut {
public:
  explicit LaidOut(std::string directory) : directory_(std::move(directory)) {}

  llvm::Error add(const Descriptor& root) {
    auto text = readFile(pathOf(root.digest));
    if (!text) return text.takeError();
    if (layerfs::media::isIndex(root.mediaType)) {
      auto index = layerfs::parseIndex(*text);
      if (!index) return index.takeError();
      for (const Descriptor& manifest : index->manifests)
        if (auto error = add(manifest)) return error;
    } else {
      auto manifest = layerfs::parseManifest(*text);
      if (!manifest) return manifest.takeError();
      addBlob(manifest->config);
      for (const Descriptor& layer : manifest->layers) addBlob(layer);
    }
    content.manifests.push_back({root.mediaType, std::move(*text)});
    return llvm::Error::success();
  }
  registry::PushContent content;

private:
  std::string pathOf(const Digest& digest) const { return joinPath(directory_, "blobs/sha256/" + digest.hex()); }
  void addBlob(const Descriptor& blob) {
    content.blobs.push_back({blob, [path = pathOf(blob.digest)]() -> llvm::Expected<std::unique_ptr<ByteSource>> {
                               auto file = openFile(path, O_RDONLY);
                               if (!file) return file.takeError();
                               return std::make_unique<BlobSource>(std::move(*file));
                             }});
  }

  std::string directory_;
};

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
}  // namespace

llvm::Expected<ExportedImage> exportByPushing(const ExportJob& job, const CancelToken& cancel) {
  auto directory = TempDir::make(job.store.staging(), "push-");
  if (!directory) return directory.takeError();
  OutputSpec spec = job.spec;
  spec.type = OutputType::Oci;
  spec.tar = false;
  spec.destination = directory->path();
  spec.image.forceCompression = true;  // the store has the base uncompressed, and nobody wants to pull it so
  ExportJob layout{
      .spec = spec, .results = job.results, .asIndex = job.asIndex, .epoch = job.epoch, .store = job.store};
  auto exported = exportLayout(layout);
  if (!exported) return exported;

  LaidOut laidOut(directory->path());
  if (auto error = laidOut.add(exported->descriptor)) return error;
  auto repositories = repositoriesOf(job.spec.image.names);
  if (!repositories) return repositories.takeError();
  registry::Client client(cancel, {.insecure = job.spec.image.insecure});
  for (const auto& [name, references] : *repositories) {
    std::vector<std::string> tags;
    if (!job.spec.image.pushByDigest)
      for (const registry::Reference& reference : references) tags.push_back(reference.tag);
    auto repository = client.repository(references.front(), registry::Client::Use::Push);
    if (!repository) return repository.takeError();
    if (auto error = registry::push(**repository, laidOut.content, tags))
      return withContext(std::move(error), "push " + name);
  }
  return exported;
}

}  // namespace strata::builder
