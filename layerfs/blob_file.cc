#include "layerfs/blob_file.h"

#include "support/fault.h"
#include "support/files.h"

#include <fcntl.h>

namespace strata::layerfs {

namespace {
class BlobFile : public ByteSource {
public:
  BlobFile(UniqueFd file, const Descriptor& blob)
      : file_(std::move(file)), source_(file_.get()), hashing_(source_), blob_(blob) {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    if (ended_) return size_t(0);
    auto got = hashing_.read(buffer, size);
    if (!got) return got;
    bool whole = hashing_.size() >= blob_.size;
    if (*got > 0 && !whole) return got;
    ended_ = true;
    if (hashing_.size() != blob_.size || hashing_.finish() != blob_.digest)
      return fault(FaultKind::Corrupt, "blob " + blob_.digest.str() + " does not have its digest");
    return got;
  }

private:
  UniqueFd file_;
  FdSource source_;
  HashingSource hashing_;
  Descriptor blob_;
  bool ended_ = false;
};
}  // namespace

std::string blobPath(const std::string& directory, const Digest& digest) {
  return joinPath(directory, "blobs/sha256/" + digest.hex());
}

llvm::Expected<std::unique_ptr<ByteSource>> openBlobFile(const std::string& directory, const Descriptor& blob) {
  auto file = openFile(blobPath(directory, blob.digest), O_RDONLY);
  if (!file) return file.takeError();
  return std::make_unique<BlobFile>(std::move(*file), blob);
}

}  // namespace strata::layerfs
