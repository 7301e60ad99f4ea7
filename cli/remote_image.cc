#include "cli/remote_image.h"

#include "layerfs/image_config.h"
#include "registry/pull.h"

namespace strata::cli {

llvm::Expected<layerfs::Image> loadRemoteImage(registry::Client& client, llvm::StringRef name,
                                               llvm::StringRef platform) {
  auto wanted = layerfs::parsePlatform(platform.empty() ? "local" : platform);
  if (!wanted) return wanted.takeError();
  auto reference = client.find(name);
  if (!reference) return reference.takeError();
  auto repository = client.repository(*reference);
  if (!repository) return repository.takeError();
  auto remote = registry::resolveRemote(**repository, *reference, *wanted);
  if (!remote) return remote.takeError();
  auto config = layerfs::parseImageConfig(remote->config);
  if (!config) return config.takeError();
  layerfs::Image image{
      .id = remote->content.config.digest, .manifest = remote->root.digest, .config = std::move(*config)};
  for (const layerfs::Descriptor& layer : remote->content.layers) image.size += layer.size;
  registry::Reference named = *reference;
  named.digest.reset();
  if (!named.tag.empty()) image.names = {named.canonical()};
  return image;
}

}  // namespace strata::cli
