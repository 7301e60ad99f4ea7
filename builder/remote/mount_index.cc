#include "builder/remote/mount_archive.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::builder {

using llvm::json::Array;
using llvm::json::Object;

namespace {
constexpr uint64_t kLargestMount = uint64_t(64) << 30;

std::optional<MountChunk> chunkFrom(const llvm::json::Value& value, llvm::ArrayRef<layerfs::Descriptor> blobs) {
  const Array* fields = value.getAsArray();
  if (!fields || fields->size() != 5) return std::nullopt;
  auto digest = Digest::parseHex((*fields)[0].getAsString().value_or(""));
  if (!digest) {
    llvm::consumeError(digest.takeError());
    return std::nullopt;
  }
  uint64_t numbers[4];
  for (size_t i = 0; i < 4; ++i) {
    auto number = (*fields)[i + 1].getAsInteger();
    if (!number || *number < 0 || uint64_t(*number) > kLargestMount) return std::nullopt;
    numbers[i] = uint64_t(*number);
  }
  MountChunk chunk{
      .digest = *digest, .size = numbers[0], .blob = uint32_t(numbers[1]), .offset = numbers[2], .stored = numbers[3]};
  bool inBlob = numbers[1] < blobs.size() && chunk.offset + chunk.stored <= blobs[numbers[1]].size;
  return inBlob ? std::optional(chunk) : std::nullopt;
}
}  // namespace

uint64_t MountIndex::size() const {
  uint64_t size = 0;
  for (const MountChunk& chunk : chunks) size += chunk.size;
  return size;
}

llvm::Expected<std::string> MountIndex::encode() const {
  Array blobList, chunkList;
  for (const layerfs::Descriptor& blob : blobs)
    blobList.push_back(
        Object{{"mediaType", blob.mediaType}, {"digest", blob.digest.str()}, {"size", int64_t(blob.size)}});
  for (const MountChunk& chunk : chunks)
    chunkList.push_back(Array{chunk.digest.hex(), int64_t(chunk.size), int64_t(chunk.blob), int64_t(chunk.offset),
                              int64_t(chunk.stored)});
  return compressed(printJson(Object{{"schema", 1}, {"blobs", std::move(blobList)}, {"chunks", std::move(chunkList)}}));
}

llvm::Expected<MountIndex> MountIndex::decode(llvm::StringRef bytes) {
  auto json = inflated(bytes, kMostIndex);
  if (!json) return json.takeError();
  auto value = parseJson(*json, kMostIndex);
  if (!value) return value.takeError();
  const Object* object = value->getAsObject();
  const Array* blobList = object ? object->getArray("blobs") : nullptr;
  const Array* chunkList = object ? object->getArray("chunks") : nullptr;
  if (!blobList || !chunkList || object->getInteger("schema") != 1)
    return fault(FaultKind::Invalid, "index of a cache mount: another format");
  MountIndex index;
  for (const llvm::json::Value& blob : *blobList) {
    auto descriptor = layerfs::parseDescriptor(blob);
    if (!descriptor) return descriptor.takeError();
    index.blobs.push_back(std::move(*descriptor));
  }
  for (const llvm::json::Value& one : *chunkList) {
    auto chunk = chunkFrom(one, index.blobs);
    if (!chunk) return fault(FaultKind::Invalid, "index of a cache mount: a chunk that lies nowhere");
    index.chunks.push_back(*chunk);
    if (index.size() > kLargestMount && index.chunks.size() % 1024 == 0)
      return fault(FaultKind::Invalid, "index of a cache mount: too large");
  }
  return index;
}

}  // namespace strata::builder
