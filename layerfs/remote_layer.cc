// How a layer whose bytes are elsewhere gets them.

#include "layerfs/decompression.h"
#include "layerfs/outline_tail.h"
#include "layerfs/stored_layer.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

#include <cerrno>

namespace strata::layerfs {

namespace {
/// Of places of which one alone would do: what is worth most to whoever decides whether to try again counts.
class Failures {
public:
  void add(llvm::Error error) {
    FaultKind kind = kindOf(error) == FaultKind::Invalid ? FaultKind::Corrupt : kindOf(error);  // not even an archive
    if (text_.empty() || weight(kind) > weight(kind_)) kind_ = kind;
    text_ += (text_.empty() ? "" : "; ") + messageOf(std::move(error));
  }
  llvm::Error take() { return fault(kind_, text_.empty() ? "no place is known that has it" : text_); }

private:
  static int weight(FaultKind kind) {
    switch (kind) {
      case FaultKind::Unavailable:
        return 3;
      case FaultKind::Denied:
        return 2;
      case FaultKind::NotFound:
        return 0;
      default:
        return 1;
    }
  }
  FaultKind kind_ = FaultKind::NotFound;
  std::string text_;
};
}  // namespace

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
  auto blobs = placesToAsk(wanted.diffId);
  if (!blobs) return blobs.takeError();
  Failures failures;
  for (const LayerBlob& blob : *blobs) {
    auto error = bringFrom(*source, blob, wanted);
    if (!error) return error;
    FaultKind kind = kindOf(error);
    if (kind == FaultKind::Cancelled || kind == FaultKind::Io) return error;
    if (kind == FaultKind::NotFound)  // be it from the first read
      if (auto failed = places_.blobs->remove(wanted.diffId, blob)) llvm::consumeError(std::move(failed));
    failures.add(withContext(std::move(error), "from " + blob.place));
  }
  return unreachable(withContext(failures.take(), "bring " + name));
}

/// The blob that the layer was told as comes first: once compared, it can be passed on as it is.
llvm::Expected<std::vector<LayerBlob>> StoredLayer::placesToAsk(const DiffId& diffId) {
  auto blobs = places_.blobs->find(diffId);
  auto told = toldBlob();
  if (!blobs || !told) return blobs;
  auto isTold = [&](const LayerBlob& blob) { return blob.descriptor.digest == told->digest; };
  llvm::stable_sort(*blobs, [&](const LayerBlob& a, const LayerBlob& b) { return isTold(a) > isTold(b); });
  return blobs;
}

/// By another process since we looked.
llvm::Expected<bool> StoredLayer::wasBrought() {
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
  if (auto error = adopt(staged->draft.layer(), staged->identity, staged->stamp)) return error;
  Descriptor known = blob.descriptor;
  takeOutlineTail(known, toldBlob());
  return places_.blobs->put(wanted.diffId, {std::move(known), blob.place, /*verified=*/true});
}

/// What is here may be used, and named in other manifests, on the word of whoever told of it first: from now on only a
/// tail counts that is this layer's.
llvm::Error StoredLayer::checkOutlineTail() {
  auto told = toldBlob();
  auto tail = told ? outlineTailOf(*told) : std::nullopt;
  if (!tail) return llvm::Error::success();
  auto own = makeOutlineTail(*this, compressionOf(told->mediaType));
  if (!own) return own.takeError();
  if (digestOf(*own) == tail->digest) return llvm::Error::success();
  told->annotations.clear();
  {
    std::lock_guard lock(knownMutex_);
    toldBlob_ = told;
  }
  auto update = places_.database.prepare("UPDATE layers SET came_as = ? WHERE id = ?");
  if (!update) return update.takeError();
  return update->bind(llvm::StringRef(LayerRow::written(*told))).bind(id_.value).run();
}

/// Another process may have been faster: what it put there has the same bytes.
llvm::Error StoredLayer::adopt(const std::string& staged, const TarIdentity& identity, const std::string& stamp) {
  std::string placed = stamp;
  if (renamePath(staged, directory_) != 0) {
    if (errno != ENOTEMPTY && errno != EEXIST) return errnoFault("rename to " + directory_);
    placed.clear();
  }
  if (auto error = remember(identity, placed, LayerForm::Tar)) return error;
  return checkOutlineTail();
}

llvm::Error StoredLayer::learnSize(uint64_t size) {
  {
    std::lock_guard lock(knownMutex_);
    if (size == 0 || form_ != LayerForm::Remote || identity_->size != 0) return llvm::Error::success();
    identity_->size = size;
  }
  auto update = places_.database.prepare("UPDATE layers SET tar_size = ? WHERE id = ? AND form = -1");
  if (!update) return update.takeError();
  return update->bind(int64_t(size)).bind(id_.value).run();
}

/// What nobody here can make again stays, to be brought when its place answers, and so does what a place may still
/// have; anything else is as good as damaged.
llvm::Error StoredLayer::unreachable(llvm::Error cause) {
  if (cameAs()) return cause;
  FaultKind kind = kindOf(cause);
  if (kind == FaultKind::Unavailable || kind == FaultKind::Denied) {
    ++*places_.unreached;
    return cause;
  }
  std::string problem = messageOf(std::move(cause));
  if (auto error = forget(problem)) return error;
  return fault(FaultKind::Corrupt, problem);
}

}  // namespace strata::layerfs
