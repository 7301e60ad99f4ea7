// A cache in a directory that many processes and machines may share: an OCI image layout. index.json names a manifest a
// tag; it changes under an exclusive lock on `lock`, in one rename. Blobs are files named by their digest, written
// aside and renamed, so that a reader sees all of one or nothing. Source: OCI image-layout v1.1; spec COUT-6.

#include "builder/remote/cache_index.h"
#include "builder/remote/cache_storage.h"
#include "layerfs/blob_file.h"
#include "support/directory_entries.h"
#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <set>

namespace strata::builder {

using layerfs::blobPath;
using layerfs::Descriptor;
using llvm::StringRef;

namespace {
constexpr llvm::StringLiteral kTag = "org.opencontainers.image.ref.name";
constexpr size_t kMostRoot = 16 << 20;
constexpr int kReadAttempts = 10;

std::string blobsIn(const std::string& directory) { return joinPath(directory, "blobs/sha256"); }
std::string indexOf(const std::string& directory) { return joinPath(directory, "index.json"); }

/// What the layout names; nothing where there is none.
llvm::Expected<std::optional<layerfs::Index>> readLayout(const std::string& directory) {
  auto text = readFile(indexOf(directory), kMostRoot);
  if (!text) {
    auto error = text.takeError();
    if (takeIf(error, FaultKind::NotFound)) return std::nullopt;
    return error;
  }
  auto index = layerfs::parseIndex(*text);
  if (!index) return withContext(index.takeError(), indexOf(directory));
  return std::move(*index);
}

/// A file of ours with the permissions of everybody's: the directory may belong to several users.
class NewFile {
public:
  static llvm::Expected<NewFile> make(const std::string& directory) {
    NewFile made;
    made.path_ = joinPath(directory, ".new-XXXXXX");
    made.file_ = UniqueFd(::mkostemp(made.path_.data(), O_CLOEXEC));
    if (!made.file_) return errnoFault("write to " + directory);
    ::fchmod(made.file_.get(), 0644);
    return made;
  }
  NewFile(NewFile&& other) noexcept : path_(std::exchange(other.path_, {})), file_(std::move(other.file_)) {}
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  int fd() const { return file_.get(); }
  llvm::Error become(const std::string& path) {
    if (::fsync(file_.get()) != 0) return errnoFault("write " + path);  // other machines may see it
    if (renamePath(path_, path) != 0) return errnoFault("rename to " + path);
    path_.clear();
    return llvm::Error::success();
  }

private:
  NewFile() = default;
  std::string path_;
  UniqueFd file_;
};

class LocalStorage : public CacheStorage {
public:
  explicit LocalStorage(const CachePlace& place) : place_(place) {}

  std::string place() const override { return place_.directory; }

  /// A writer may take the old one away between our two readings.
  llvm::Expected<std::optional<Root>> root() override {
    for (int attempt = 0;; ++attempt) {
      auto digest = rootDigest();
      if (!digest) return digest.takeError();
      if (!*digest) return std::nullopt;
      auto text = readFile(blobPath(place_.directory, **digest), kMostRoot);
      if (!text) {
        auto error = text.takeError();
        if (attempt < kReadAttempts && takeIf(error, FaultKind::NotFound)) continue;
        return error;
      }
      if (digestOf(*text) != **digest)
        return fault(FaultKind::Corrupt, "blob " + (*digest)->str() + " does not have its digest");
      return Root{**digest, std::move(*text)};
    }
  }

  llvm::Expected<std::string> manifest(const Digest& digest) override {
    auto text = readFile(blobPath(place_.directory, digest), kMostRoot);
    if (!text || digestOf(*text) == digest) return text;
    return fault(FaultKind::Corrupt, "blob " + digest.str() + " does not have its digest");
  }

  llvm::Error replaceRoot(StringRef text, std::optional<Digest> before) override {
    auto now = rootDigest();
    if (!now) return now.takeError();
    if (*now != before) return fault(FaultKind::Exists, place_.name() + " was written by somebody else meanwhile");
    Descriptor manifest = describe(text, layerfs::media::kOciManifest);
    if (auto error = putBlob(manifest, text)) return error;
    auto index = readLayout(place_.directory);
    if (!index) return index.takeError();
    layerfs::Index next = *index ? std::move(**index) : layerfs::Index();
    auto isOurs = [&](const Descriptor& one) {
      auto tag = one.annotations.find(kTag.str());
      return tag != one.annotations.end() && tag->second == place_.tag;
    };
    llvm::erase_if(next.manifests, isOurs);
    manifest.annotations[kTag.str()] = place_.tag;
    next.manifests.push_back(manifest);
    if (auto error = writeWhole(indexOf(place_.directory), layerfs::printIndex(next))) return error;
    if (before && *before != manifest.digest) dropOldRoot(*before, next);
    return llvm::Error::success();
  }

  llvm::Error alone(llvm::function_ref<llvm::Error()> body) override {
    auto lock = FileLock::acquire(joinPath(place_.directory, "lock"), FileLock::Mode::Exclusive);
    if (!lock) return lock.takeError();
    return body();
  }
  bool isExclusive() const override { return true; }

  llvm::Expected<bool> hasBlob(const Descriptor& blob) override {
    struct stat status;
    if (::stat(blobPath(place_.directory, blob.digest).c_str(), &status) == 0)
      return S_ISREG(status.st_mode) && uint64_t(status.st_size) == blob.size;
    if (errno == ENOENT) return false;
    return errnoFault("look for blob " + blob.digest.str());
  }

  llvm::Expected<std::unique_ptr<ByteSource>> openBlob(const Descriptor& blob) override {
    return layerfs::openBlobFile(place_.directory, blob);
  }

  llvm::Error putBlob(const Descriptor& blob, StringRef bytes) override {
    auto has = hasBlob(blob);
    if (!has) return has.takeError();
    return *has ? llvm::Error::success() : writeWhole(blobPath(place_.directory, blob.digest), bytes);
  }

  llvm::Expected<Descriptor> putStream(Produce produce) override {
    auto file = NewFile::make(blobsIn(place_.directory));
    if (!file) return file.takeError();
    FdSink sink(file->fd());
    HashingSink hashing(&sink);
    if (auto error = produce(hashing)) return error;
    Descriptor blob{.mediaType = {}, .digest = {}, .size = hashing.size()};
    blob.digest = hashing.finish();
    auto has = hasBlob(blob);
    if (!has) return has.takeError();
    if (!*has)
      if (auto error = file->become(blobPath(place_.directory, blob.digest))) return error;
    return blob;
  }

  llvm::Expected<bool> takeOver(const Descriptor& blob, StringRef otherPlace) override {
    if (!otherPlace.starts_with("/")) return false;
    std::string from = blobPath(otherPlace.str(), blob.digest), to = blobPath(place_.directory, blob.digest);
    return ::link(from.c_str(), to.c_str()) == 0 || errno == EEXIST;
  }

private:
  llvm::Expected<std::optional<Digest>> rootDigest() {
    if (place_.digest) return place_.digest;
    auto index = readLayout(place_.directory);
    if (!index) return index.takeError();
    if (!*index) return std::nullopt;
    for (const Descriptor& manifest : (*index)->manifests) {
      auto tag = manifest.annotations.find(kTag.str());
      if (tag != manifest.annotations.end() && tag->second == place_.tag) return manifest.digest;
    }
    return std::nullopt;
  }

  llvm::Error writeWhole(const std::string& path, StringRef bytes) {
    auto file = NewFile::make(blobsIn(place_.directory));
    if (!file) return file.takeError();
    FdSink sink(file->fd());
    if (auto error = sink.write(bytes)) return error;
    return file->become(path);
  }

  /// Roots are many and small; one that a reader is about to open is read again from index.json.
  void dropOldRoot(const Digest& digest, const layerfs::Index& index) {
    if (llvm::none_of(index.manifests, [&](const Descriptor& one) { return one.digest == digest; }))
      unlinkPath(blobPath(place_.directory, digest));
  }

  CachePlace place_;
};
}  // namespace

llvm::Expected<std::unique_ptr<CacheStorage>> openLocalStorage(const CachePlace& place, bool forWriting) {
  if (forWriting) {
    if (auto error = makeDirectories(blobsIn(place.directory))) return error;
    std::string layout = joinPath(place.directory, "oci-layout");
    if (!pathExists(layout))
      if (auto error = writeFileAtomically(layout, R"({"imageLayoutVersion":"1.0.0"})")) return error;
  }
  return std::make_unique<LocalStorage>(place);
}

llvm::Error dropUnreferencedBlobs(const std::string& directory) {
  auto lock = FileLock::acquire(joinPath(directory, "lock"), FileLock::Mode::Exclusive);
  if (!lock) return lock.takeError();
  auto index = readLayout(directory);
  if (!index) return index.takeError();
  std::set<std::string> kept;
  for (const Descriptor& one : *index ? (*index)->manifests : std::vector<Descriptor>()) {
    kept.insert(one.digest.hex());
    auto text = readFile(blobPath(directory, one.digest), kMostRoot);
    if (!text) return text.takeError();
    auto manifest = layerfs::parseManifest(*text);
    if (!manifest) return llvm::Error(manifest.takeError());  // another's, whose blobs nobody here knows
    kept.insert(manifest->config.digest.hex());
    for (const Descriptor& layer : manifest->layers) kept.insert(layer.digest.hex());
  }
  auto names = entriesOf(blobsIn(directory));
  if (!names) return names.takeError();
  for (const std::string& name : *names)
    if (!kept.count(name) && !StringRef(name).starts_with(".new-")) unlinkPath(joinPath(blobsIn(directory), name));
  return llvm::Error::success();
}

}  // namespace strata::builder
