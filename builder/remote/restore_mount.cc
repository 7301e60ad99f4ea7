// A cache mount's files on their way back out of a shared cache.

#include "builder/remote/mount_archive.h"
#include "layerfs/layer_tar.h"
#include "layerfs/tree_writer.h"
#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/files.h"

#include <fcntl.h>
#include <unistd.h>
#include <future>

namespace strata::builder {

using layerfs::Descriptor;
using layerfs::EntryKind;
using layerfs::LayerEntry;

namespace {
constexpr size_t kMostChunk = 8 << 20, kBlobsAtOnce = 4;

/// The tar, chunk by chunk out of the blobs' files, each compared with its digest.
class ChunkSource : public ByteSource {
public:
  ChunkSource(const MountIndex& index, const std::vector<UniqueFd>& files) : index_(index), files_(files) {}

  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    while (at_ == chunk_.size()) {
      if (next_ == index_.chunks.size()) return size_t(0);
      if (auto error = load(index_.chunks[next_++])) return error;
    }
    size_t got = std::min(size, chunk_.size() - at_);
    std::copy_n(chunk_.data() + at_, got, buffer);
    at_ += got;
    return got;
  }

private:
  llvm::Error load(const MountChunk& chunk) {
    auto corrupt = [&] {
      return fault(FaultKind::Corrupt, "chunk " + chunk.digest.str() + " does not have its digest");
    };
    if (chunk.stored > kMostChunk || chunk.size > kMostChunk) return corrupt();
    std::string stored(chunk.stored, '\0');
    ssize_t got = ::pread(files_[chunk.blob].get(), stored.data(), stored.size(), off_t(chunk.offset));
    if (got < 0) return errnoFault("read a chunk");
    if (size_t(got) != stored.size()) return corrupt();
    auto bytes = inflated(stored, kMostChunk);
    if (!bytes) return bytes.takeError();
    if (bytes->size() != chunk.size || digestOf(*bytes) != chunk.digest) return corrupt();
    chunk_ = std::move(*bytes);
    at_ = 0;
    return llvm::Error::success();
  }

  const MountIndex& index_;
  const std::vector<UniqueFd>& files_;
  size_t next_ = 0, at_ = 0;
  std::string chunk_;
};

llvm::Expected<UniqueFd> fetchBlob(const Descriptor& blob, CacheStorage& storage, const std::string& directory,
                                   llvm::function_ref<void()> onProgress) {
  auto source = storage.openBlob(blob);
  if (!source) return source.takeError();
  auto file = openFile(joinPath(directory, blob.digest.hex()), O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (!file) return file;
  std::vector<char> buffer(kCopyBuffer);
  FdSink sink(file->get());
  for (;;) {
    auto got = (*source)->read(buffer.data(), buffer.size());
    if (!got) return got.takeError();
    if (*got == 0) return file;
    onProgress();
    if (auto error = sink.write({buffer.data(), *got})) return error;
  }
}

llvm::Expected<std::vector<UniqueFd>> fetchBlobs(const MountIndex& index, CacheStorage& storage,
                                                 const std::string& directory, llvm::function_ref<void()> onProgress) {
  std::vector<UniqueFd> files;
  llvm::ArrayRef<Descriptor> rest = index.blobs;
  while (!rest.empty()) {
    std::vector<std::future<llvm::Expected<UniqueFd>>> coming;
    for (const Descriptor& blob : rest.take_front(kBlobsAtOnce))
      coming.push_back(std::async(std::launch::async, [&] { return fetchBlob(blob, storage, directory, onProgress); }));
    rest = rest.drop_front(coming.size());
    llvm::Error failure = llvm::Error::success();
    for (auto& one : coming) {
      auto file = one.get();
      if (file)
        files.push_back(std::move(*file));
      else
        failure = llvm::joinErrors(std::move(failure), file.takeError());
    }
    if (failure) return failure;
  }
  return files;
}

/// A node would be a door to the host's devices.
llvm::Error unpack(ByteSource& tar, const std::string& directory) {
  auto writer = layerfs::TreeWriter::open(directory, layerfs::Removals::Applied);
  if (!writer) return writer.takeError();
  auto add = [&](const LayerEntry& entry, ByteSource& content) -> llvm::Error {
    bool device = entry.kind == EntryKind::CharacterDevice || entry.kind == EntryKind::BlockDevice;
    if (device || entry.path.empty()) return llvm::Error::success();
    return writer->add(entry, content);
  };
  if (auto error = layerfs::readLayerTar(tar, add)) return error;
  return writer->finish();
}

llvm::Error empty(const std::string& directory) {
  auto names = entriesOf(directory);
  if (!names) return names.takeError();
  for (const std::string& name : *names)
    if (auto error = removeTree(joinPath(directory, name))) return error;
  return llvm::Error::success();
}
}  // namespace

llvm::Error restoreMountFiles(const PackedMount& mount, CacheStorage& storage, const std::string& staging,
                              const std::string& directory, llvm::function_ref<void()> onProgress) {
  auto bytes = readBlob(storage, mount.index, kMostIndex);
  if (!bytes) return bytes.takeError();
  onProgress();
  auto index = MountIndex::decode(*bytes);
  if (!index) return index.takeError();
  auto fetched = TempDir::make(staging, "mount-");
  if (!fetched) return fetched.takeError();
  auto files = fetchBlobs(*index, storage, fetched->path(), onProgress);
  if (!files) return files.takeError();
  ChunkSource tar(*index, *files);
  if (auto error = unpack(tar, directory)) return llvm::joinErrors(std::move(error), empty(directory));
  return llvm::Error::success();
}

}  // namespace strata::builder
