#include "builder/context/stat_index.h"

#include "support/fault.h"
#include "support/files.h"
#include "support/fingerprint.h"
#include "support/output_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <cstring>
#include <ctime>
#include <map>

/// Format, version 2, in the machine's own byte order (the magic tells): Header, DirectoryRecord[directories] sorted by
/// path, FileRecord[files] grouped by directory and sorted by name, Digest[digests] (xattrs; the first is "none"),
/// Digest[layers] (diffIDs; the first is "none"), text.
namespace strata::builder {

namespace {
struct Header {
  uint64_t magic;
  uint64_t checksum;  ///< XXH3 of everything behind the header
  uint32_t directories, files, digests, layers;
  uint64_t text;  ///< bytes
};
constexpr uint64_t kMagic = 0x3258444941525453;  // "STRAIDX2"

struct TextRange {
  uint32_t offset, size;
};
struct DirectoryRecord {
  TextRange path;
  uint32_t firstFile, files;
};
struct FileRecord {
  uint64_t size;
  int64_t mtime, ctime;
  uint64_t inode;
  TextRange name;
  uint32_t mode, xattrs;
  uint64_t offset;
  uint32_t layer, reserved;
  std::array<uint8_t, Digest::kSize> content;
};
static_assert(sizeof(Header) == 40 && sizeof(DirectoryRecord) == 16 && sizeof(FileRecord) == 96);

Digest digestAt(const uint8_t* table, size_t number) {
  std::array<uint8_t, Digest::kSize> bytes;
  std::memcpy(bytes.data(), table + number * Digest::kSize, bytes.size());
  return Digest(bytes);
}
}  // namespace

struct StatIndex::Mapping {
  Mapping(void* memory, size_t size) : memory(memory), size(size) {}
  ~Mapping() { ::munmap(memory, size); }

  const Header& header() const { return *static_cast<const Header*>(memory); }
  template <typename T>
  const T* after(size_t offset) const {
    return reinterpret_cast<const T*>(static_cast<const char*>(memory) + offset);
  }
  llvm::StringRef textOf(TextRange range) const { return {text + range.offset, range.size}; }

  /// Sizes first, then the checksum, then every number that is used as a position.
  bool lookIn() {
    const Header& head = header();
    if (head.magic != kMagic) return false;
    uint64_t directoriesAt = sizeof(Header);
    uint64_t filesAt = directoriesAt + uint64_t(head.directories) * sizeof(DirectoryRecord);
    uint64_t digestsAt = filesAt + uint64_t(head.files) * sizeof(FileRecord);
    uint64_t layersAt = digestsAt + uint64_t(head.digests) * Digest::kSize;
    uint64_t textAt = layersAt + uint64_t(head.layers) * Digest::kSize;
    if (head.digests == 0 || head.layers == 0 || textAt > size || head.text != size - textAt) return false;
    if (checksumOf({after<char>(sizeof(Header)), size - sizeof(Header)}) != head.checksum) return false;
    directories = after<DirectoryRecord>(directoriesAt);
    files = after<FileRecord>(filesAt);
    digests = after<uint8_t>(digestsAt);
    layers = after<uint8_t>(layersAt);
    text = after<char>(textAt);
    auto inText = [&](TextRange range) { return uint64_t(range.offset) + range.size <= head.text; };
    for (uint32_t i = 0; i < head.directories; ++i)
      if (!inText(directories[i].path) || uint64_t(directories[i].firstFile) + directories[i].files > head.files)
        return false;
    for (uint32_t i = 0; i < head.files; ++i)
      if (!inText(files[i].name) || files[i].xattrs >= head.digests || files[i].layer >= head.layers) return false;
    return true;
  }

  void* memory;
  size_t size;
  const DirectoryRecord* directories = nullptr;
  const FileRecord* files = nullptr;
  const uint8_t* digests = nullptr;
  const uint8_t* layers = nullptr;
  const char* text = nullptr;
};

StatIndex::StatIndex() = default;
StatIndex::StatIndex(StatIndex&&) noexcept = default;
StatIndex& StatIndex::operator=(StatIndex&&) noexcept = default;
StatIndex::~StatIndex() = default;

StatIndex StatIndex::load(const std::string& path) {
  StatIndex index;
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status;
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || size_t(status.st_size) < sizeof(Header))
    return index;
  void* memory = ::mmap(nullptr, size_t(status.st_size), PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd.get(), 0);
  if (memory == MAP_FAILED) return index;
  auto mapping = std::make_unique<Mapping>(memory, size_t(status.st_size));
  if (mapping->lookIn()) index.mapping_ = std::move(mapping);
  return index;
}

llvm::StringRef StatIndex::Directory::name(size_t i) const {
  const Mapping& mapping = *index_->mapping_;
  return mapping.textOf(mapping.files[first_ + i].name);
}
FileStamp StatIndex::Directory::stamp(size_t i) const {
  const FileRecord& file = index_->mapping_->files[first_ + i];
  return {file.size, file.mtime, file.ctime, file.inode, file.mode};
}
Digest StatIndex::Directory::content(size_t i) const { return Digest(index_->mapping_->files[first_ + i].content); }
Digest StatIndex::Directory::xattrs(size_t i) const {
  const Mapping& mapping = *index_->mapping_;
  return digestAt(mapping.digests, mapping.files[first_ + i].xattrs);
}
FilePlace StatIndex::Directory::place(size_t i) const {
  const FileRecord& file = index_->mapping_->files[first_ + i];
  return {file.layer, file.offset};
}

size_t StatIndex::Directory::find(llvm::StringRef wanted, size_t hint) const {
  if (hint < count_ && name(hint) == wanted) return hint;
  size_t low = 0, high = count_;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    (name(middle) < wanted ? low : high) = name(middle) < wanted ? middle + 1 : middle;
  }
  return low < count_ && name(low) == wanted ? low : count_;
}

StatIndex::Directory StatIndex::directory(llvm::StringRef path) const {
  Directory out;
  out.index_ = this;
  if (!mapping_) return out;
  const auto* begin = mapping_->directories;
  const auto* end = begin + mapping_->header().directories;
  const auto* found = std::lower_bound(begin, end, path, [&](const DirectoryRecord& record, llvm::StringRef wanted) {
    return mapping_->textOf(record.path) < wanted;
  });
  if (found == end || mapping_->textOf(found->path) != path) return out;
  out.first_ = found->firstFile;
  out.count_ = found->files;
  return out;
}

size_t StatIndex::files() const { return mapping_ ? mapping_->header().files : 0; }

std::vector<Digest> StatIndex::layers() const {
  std::vector<Digest> out;
  for (uint32_t i = 0; mapping_ && i < mapping_->header().layers; ++i) out.push_back(digestAt(mapping_->layers, i));
  if (out.empty()) out.emplace_back();
  return out;
}

std::vector<llvm::StringRef> StatIndex::directories() const {
  std::vector<llvm::StringRef> out;
  for (uint32_t i = 0; mapping_ && i < mapping_->header().directories; ++i)
    out.push_back(mapping_->textOf(mapping_->directories[i].path));
  return out;
}

namespace {
template <typename T>
void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// Digests one behind the other, each once; the first is none.
struct DigestTable {
  DigestTable() { numberOf(Digest()); }
  uint32_t numberOf(const Digest& digest) {
    auto [place, isNew] = numbers.try_emplace(digest, uint32_t(numbers.size()));
    if (isNew) bytes += digest.raw();
    return place->second;
  }
  uint32_t size() const { return uint32_t(numbers.size()); }

  std::string bytes;
  std::map<Digest, uint32_t> numbers;
};
}  // namespace

/// What stands one behind the other in the file.
struct StatIndexWriter::Parts {
  explicit Parts(std::vector<Digest> layers) : known(std::move(layers)), numbers(known.size(), 0) {}

  std::string directories, files, text;
  DigestTable digests, layers;
  std::vector<Digest> known;
  std::vector<uint32_t> numbers;  ///< in the file, of each known layer; 0: not there yet

  uint32_t layerNumber(uint32_t layer) {
    if (layer == 0) return 0;
    if (numbers[layer] == 0) numbers[layer] = layers.numberOf(known[layer]);
    return numbers[layer];
  }
  TextRange put(llvm::StringRef bytes) {
    TextRange range{uint32_t(text.size()), uint32_t(bytes.size())};
    text += bytes;
    return range;
  }
};

StatIndexWriter::StatIndexWriter(std::vector<Digest> layers, size_t files)
    : parts_(std::make_unique<Parts>(std::move(layers))) {
  parts_->files.reserve(files * sizeof(FileRecord));
}
StatIndexWriter::~StatIndexWriter() = default;

void StatIndexWriter::add(llvm::StringRef directory, llvm::ArrayRef<IndexedFile> files) {
  if (files.empty()) return;
  Parts& parts = *parts_;
  append(parts.directories, DirectoryRecord{parts.put(directory), uint32_t(parts.files.size() / sizeof(FileRecord)),
                                            uint32_t(files.size())});
  for (const IndexedFile& file : files) {
    FileRecord record{};
    record.size = file.stamp.size;
    record.mtime = file.stamp.mtime;
    record.ctime = file.stamp.ctime;
    record.inode = file.stamp.inode;
    record.name = parts.put(file.name);
    record.mode = file.stamp.mode;
    record.xattrs = parts.digests.numberOf(file.xattrs);
    record.layer = parts.layerNumber(file.place.layer);
    record.offset = file.place.offset;
    record.content = file.content.bytes();
    append(parts.files, record);
  }
}

llvm::Error StatIndexWriter::write(const std::string& path) {
  const Parts& parts = *parts_;
  if (parts.text.size() > UINT32_MAX) return fault(FaultKind::Unsupported, "the context is too large for a stat index");
  llvm::StringRef bodies[] = {parts.directories, parts.files, parts.digests.bytes, parts.layers.bytes, parts.text};
  Header header{};
  header.magic = kMagic;
  header.directories = uint32_t(parts.directories.size() / sizeof(DirectoryRecord));
  header.files = uint32_t(parts.files.size() / sizeof(FileRecord));
  header.digests = parts.digests.size();
  header.layers = parts.layers.size();
  header.text = parts.text.size();
  header.checksum = checksumOf(bodies);
  if (auto error = makeDirectories(path.substr(0, path.find_last_of('/')))) return error;
  return replaceFile(path, 0600, [&](ByteSink& sink) -> llvm::Error {
    if (auto error = sink.write({reinterpret_cast<const char*>(&header), sizeof header})) return error;
    for (llvm::StringRef body : bodies)
      if (auto error = sink.write(body)) return error;
    return llvm::Error::success();
  });
}

int64_t fileClockNow() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return int64_t(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace strata::builder
