#pragma once
/// \file A store of a test's own and a real registry beside it.

#include "layerfs/layer_tar.h"
#include "layerfs/store.h"
#include "registry/client.h"
#include "registry/push.h"
#include "registry/remote_layers.h"
#include "tests/support/registry_server.h"

namespace strata::registry::testing {
using strata::testing::makeTempDir;
using strata::testing::must;
using strata::testing::RegistryServer;

/// A tar of one file.
inline std::string tarOf(const std::string& path, const std::string& content) {
  StringSink sink;
  layerfs::LayerTarWriter tar(sink);
  StringSource source(content);
  must(tar.add({.path = path, .kind = layerfs::EntryKind::File, .mode = 0644, .size = content.size()}, &source));
  must(tar.finish());
  return sink.text;
}

/// One machine: a store, and a way to registries.
struct Machine {
  TempDir directory = makeTempDir();
  CancelToken cancel;
  Client client{cancel};
  RemoteLayers source{[this]() -> Client& { return client; }};
  std::unique_ptr<layerfs::Store> store;
  SilentProgress silent;

  Machine() {
    store = must(layerfs::Store::open({.root = directory.path() + "/root", .snapshotter = {}, .layerForm = {}}));
    store->layers().setSource(&source);
  }

  std::shared_ptr<layerfs::Layer> layer(const std::string& path, const std::string& content) {
    std::string tar = tarOf(path, content);
    StringSource source(tar);
    return must(store->layers().addTar(source));
  }
  layerfs::Image image(const std::vector<std::shared_ptr<layerfs::Layer>>& layers, const std::string& architecture,
                       const layerfs::ManifestNotes& notes = {}) {
    layerfs::ImageConfig config;
    config.platform = {.os = "linux", .architecture = architecture, .variant = {}};
    return must(store->images().create(config, layers, notes));
  }
  layerfs::Descriptor push(const Digest& id, const Reference& reference, const PushChoice& choice = {}) {
    Repository& repository = *must(client.repository(reference, Client::Use::Push));
    LayerPush layers(repository, client, store->layers(), choice, silent);
    return must(pushImage(layers, repository, *store, id, {reference.tag}, choice.family));
  }
  Repository& repository(const Reference& reference) { return *must(client.repository(reference)); }
  std::string content(layerfs::Layer& layer) {
    StringSink tar;
    must(layer.writeTar(tar));
    return tar.text;
  }
};

inline Reference at(const RegistryServer& server, const std::string& rest) {
  return must(parseReference(server.domain() + "/" + rest));
}

}  // namespace strata::registry::testing
