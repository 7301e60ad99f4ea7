#include "layerfs/staged_tar.h"

#include "layerfs/erofs_writer.h"
#include "layerfs/tar_index.h"
#include "support/bytes.h"
#include "support/fault.h"

#include <llvm/Support/FormatVariadic.h>

#include <fcntl.h>

namespace strata::layerfs {

std::string stampOf(const struct stat& status) {
  return llvm::formatv("{0} {1} {2}.{3}", uint64_t(status.st_ino), uint64_t(status.st_size), status.st_ctim.tv_sec,
                       status.st_ctim.tv_nsec);
}

llvm::Error writeIndex(const LayerIndex& tree, int tar, uint64_t size, const std::string& path) {
  auto file = openFile(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!file) return file.takeError();
  FdSink sink(file->get());
  return writeErofs(tree, tar, size, sink);
}

namespace {
/// Writes down and hashes what a reader takes.
class RecordingSource : public ByteSource {
public:
  RecordingSource(ByteSource& source, ByteSink& sink) : source_(source), sink_(sink) {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    auto got = source_.read(buffer, size);
    if (!got) return got;
    if (auto error = sink_.write({buffer, *got})) return error;
    return got;
  }

private:
  ByteSource& source_;
  ByteSink& sink_;
};
}  // namespace

llvm::Expected<TarDraft> TarDraft::make(const std::string& staging) {
  auto staged = TempDir::make(staging, "tar-");
  if (!staged) return staged.takeError();
  std::string directory = joinPath(staged->path(), "layer");
  if (::mkdir(directory.c_str(), 0755) != 0 || ::chmod(directory.c_str(), 0755) != 0)
    return errnoFault("make " + directory);
  auto file = openFile(joinPath(directory, "tar"), O_RDWR | O_CREAT | O_EXCL, 0644);
  if (!file) return file.takeError();
  return TarDraft(std::move(*staged), std::move(*file));
}

llvm::Expected<StagedTar> complete(TarDraft draft, const LayerIndex& index, const Layer::TarIdentity& identity) {
  if (auto error = writeIndex(index, draft.file(), identity.size, joinPath(draft.layer(), "index"))) return error;
  struct stat status;
  if (::fstat(draft.file(), &status) != 0) return errnoFault("stat a staged layer");
  return StagedTar{.draft = std::move(draft), .identity = identity, .stamp = stampOf(status)};
}

llvm::Expected<StagedTar> stageTar(ByteSource& tar, const std::string& staging, std::optional<DiffId> expected) {
  auto draft = TarDraft::make(staging);
  if (!draft) return draft.takeError();
  FdSink stored(draft->file());
  HashingSink hashed(&stored);
  RecordingSource recorded(tar, hashed);
  LayerIndex index;
  if (auto error = indexTar(recorded, index)) return error;
  Layer::TarIdentity identity{DiffId{hashed.finish()}, hashed.size()};
  if (expected && identity.diffId != *expected)
    return fault(FaultKind::Corrupt,
                 "layer " + expected->digest.str() + " has the digest " + identity.diffId.digest.str() + " instead");
  return complete(std::move(*draft), index, identity);
}

}  // namespace strata::layerfs
