#include "layerfs/archive_library.h"

#include "layerfs/layer_tar.h"
#include "support/fault.h"
#include "support/loaded_library.h"
#include "support/text.h"

#include <llvm/Support/MathExtras.h>

#include <archive.h>
#include <archive_entry.h>

#include <limits>
#include <optional>

namespace strata::layerfs {

namespace {
/// The functions of libarchive that strata calls, by their own names.
struct ArchiveLibrary {
// clang-format off
#define STRATA_ARCHIVE_FUNCTIONS(X) \
  X(archive_read_new) X(archive_read_free) X(archive_read_open) X(archive_read_next_header2) X(archive_read_data) \
  X(archive_error_string) X(archive_read_support_format_tar) X(archive_read_support_format_raw) \
  X(archive_read_support_format_empty) X(archive_read_support_filter_bzip2) X(archive_read_support_filter_xz) \
  X(archive_read_support_filter_lzma) X(archive_read_support_filter_lzip) X(archive_read_support_filter_compress) \
  X(archive_read_support_filter_lz4) X(archive_read_header_position) X(archive_entry_new) X(archive_entry_free) \
  X(archive_entry_pathname) X(archive_entry_hardlink) X(archive_entry_symlink) X(archive_entry_filetype) \
  X(archive_entry_perm) X(archive_entry_uid) X(archive_entry_gid) X(archive_entry_size) X(archive_entry_mtime) \
  X(archive_entry_mtime_nsec) X(archive_entry_rdevmajor) X(archive_entry_rdevminor) X(archive_entry_xattr_reset) \
  X(archive_entry_xattr_next) X(archive_filter_bytes) X(archive_entry_sparse_count) X(archive_entry_sparse_reset) \
  X(archive_entry_sparse_next)
// clang-format on
#define STRATA_DECLARE(name) decltype(&::name) name = nullptr;
  STRATA_ARCHIVE_FUNCTIONS(STRATA_DECLARE)
#undef STRATA_DECLARE
  std::string problem;  ///< why it could not be loaded
};

ArchiveLibrary loadLibrary() {
  ArchiveLibrary library;
  LoadedLibrary file("libarchive.so.13");
#define STRATA_FIND(name) file.find(#name, library.name);
  STRATA_ARCHIVE_FUNCTIONS(STRATA_FIND)
#undef STRATA_FIND
#undef STRATA_ARCHIVE_FUNCTIONS
  library.problem = file.problem();
  return library;
}

llvm::Expected<const ArchiveLibrary*> archiveLibrary() {
  static const ArchiveLibrary library = loadLibrary();
  if (library.problem.empty()) return &library;
  return fault(FaultKind::Unsupported,
               "archives cannot be read: " + library.problem + "; install libarchive (Debian: libarchive13)");
}

/// libarchive reads the text "-1.25" as -1 second and a quarter forward; times before 1970 count both backwards. (The
/// sign of "-0.25" it loses: a file of the last second of 1969 is read as one of the first of 1970.)
int64_t nanosecondsOf(int64_t seconds, long fraction) {
  constexpr int64_t most = std::numeric_limits<int64_t>::max() / kSecond - 1;
  seconds = std::clamp(seconds, -most, most);
  return seconds < 0 ? seconds * kSecond - fraction : seconds * kSecond + fraction;
}

std::optional<EntryKind> kindOfFile(unsigned fileType) {
  switch (fileType) {
    case AE_IFREG:
      return EntryKind::File;
    case AE_IFDIR:
      return EntryKind::Directory;
    case AE_IFLNK:
      return EntryKind::Symlink;
    case AE_IFCHR:
      return EntryKind::CharacterDevice;
    case AE_IFBLK:
      return EntryKind::BlockDevice;
    case AE_IFIFO:
      return EntryKind::Fifo;
    case AE_IFSOCK:
      return EntryKind::Socket;
    default:
      return std::nullopt;
  }
}
}  // namespace

struct ArchiveReader::Handle {
  const ArchiveLibrary& library;
  ByteSource& source;
  struct archive* archive = nullptr;
  struct archive_entry* entry = nullptr;
  std::vector<char> buffer = std::vector<char>(kCopyBuffer);
  std::optional<uint64_t> end;                  ///< of the entry's bytes, where place() said so
  llvm::Error parked = llvm::Error::success();  ///< what `source` faulted inside a callback

  Handle(const ArchiveLibrary& library, ByteSource& source) : library(library), source(source) {
    llvm::consumeError(std::move(parked));
  }
  ~Handle() {
    if (entry) library.archive_entry_free(entry);
    if (archive) library.archive_read_free(archive);
    llvm::consumeError(std::move(parked));
  }

  static la_ssize_t readMore(struct archive*, void* client, const void** bytes) {
    auto& handle = *static_cast<Handle*>(client);
    auto got = handle.source.read(handle.buffer.data(), handle.buffer.size());
    if (!got) {
      handle.parked = llvm::joinErrors(std::move(handle.parked), got.takeError());
      return ARCHIVE_FATAL;
    }
    *bytes = handle.buffer.data();
    return la_ssize_t(*got);
  }

  /// The error behind a failed call: the source's own, else libarchive's words.
  llvm::Error failure() {
    if (parked) return std::move(parked);
    const char* text = library.archive_error_string(archive);
    return fault(FaultKind::Invalid, llvm::Twine("archive: ") + (text ? text : "cannot be read"));
  }

  llvm::Error checkEnd();
  llvm::Error copyTo(LayerEntry& to);
  llvm::Error copyAttributes(LayerEntry& to);
};

/// libarchive drops what makes no sense in the map of a sparse file. The pieces that are left then do not add up to the
/// bytes that there are, and what comes behind the dropped ones is not where it seems to be.
llvm::Error ArchiveReader::Handle::checkEnd() {
  auto expected = std::exchange(end, std::nullopt);
  if (!expected || llvm::alignTo(*expected, kTarBlock) == uint64_t(library.archive_read_header_position(archive)))
    return llvm::Error::success();
  return fault(FaultKind::Invalid, "archive: the pieces of a sparse file do not add up to what is stored of it");
}

llvm::Error ArchiveReader::Handle::copyAttributes(LayerEntry& to) {
  int64_t uid = library.archive_entry_uid(entry), gid = library.archive_entry_gid(entry);
  int64_t size = library.archive_entry_size(entry);
  if (uid < 0 || gid < 0 || uid > UINT32_MAX || gid > UINT32_MAX)
    return fault(FaultKind::Invalid, "archive: the owner of an entry is no 32-bit number");
  if (size < 0) return fault(FaultKind::Invalid, "archive: the size of an entry is negative");
  to.uid = uint32_t(uid);
  to.gid = uint32_t(gid);
  to.mode = uint32_t(library.archive_entry_perm(entry)) & 07777;
  to.size = to.kind == EntryKind::File ? uint64_t(size) : 0;
  to.mtime = nanosecondsOf(library.archive_entry_mtime(entry), library.archive_entry_mtime_nsec(entry));
  if (to.kind == EntryKind::CharacterDevice || to.kind == EntryKind::BlockDevice) {
    to.deviceMajor = uint32_t(library.archive_entry_rdevmajor(entry));
    to.deviceMinor = uint32_t(library.archive_entry_rdevminor(entry));
  }
  const char* name = nullptr;
  const void* value = nullptr;
  size_t length = 0;
  library.archive_entry_xattr_reset(entry);
  while (library.archive_entry_xattr_next(entry, &name, &value, &length) == ARCHIVE_OK)
    to.xattrs[name] = std::string(static_cast<const char*>(value), length);
  return llvm::Error::success();
}

llvm::Error ArchiveReader::Handle::copyTo(LayerEntry& to) {
  to = LayerEntry();
  const char* path = library.archive_entry_pathname(entry);
  if (!path) return fault(FaultKind::Invalid, "archive: an entry has no name");
  to.path = path;
  if (const char* target = library.archive_entry_hardlink(entry)) {
    to.kind = EntryKind::Hardlink;
    to.linkTarget = target;
  } else {
    auto kind = kindOfFile(library.archive_entry_filetype(entry));
    if (!kind) return fault(FaultKind::Invalid, "archive: an entry has an unknown type");
    to.kind = *kind;
    if (const char* link = library.archive_entry_symlink(entry); link && *kind == EntryKind::Symlink)
      to.linkTarget = link;
  }
  return copyAttributes(to);
}

ArchiveReader::ArchiveReader(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
ArchiveReader::~ArchiveReader() = default;

llvm::Expected<std::unique_ptr<ArchiveReader>> ArchiveReader::open(ByteSource& source, Format format) {
  auto library = archiveLibrary();
  if (!library) return library.takeError();
  const ArchiveLibrary& call = **library;
  auto handle = std::make_unique<Handle>(call, source);
  handle->archive = call.archive_read_new();
  handle->entry = call.archive_entry_new();
  if (!handle->archive || !handle->entry) return fault(FaultKind::Io, "archive: out of memory");
  if (format == Format::Tar) {
    call.archive_read_support_format_tar(handle->archive);
  } else {
    // Only what is compiled in: "all" would start programs named by the magic bytes of a hostile file.
    call.archive_read_support_filter_bzip2(handle->archive);
    call.archive_read_support_filter_xz(handle->archive);
    call.archive_read_support_filter_lzma(handle->archive);
    call.archive_read_support_filter_lzip(handle->archive);
    call.archive_read_support_filter_compress(handle->archive);
    call.archive_read_support_filter_lz4(handle->archive);
    call.archive_read_support_format_raw(handle->archive);
    call.archive_read_support_format_empty(handle->archive);
  }
  if (call.archive_read_open(handle->archive, handle.get(), nullptr, Handle::readMore, nullptr) != ARCHIVE_OK)
    return handle->failure();
  return std::unique_ptr<ArchiveReader>(new ArchiveReader(std::move(handle)));
}

llvm::Expected<bool> ArchiveReader::next(LayerEntry& entry) {
  int code = handle_->library.archive_read_next_header2(handle_->archive, handle_->entry);
  if (code == ARCHIVE_EOF || code == ARCHIVE_OK || code == ARCHIVE_WARN)
    if (auto error = handle_->checkEnd()) return error;
  if (code == ARCHIVE_EOF) return false;
  // A warning is a name that the C locale cannot show: the bytes are there all the same, and bytes are what we want.
  if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return handle_->failure();
  if (auto error = handle_->copyTo(entry)) return error;
  return true;
}

/// The pieces of a sparse file lie one after the other, without what is between them.
TarPlace ArchiveReader::place() const {
  const ArchiveLibrary& library = handle_->library;
  TarPlace place{.data = uint64_t(library.archive_filter_bytes(handle_->archive, 0)), .extents = {}};
  handle_->end = place.data + uint64_t(library.archive_entry_size(handle_->entry));
  if (library.archive_entry_sparse_count(handle_->entry) == 0) return place;
  library.archive_entry_sparse_reset(handle_->entry);
  uint64_t data = place.data;
  int64_t offset = 0, length = 0;
  while (library.archive_entry_sparse_next(handle_->entry, &offset, &length) == ARCHIVE_OK) {
    place.extents.push_back({uint64_t(offset), uint64_t(length), data});
    data += uint64_t(length);
  }
  handle_->end = data;
  return place;
}

llvm::Expected<size_t> ArchiveReader::read(char* buffer, size_t size) {
  for (;;) {
    la_ssize_t got = handle_->library.archive_read_data(handle_->archive, buffer, size);
    if (got >= 0) return size_t(got);
    if (got != ARCHIVE_RETRY && got != ARCHIVE_WARN) return handle_->failure();
  }
}

}  // namespace strata::layerfs
