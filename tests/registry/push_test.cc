#include "registry/push.h"

#include "registry/client.h"
#include "support/fault.h"
#include "tests/support/registry_server.h"

#include <atomic>

namespace strata::registry {
namespace {
using strata::testing::must;
using strata::testing::RegistryServer;

PushBlob blobOf(const std::string& bytes, llvm::StringRef mediaType, std::atomic<int>* opened = nullptr) {
  return {.descriptor = {.mediaType = mediaType.str(), .digest = digestOf(bytes), .size = bytes.size()},
          .open = [bytes, opened]() -> llvm::Expected<std::unique_ptr<ByteSource>> {
            struct Owning : StringSource {
              explicit Owning(std::string text) : StringSource(""), text(std::move(text)) {
                static_cast<StringSource&>(*this) = StringSource(this->text);
              }
              std::string text;
            };
            if (opened) ++*opened;
            return std::make_unique<Owning>(bytes);
          }};
}

/// An index of two images that share a layer.
PushContent twoImages(std::atomic<int>* opened) {
  PushContent content;
  layerfs::Index index;
  for (const char* config : {"{\"a\":1}", "{\"a\":2}"}) {
    content.blobs.push_back(blobOf(config, layerfs::media::kOciConfig, opened));
    content.blobs.push_back(blobOf("shared layer", layerfs::media::kOciLayer, opened));
    layerfs::Manifest manifest{.config = content.blobs[content.blobs.size() - 2].descriptor,
                               .layers = {content.blobs.back().descriptor},
                               .annotations = {}};
    std::string text = printManifest(manifest);
    index.manifests.push_back({.mediaType = manifest.mediaType, .digest = digestOf(text), .size = text.size()});
    content.manifests.push_back({manifest.mediaType, text});
  }
  content.manifests.push_back({index.mediaType, printIndex(index)});
  return content;
}

TEST(Push, AnIndexArrivesWholeAndOnce) {
  RegistryServer server;
  CancelToken cancel;
  Client client(cancel);
  Repository& repository = *must(client.repository(must(parseReference(server.domain() + "/team/app"))));
  std::atomic<int> opened = 0;
  PushContent content = twoImages(&opened);
  must(push(repository, content, {"v1", "latest"}));
  EXPECT_EQ(opened.load(), 3) << "two configurations and one layer";
  for (const char* tag : {"v1", "latest"}) EXPECT_EQ(must(repository.manifest(tag)).text, content.manifests[2].text);
  EXPECT_EQ(must(repository.manifest(digestOf(content.manifests[0].text).str())).text, content.manifests[0].text);

  must(push(repository, content, {"v2"}));
  EXPECT_EQ(opened.load(), 3) << "what is there is not read again";
}

TEST(Push, WithoutATagItIsThereByItsDigest) {
  RegistryServer server;
  CancelToken cancel;
  Client client(cancel);
  Repository& repository = *must(client.repository(must(parseReference(server.domain() + "/app"))));
  PushContent content = twoImages(nullptr);
  must(push(repository, content, {}));
  EXPECT_EQ(must(repository.manifest(digestOf(content.manifests[2].text).str())).text, content.manifests[2].text);
  EXPECT_FAULT(repository.manifest("latest"), FaultKind::NotFound);
}

TEST(Push, ABlobThatCannotBeReadLeavesNoTag) {
  RegistryServer server;
  CancelToken cancel;
  Client client(cancel);
  Repository& repository = *must(client.repository(must(parseReference(server.domain() + "/app"))));
  PushContent content = twoImages(nullptr);
  content.blobs[1].open = []() -> llvm::Expected<std::unique_ptr<ByteSource>> {
    return fault(FaultKind::Corrupt, "the layer is damaged");
  };
  EXPECT_FAULT_SAYING(push(repository, content, {"v1"}), FaultKind::Corrupt, "the layer is damaged");
  EXPECT_FAULT(repository.manifest("v1"), FaultKind::NotFound);
}
}  // namespace
}  // namespace strata::registry
