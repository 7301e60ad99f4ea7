#include "cli/completion/store_names.h"

#include "builder/journal/journal.h"
#include "cli/image_lookup.h"
#include "runtime/containers/container_store.h"
#include "runtime/networks/networks.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::cli {

namespace {
constexpr size_t kMostBuilds = 50;

/// As it is in the rows: nobody corrects a container because somebody pressed a key.
llvm::Expected<std::vector<Candidate>> containerNames(Session& session) {
  auto store = session.containers();
  if (!store) return store.takeError();
  auto containers = (*store)->list();
  if (!containers) return containers.takeError();
  std::vector<Candidate> names;
  for (const runtime::Container& one : *containers) names.push_back({one.name, one.config.image});
  return names;
}

llvm::Expected<std::vector<Candidate>> imageNames(Session& session) {
  auto store = session.store();
  if (!store) return store.takeError();
  auto images = (*store)->images().list();
  if (!images) return images.takeError();
  std::vector<Candidate> names;
  for (const layerfs::ImageSummary& image : *images)
    for (const std::string& name : image.names) {
      std::string familiar = familiarName(name);
      if (llvm::StringRef(familiar).ends_with(":latest"))
        names.push_back({familiar.substr(0, familiar.size() - std::string(":latest").size()), ""});
      names.push_back({std::move(familiar), ""});
    }
  return names;
}

llvm::Expected<std::vector<Candidate>> networkNames(Session& session) {
  auto networks = session.networks();
  if (!networks) return networks.takeError();
  auto list = (*networks)->store().list();
  if (!list) return list.takeError();
  std::vector<Candidate> names;
  for (const runtime::Network& one : *list) names.push_back({one.name, one.driver});
  return names;
}

llvm::Expected<std::vector<Candidate>> volumeNames(Session& session) {
  auto store = session.containers();
  if (!store) return store.takeError();
  auto volumes = (*store)->volumes();
  if (!volumes) return volumes.takeError();
  auto list = (*volumes)->list();
  if (!list) return list.takeError();
  std::vector<Candidate> names;
  for (const runtime::Volume& one : *list) names.push_back({one.name, ""});
  return names;
}

llvm::Expected<std::vector<Candidate>> buildIds(Session& session) {
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  auto builds = (*journal)->list(kMostBuilds);
  if (!builds) return builds.takeError();
  std::vector<Candidate> ids;
  for (const builder::Build& one : *builds) ids.push_back({one.id.substr(0, 12), one.context});
  return ids;
}

llvm::Expected<std::vector<Candidate>> namesOf(Noun noun, Session& session) {
  switch (noun) {
    case Noun::Container:
      return containerNames(session);
    case Noun::Image:
      return imageNames(session);
    case Noun::Network:
      return networkNames(session);
    case Noun::Volume:
      return volumeNames(session);
    case Noun::Build:
      return buildIds(session);
    case Noun::None:
    case Noun::File:
      return std::vector<Candidate>();
  }
  return std::vector<Candidate>();
}
}  // namespace

std::vector<Candidate> namesInStore(Noun noun, llvm::StringRef begun, Session& session) {
  if (noun == Noun::None || noun == Noun::File || !pathExists(joinPath(session.root(), "strata.db"))) return {};
  auto names = namesOf(noun, session);
  if (!names) {
    llvm::consumeError(names.takeError());
    return {};
  }
  llvm::erase_if(*names, [&](const Candidate& one) { return !llvm::StringRef(one.word).starts_with(begun); });
  return std::move(*names);
}

}  // namespace strata::cli
