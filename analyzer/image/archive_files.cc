#include "analyzer/image/archive_files.h"

#include "layerfs/decompression.h"
#include "layerfs/layer_tar.h"
#include "support/clean_path.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringMap.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

namespace strata::analyzer {

namespace {
using layerfs::EntryKind;
using layerfs::LayerEntry;
using layerfs::TarExtent;
using layerfs::TarPlace;

constexpr size_t kLargestDocument = 16 << 20;
constexpr int kMostLinks = 16;

/// A piece of an open file.
class PieceSource : public ByteSource {
public:
  PieceSource(int fd, uint64_t at, uint64_t size) : fd_(fd), at_(at), rest_(size) {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    size = size_t(std::min<uint64_t>(size, rest_));
    if (size == 0) return 0;
    ssize_t got = ::pread(fd_, buffer, size, off_t(at_));
    if (got < 0) return errnoFault("read an archive");
    if (got == 0) return fault(FaultKind::Invalid, "the archive has become shorter");
    at_ += uint64_t(got);
    rest_ -= uint64_t(got);
    return size_t(got);
  }

private:
  int fd_;
  uint64_t at_, rest_;
};

class OwnedFile : public ByteSource {
public:
  explicit OwnedFile(UniqueFd fd) : fd_(std::move(fd)), source_(fd_.get()) {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override { return source_.read(buffer, size); }

private:
  UniqueFd fd_;
  FdSource source_;
};

/// Only index.json and blobs named by digest are asked for, so no path leads outside.
class LayoutDirectory : public ArchiveFiles {
public:
  explicit LayoutDirectory(std::string directory) : directory_(std::move(directory)) {}
  llvm::Expected<std::unique_ptr<ByteSource>> open(const std::string& path) const override {
    auto fd = openFile(joinPath(directory_, path), O_RDONLY);
    if (!fd) return fd.takeError();
    return std::make_unique<OwnedFile>(std::move(*fd));
  }
  llvm::Expected<uint64_t> sizeOf(const std::string& path) const override {
    struct stat status {};
    if (::stat(joinPath(directory_, path).c_str(), &status) != 0) return errnoFault("stat " + printable(path));
    return uint64_t(status.st_size);
  }
  bool contains(const std::string& path) const override {
    return path != "manifest.json" && pathExists(joinPath(directory_, path));
  }

private:
  std::string directory_;
};

/// An uncompressed tar, with a table of what lies where.
class TarFiles : public ArchiveFiles {
public:
  explicit TarFiles(UniqueFd tar) : tar_(std::move(tar)) {}

  llvm::Error scan() {
    if (::lseek(tar_.get(), 0, SEEK_SET) != 0) return errnoFault("read an archive");
    FdSource source(tar_.get());
    return layerfs::scanLayerTar(source, [&](const LayerEntry& entry, const TarPlace& place) {
      if (entry.kind == EntryKind::Symlink) links_[entry.path] = linkDestination(entry.path, entry.linkTarget);
      if (entry.kind == EntryKind::Hardlink) links_[entry.path] = entry.linkTarget;
      if (entry.kind == EntryKind::File && place.extents.empty()) files_[entry.path] = {0, entry.size, place.data};
      return llvm::Error::success();
    });
  }

  llvm::Expected<std::unique_ptr<ByteSource>> open(const std::string& path) const override {
    auto place = find(path);
    if (!place) return missing(path);
    return std::make_unique<PieceSource>(tar_.get(), place->data, place->size);
  }
  llvm::Expected<uint64_t> sizeOf(const std::string& path) const override {
    auto place = find(path);
    if (!place) return missing(path);
    return place->size;
  }
  bool contains(const std::string& path) const override { return find(path).has_value(); }

private:
  static llvm::Error missing(const std::string& path) {
    return fault(FaultKind::NotFound, "the archive has no " + printable(path));
  }

  std::optional<TarExtent> find(std::string path) const {
    for (int hops = 0; hops < kMostLinks; ++hops) {
      if (auto file = files_.find(path); file != files_.end()) return file->second;
      auto link = links_.find(path);
      if (link == links_.end()) break;
      path = link->second;
    }
    return std::nullopt;
  }

  UniqueFd tar_;
  llvm::StringMap<TarExtent> files_;
  llvm::StringMap<std::string> links_;
};

bool isTar(int fd) {
  char head[512];
  return ::pread(fd, head, sizeof head, 0) == ssize_t(sizeof head) && llvm::StringRef(head + 257, 5) == "ustar";
}

/// A file without a name with the archive's content, without its compression.
llvm::Expected<UniqueFd> inflated(int fd) {
  const char* directory = std::getenv("TMPDIR");
  UniqueFd file(::open(directory ? directory : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.get() < 0) return errnoFault("make a temporary file");
  FdSource source(fd);
  auto plain = layerfs::decompressed(source);
  if (!plain) return plain.takeError();
  FdSink sink(file.get());
  if (auto size = copyAll(**plain, sink); !size) return size.takeError();
  return file;
}
}  // namespace

llvm::Expected<std::string> ArchiveFiles::document(const std::string& path) const {
  auto source = open(path);
  if (!source) return source.takeError();
  auto text = readAll(**source, kLargestDocument);
  if (!text) return withContext(text.takeError(), printable(path));
  return text;
}

llvm::Expected<std::unique_ptr<ArchiveFiles>> openArchiveFiles(const std::string& path) {
  auto fd = openFile(path, O_RDONLY);
  if (!fd) return fd.takeError();
  struct stat status {};
  if (::fstat(fd->get(), &status) != 0) return errnoFault("stat " + printable(path));
  if (S_ISDIR(status.st_mode)) return std::make_unique<LayoutDirectory>(path);
  if (!S_ISREG(status.st_mode) || !isTar(fd->get())) {
    auto plain = inflated(fd->get());
    if (!plain) return withContext(plain.takeError(), printable(path));
    fd = std::move(plain);
  }
  auto files = std::make_unique<TarFiles>(std::move(*fd));
  if (auto error = files->scan()) return withContext(std::move(error), printable(path));
  return files;
}

}  // namespace strata::analyzer
