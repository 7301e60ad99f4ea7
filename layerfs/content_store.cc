#include "layerfs/content_store.h"

#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace strata::layerfs {

namespace {
constexpr size_t kLargestDocument = 16 << 20;
constexpr llvm::StringLiteral kLayout = R"({"imageLayoutVersion":"1.0.0"})";

/// Re-hashes what it reads, so that a damaged blob is noticed by whoever reads it to the end.
class VerifyingSource : public ByteSource {
public:
  VerifyingSource(UniqueFd fd, Digest expected) : fd_(std::move(fd)), source_(fd_.get()), expected_(expected) {}

  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    if (ended_) return 0;
    auto got = source_.read(buffer, size);
    if (!got) return withContext(got.takeError(), "blob " + expected_.str());
    hasher_.update({buffer, *got});
    if (*got > 0) return *got;
    ended_ = true;
    if (hasher_.finish() != expected_)
      return fault(FaultKind::Corrupt, "blob " + expected_.str() + " does not have this digest any more");
    return 0;
  }

private:
  UniqueFd fd_;
  FdSource source_;
  Hasher hasher_;
  Digest expected_;
  bool ended_ = false;
};

class DiskContentStore : public ContentStore {
public:
  DiskContentStore(std::string root, std::string staging)
      : blobs_(joinPath(root, "blobs/sha256")), staging_(std::move(staging)) {}

  llvm::Expected<Descriptor> put(ByteSource& source, std::optional<Digest> expected, Sync sync) override {
    std::string staged = joinPath(staging_, "blob-XXXXXX");
    UniqueFd fd(::mkostemp(staged.data(), O_CLOEXEC));
    if (!fd) return errnoFault("stage a blob in " + staging_);
    auto written = writeStaged(fd.get(), staged, source, expected, sync);
    if (!written) ::unlink(staged.c_str());
    return written;
  }

  llvm::Expected<std::unique_ptr<ByteSource>> open(const Digest& digest) const override {
    auto fd = openFile(pathOf(digest), O_RDONLY);
    if (fd) return std::make_unique<VerifyingSource>(std::move(*fd), digest);
    auto error = fd.takeError();
    if (takeIf(error, FaultKind::NotFound))
      return fault(FaultKind::NotFound, "no blob " + digest.str() + " in the store");
    return error;
  }

  llvm::Expected<bool> contains(const Digest& digest) const override {
    if (::access(pathOf(digest).c_str(), F_OK) == 0) return true;
    if (errno == ENOENT) return false;
    return errnoFault("look for blob " + digest.str());
  }

  llvm::Expected<std::vector<Digest>> list() const override {
    DIR* stream = ::opendir(blobs_.c_str());
    if (!stream) return errnoFault("list " + blobs_);
    std::vector<Digest> digests;
    while (dirent* entry = ::readdir(stream)) {
      if (auto digest = Digest::parseHex(entry->d_name))
        digests.push_back(*digest);
      else
        llvm::consumeError(digest.takeError());
    }
    ::closedir(stream);
    llvm::sort(digests);
    return digests;
  }

  llvm::Expected<uint64_t> sizeOf(const Digest& digest) const override {
    struct stat status;
    if (::stat(pathOf(digest).c_str(), &status) != 0) return errnoFault("blob " + digest.str());
    return uint64_t(status.st_size);
  }

  llvm::Error remove(const Digest& digest) override {
    if (unlinkPath(pathOf(digest)) != 0 && errno != ENOENT) return errnoFault("remove blob " + digest.str());
    return llvm::Error::success();
  }

private:
  std::string pathOf(const Digest& digest) const { return joinPath(blobs_, digest.hex()); }

  llvm::Expected<Descriptor> writeStaged(int fd, const std::string& staged, ByteSource& source,
                                         std::optional<Digest> expected, Sync sync) {
    FdSink file(fd);
    HashingSink hashing(&file);
    if (auto size = copyAll(source, hashing); !size) return size.takeError();
    Descriptor descriptor;
    descriptor.size = hashing.size();
    descriptor.digest = hashing.finish();
    if (expected && descriptor.digest != *expected)
      return fault(FaultKind::Corrupt, "expected blob " + expected->str() + ", got " + descriptor.digest.str());
    if (::fchmod(fd, 0644) != 0) return errnoFault("chmod " + staged);
    if (sync == Sync::Yes && ::fdatasync(fd) != 0) return errnoFault("sync " + staged);
    if (renamePath(staged, pathOf(descriptor.digest)) != 0)
      return errnoFault("publish blob " + descriptor.digest.str());
    return descriptor;
  }

  std::string blobs_;
  std::string staging_;
};
}  // namespace

llvm::Expected<std::unique_ptr<ContentStore>> ContentStore::open(std::string root, std::string staging) {
  std::string layout = joinPath(root, "oci-layout");
  std::string blobs = joinPath(root, "blobs/sha256");
  if (!pathExists(blobs))
    if (auto error = makeDirectories(blobs)) return error;
  if (!pathExists(layout))
    if (auto error = writeFileAtomically(layout, kLayout)) return error;
  return std::make_unique<DiskContentStore>(std::move(root), std::move(staging));
}

llvm::Expected<Descriptor> ContentStore::put(llvm::StringRef bytes, llvm::StringRef mediaType, Sync sync) {
  Descriptor descriptor{.mediaType = mediaType.str(), .digest = digestOf(bytes), .size = bytes.size()};
  auto there = sizeOf(descriptor.digest);
  if (!there) {
    auto error = there.takeError();
    if (!takeIf(error, FaultKind::NotFound)) return error;
  } else if (*there == bytes.size()) {
    auto kept = read(descriptor.digest);  // what is damaged is written anew
    if (kept) return descriptor;
    llvm::consumeError(kept.takeError());
  }
  StringSource source(bytes);
  if (auto stored = put(source, descriptor.digest, sync); !stored) return stored.takeError();
  return descriptor;
}

llvm::Expected<std::string> ContentStore::read(const Digest& digest) const {
  auto source = open(digest);
  if (!source) return source.takeError();
  auto text = readAll(**source, kLargestDocument);
  if (!text) return withContext(text.takeError(), "read blob " + digest.shortHex());
  return text;
}

}  // namespace strata::layerfs
