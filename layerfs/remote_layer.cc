// How a layer whose bytes are elsewhere gets them.

#include "layerfs/decompression.h"
#include "layerfs/stored_layer.h"
#include "support/fault.h"

#include <cerrno>

namespace strata::layerfs {

llvm::Error StoredLayer::bring() {
  if (form_ != LayerForm::Remote) return llvm::Error::success();
  std::lock_guard lock(mutex_);
  if (form_ != LayerForm::Remote) return llvm::Error::success();
  auto brought = wasBrought();
  if (!brought) return brought.takeError();
  if (*brought) return llvm::Error::success();
  TarIdentity wanted = *known();
  std::string name = "layer " + wanted.diffId.digest.str();
  LayerSource* source = *places_.source;
  if (!source) return fault(FaultKind::Unavailable, name + " is not in the store, and nothing here can bring it");
  auto blobs = places_.blobs->find(wanted.diffId);
  if (!blobs) return blobs.takeError();
  llvm::Error failures = llvm::Error::success();
  for (const LayerBlob& blob : *blobs) {
    auto error = bringFrom(*source, blob, wanted);
    if (!error) {
      llvm::consumeError(std::move(failures));
      return error;
    }
    if (kindOf(error) == FaultKind::Cancelled || kindOf(error) == FaultKind::Io) {
      llvm::consumeError(std::move(failures));
      return error;
    }
    if (kindOf(error) == FaultKind::NotFound)  // be it from the first read
      if (auto failed = places_.blobs->remove(wanted.diffId, blob)) llvm::consumeError(std::move(failed));
    failures = llvm::joinErrors(std::move(failures), withContext(std::move(error), "from " + blob.place));
  }
  if (!failures) failures = fault(FaultKind::NotFound, "no place is known that has it");
  return unreachable(withContext(std::move(failures), "bring " + name));
}

/// By another process since we looked.
llvm::Expected<bool> StoredLayer::wasBrought() {
  std::lock_guard lock(places_.database.mutex());
  auto query = places_.database.prepare(("SELECT " + LayerRow::kColumns + " FROM layers WHERE id = ?").str());
  if (!query) return query.takeError();
  auto there = query->bind(id_.value).step();
  if (!there || !*there) return there;
  LayerRow row = LayerRow::read(*query);
  if (row.form != LayerForm::Tar) return false;
  std::lock_guard knownLock(knownMutex_);
  identity_ = row.identity;
  stamp_ = row.stamp;
  form_ = row.form;
  return true;
}

/// One pass: brought, checked, inflated, checked, written, indexed.
llvm::Error StoredLayer::bringFrom(LayerSource& source, const LayerBlob& blob, const TarIdentity& wanted) {
  auto stored = source.open(blob);
  if (!stored) return stored.takeError();
  auto plain = decompressed(**stored);
  if (!plain) return plain.takeError();
  auto staged = stageTar(**plain, places_.staging, wanted.diffId);
  if (!staged) return staged.takeError();
  if (auto rest = skipRest(**stored); !rest) return rest.takeError();  // the blob's own digest is checked at its end
  return adopt(staged->draft.layer(), staged->identity, staged->stamp);
}

/// Another process may have been faster: what it put there has the same bytes.
llvm::Error StoredLayer::adopt(const std::string& staged, const TarIdentity& identity, const std::string& stamp) {
  std::string placed = stamp;
  if (renamePath(staged, directory_) != 0) {
    if (errno != ENOTEMPTY && errno != EEXIST) return errnoFault("rename to " + directory_);
    placed.clear();
  }
  return remember(identity, placed, LayerForm::Tar);
}

/// What nobody here can make again stays, to be brought when its place answers; anything else is as good as damaged.
llvm::Error StoredLayer::unreachable(llvm::Error cause) {
  if (cameAs_) return cause;
  std::string problem = messageOf(std::move(cause));
  if (auto error = forget(problem)) return error;
  return fault(FaultKind::Corrupt, problem);
}

}  // namespace strata::layerfs
