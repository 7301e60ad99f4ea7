#include "cli/commands.h"
#include "cli/image_events.h"
#include "cli/image_lookup.h"
#include "cli/options.h"
#include "cli/session.h"
#include "registry/reference.h"
#include "runtime/containers/container_store.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringRef.h>

#include <optional>
#include <set>

namespace strata::cli {

namespace {

struct RmiOptions {
  bool force = false;
};

/// By id an image goes with all its names; names in several repositories are likely somebody else's too.
llvm::Error checkRepositories(const Digest& id, llvm::ArrayRef<std::string> names) {
  std::set<std::string> repositories;
  for (const std::string& name : names) repositories.insert(partsOf(name).repository);
  if (repositories.size() <= 1) return llvm::Error::success();
  return fault(FaultKind::Invalid, "conflict: unable to delete " + id.shortHex() +
                                       " (must be forced) - image is referenced in multiple repositories");
}

llvm::Expected<std::vector<std::string>> loadNames(layerfs::ImageStore& images, const Digest& id) {
  auto index = loadIndex(images, id);
  if (!index) return index.takeError();
  if (*index) return std::move((*index)->names);
  auto image = images.load(id);
  if (!image) return image.takeError();
  return std::move(image->names);
}

/// An image that has no more names in a repository is not known by digests there either.
llvm::Error forgetDigests(layerfs::ImageStore& images, const Digest& id, const std::string& untagged,
                          llvm::ArrayRef<std::string> names) {
  auto reference = registry::parseReference(untagged);
  if (!reference) return reference.takeError();
  std::string repository = partsOf(untagged).repository;
  bool others = llvm::any_of(
      names, [&](const std::string& name) { return name != untagged && partsOf(name).repository == repository; });
  return others ? llvm::Error::success() : images.digests().remove(id, reference->repository());
}

/// The images that go with this one.
llvm::Expected<std::vector<Digest>> imagesOf(layerfs::ImageStore& images, const Digest& id) {
  auto index = loadIndex(images, id);
  if (!index) return index.takeError();
  std::vector<Digest> all = {id};
  if (*index)
    for (const layerfs::IndexMember& member : (*index)->members) all.push_back(member.image);
  return all;
}

/// A container whose image this is, one that runs if there is any.
llvm::Expected<std::optional<runtime::Container>> userOf(Session& session, layerfs::ImageStore& images,
                                                         const Digest& id) {
  auto containers = session.containers();
  auto all = imagesOf(images, id);
  if (!containers) return containers.takeError();
  if (!all) return all.takeError();
  std::optional<runtime::Container> user;
  for (const Digest& image : *all) {
    auto users = (*containers)->usersOf(image);
    if (!users) return users.takeError();
    for (runtime::Container& container : *users)
      if (!user || container.state.isLive()) user = std::move(container);
  }
  return user;
}

/// docker's words for an image that a container needs. With `force` its names go, and it stays for the container.
llvm::Error checkUser(const RmiOptions& options, const FoundImage& found, const runtime::Container& user,
                      llvm::StringRef text) {
  bool runs = user.state.isLive();
  std::string image = found.id.shortHex(), container = user.shortId();
  if (found.name && !options.force)
    return fault(FaultKind::Invalid, "conflict: unable to remove repository reference \"" + text +
                                         "\" (must force) - container " + container +
                                         " is using its referenced image " + image);
  if (found.name || (options.force && !runs)) return llvm::Error::success();
  return fault(FaultKind::Invalid, "conflict: unable to delete " + image +
                                       (runs ? " (cannot be forced) - image is being used by running container "
                                             : " (must be forced) - image is being used by stopped container ") +
                                       container);
}

void tellUntagged(Session& session, const Digest& id, const std::string& name) {
  session.out() << "Untagged: " << familiarName(name) << "\n";
  tellImage(session, "untag", id.str(), name);
}

llvm::Error removeOne(const RmiOptions& options, Session& session, layerfs::ImageStore& images, llvm::StringRef text) {
  auto found = findImage(images, text);
  if (!found) return found.takeError();
  auto names = loadNames(images, found->id);
  if (!names) return names.takeError();
  if (found->name && names->size() > 1) {
    auto removed = images.untag(*found->name);
    if (!removed) return removed.takeError();
    tellUntagged(session, found->id, *found->name);
    return forgetDigests(images, found->id, *found->name, *names);
  }
  auto user = userOf(session, images, found->id);
  if (!user) return user.takeError();
  if (*user)
    if (llvm::Error error = checkUser(options, *found, **user, text)) return error;
  if (!options.force)
    if (llvm::Error error = checkRepositories(found->id, *names)) return error;
  if (*user) {
    for (const std::string& name : *names) {
      if (llvm::Error error = images.untag(name).takeError()) return error;
      tellUntagged(session, found->id, name);
    }
    return llvm::Error::success();
  }
  if (llvm::Error error = images.remove(found->id)) return error;
  for (const std::string& name : *names) tellUntagged(session, found->id, name);
  session.out() << "Deleted: " << found->id.str() << "\n";
  tellImage(session, "delete", found->id.str(), "");
  return llvm::Error::success();
}

/// What cannot be removed does not keep the others.
llvm::Expected<int> rmi(const RmiOptions& options, Session& session, const Arguments& arguments) {
  auto store = session.store();
  if (!store) return store.takeError();
  llvm::Error failures = llvm::Error::success();
  for (const std::string& text : arguments) {
    llvm::Error error = removeOne(options, session, (*store)->images(), text);
    if (options.force && takeIf(error, FaultKind::NotFound)) continue;
    failures = llvm::joinErrors(std::move(failures), std::move(error));
  }
  if (failures) return failures;
  return 0;
}

}  // namespace

Command rmiCommand() {
  return {.name = "rmi",
          .usage = "[OPTIONS] IMAGE [IMAGE...]",
          .description = "Remove one or more images",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<RmiOptions>();
            declared.flag("-f,--force", options->force, "Remove it whatever names it has; an absent one is no error");
            declared.ignored("--no-prune", false);
            return
                [options](Session& session, const Arguments& arguments) { return rmi(*options, session, arguments); };
          }};
}

}  // namespace strata::cli
