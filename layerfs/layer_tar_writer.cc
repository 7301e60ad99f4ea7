/// The layer tar, version 1. Each entry is a ustar header (POSIX.1-1988), preceded by one pax header ('x') if ustar
/// cannot say it all. The rules that make it canonical: user and group names are empty; a path goes into name, else is
/// split at the last '/' that fits into prefix and name, else is a pax record; pax records are sorted by key; the pax
/// header itself is owned by 0:0 with time 0; whiteouts and opaque marks are empty files with mode, owner and time 0.
/// Paths are bytes: one that is not UTF-8 in a pax record is announced by hdrcharset=BINARY.
#include "layerfs/entry_path.h"
#include "layerfs/layer_tar.h"
#include "layerfs/overlay_format.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/ConvertUTF.h>

#include <cstring>
#include <map>

namespace strata::layerfs {

namespace {
constexpr uint64_t kMaxNumber7 = 07777777;       // seven octal digits: mode, uid, gid, devices
constexpr uint64_t kMaxNumber11 = 077777777777;  // eleven: size, mtime
constexpr llvm::StringLiteral kWhiteoutPrefix = ".wh.";
constexpr llvm::StringLiteral kOpaqueName = ".wh..wh..opq";

struct UstarHeader {
  char name[100] = {};
  char mode[8] = {};
  char uid[8] = {};
  char gid[8] = {};
  char size[12] = {};
  char mtime[12] = {};
  char checksum[8] = {};
  char type = '0';
  char linkName[100] = {};
  char magic[6] = {'u', 's', 't', 'a', 'r', 0};
  char version[2] = {'0', '0'};
  char userName[32] = {};
  char groupName[32] = {};
  char deviceMajor[8] = {};
  char deviceMinor[8] = {};
  char prefix[155] = {};
  char padding[12] = {};
};
static_assert(sizeof(UstarHeader) == kTarBlock);

using PaxRecords = std::map<std::string, std::string>;

template <size_t N>
void putText(char (&field)[N], llvm::StringRef text) {
  std::memcpy(field, text.data(), std::min(N, text.size()));
}

template <size_t N>
void putOctal(char (&field)[N], uint64_t value) {
  for (size_t i = N - 1; i-- > 0; value >>= 3) field[i] = char('0' + (value & 7));
}

/// Six digits, NUL, blank: the sum of all bytes with the field itself as blanks.
void putChecksum(UstarHeader& header) {
  std::memset(header.checksum, ' ', sizeof header.checksum);
  unsigned sum = 0;
  for (const unsigned char *byte = reinterpret_cast<unsigned char*>(&header), *end = byte + kTarBlock; byte != end;
       ++byte)
    sum += *byte;
  for (size_t i = 6; i-- > 0; sum >>= 3) header.checksum[i] = char('0' + (sum & 7));
  header.checksum[6] = 0;
}

llvm::StringRef bytesOf(const UstarHeader& header) { return {reinterpret_cast<const char*>(&header), kTarBlock}; }

/// "<length> <key>=<value>\n", where the length counts its own digits.
std::string paxRecord(llvm::StringRef key, llvm::StringRef value) {
  size_t rest = key.size() + value.size() + 3;
  size_t length = rest + llvm::utostr(rest).size();
  length = rest + llvm::utostr(length).size();
  return (llvm::Twine(length) + " " + key + "=" + value + "\n").str();
}

bool isUtf8(llvm::StringRef text) {
  auto* bytes = reinterpret_cast<const llvm::UTF8*>(text.data());
  return llvm::isLegalUTF8String(&bytes, bytes + text.size());
}

void addPathRecord(PaxRecords& records, llvm::StringRef key, llvm::StringRef value) {
  records[key.str()] = value.str();
  if (!isUtf8(value)) records["hdrcharset"] = "BINARY";
}

void putPath(UstarHeader& header, PaxRecords& records, llvm::StringRef path) {
  if (path.size() <= sizeof header.name) return putText(header.name, path);
  // The trailing '/' of a directory is no place to split: the name must not be empty.
  size_t slash = path.take_front(sizeof header.prefix + 1).find_last_of('/');
  if (slash != llvm::StringRef::npos && slash > 0 && slash + 1 < path.size() &&
      path.size() - slash - 1 <= sizeof header.name) {
    putText(header.prefix, path.take_front(slash));
    return putText(header.name, path.drop_front(slash + 1));
  }
  putText(header.name, path);
  addPathRecord(records, "path", path);
}

void putLink(UstarHeader& header, PaxRecords& records, llvm::StringRef target) {
  putText(header.linkName, target);
  if (target.size() > sizeof header.linkName) addPathRecord(records, "linkpath", target);
}

template <size_t N>
void putNumber(char (&field)[N], PaxRecords& records, llvm::StringRef key, uint64_t value, uint64_t most) {
  putOctal(field, value <= most ? value : 0);
  if (value > most) records[key.str()] = llvm::utostr(value);
}

/// Seconds with as many decimals as it takes, none for a whole second.
std::string paxTime(int64_t nanoseconds) {
  uint64_t magnitude = nanoseconds < 0 ? -uint64_t(nanoseconds) : uint64_t(nanoseconds);
  std::string text = (nanoseconds < 0 ? "-" : "") + llvm::utostr(magnitude / 1'000'000'000);
  uint64_t fraction = magnitude % 1'000'000'000;
  if (fraction == 0) return text;
  std::string decimals = llvm::utostr(1'000'000'000 + fraction).substr(1);
  return text + "." + llvm::StringRef(decimals).rtrim('0').str();
}

void putTime(UstarHeader& header, PaxRecords& records, int64_t nanoseconds) {
  bool whole = nanoseconds >= 0 && nanoseconds % 1'000'000'000 == 0;
  putOctal(header.mtime, nanoseconds > 0 ? uint64_t(nanoseconds) / 1'000'000'000 : 0);
  if (!whole || uint64_t(nanoseconds) / 1'000'000'000 > kMaxNumber11) records["mtime"] = paxTime(nanoseconds);
}

char typeOf(EntryKind kind) {
  switch (kind) {
    case EntryKind::Directory:
      return '5';
    case EntryKind::Symlink:
      return '2';
    case EntryKind::Hardlink:
      return '1';
    case EntryKind::CharacterDevice:
      return '3';
    case EntryKind::BlockDevice:
      return '4';
    case EntryKind::Fifo:
      return '6';
    default:
      return '0';
  }
}

/// The path as the tar says it.
std::string archivedPath(const LayerEntry& entry) {
  auto [above, name] = splitPath(entry.path);
  switch (entry.kind) {
    case EntryKind::Directory:
      return entry.path + "/";
    case EntryKind::Whiteout:
      return (above + (above.empty() ? "" : "/") + kWhiteoutPrefix + name).str();
    case EntryKind::Opaque:
      return entry.path.empty() ? kOpaqueName.str() : entry.path + "/" + kOpaqueName.str();
    default:
      return entry.path;
  }
}

llvm::Error addXattrs(PaxRecords& records, const LayerEntry& entry) {
  for (const auto& [name, value] : entry.xattrs) {
    if (!xattrTravels(name)) continue;
    if (name.find('=') != std::string::npos)
      return fault(FaultKind::Invalid, printable(entry.path) + ": a layer cannot hold the extended attribute '" +
                                           printable(name) + "', whose name has a '='");
    records["SCHILY.xattr." + name] = value;
  }
  return llvm::Error::success();
}

std::string paxBlocks(const PaxRecords& records, llvm::StringRef path) {
  std::string body;
  for (const auto& [key, value] : records) body += paxRecord(key, value);
  UstarHeader header;
  header.type = 'x';
  putText(header.name, ("PaxHeaders.0/" + splitPath(path.rtrim('/')).second.take_front(80)).str());
  putOctal(header.mode, 0644);
  putOctal(header.uid, 0);
  putOctal(header.gid, 0);
  putOctal(header.size, body.size());
  putOctal(header.mtime, 0);
  putChecksum(header);
  body.insert(0, bytesOf(header));
  body.resize((body.size() + kTarBlock - 1) / kTarBlock * kTarBlock);
  return body;
}

/// A pax comment from `position` to the next multiple of `alignment`; empty at one.
std::string commentUpTo(uint64_t position, size_t alignment, llvm::StringRef path) {
  size_t blocks = size_t(alignment - position % alignment) % alignment / kTarBlock;
  if (blocks == 0) return "";
  if (blocks == 1) blocks += alignment / kTarBlock;  // a pax header has a block of records at least
  size_t body = (blocks - 1) * kTarBlock, overhead = paxRecord("comment", std::string(body, ' ')).size() - body;
  return paxBlocks({{"comment", std::string(body - overhead, ' ')}}, path);
}

/// All that comes before an entry's content.
llvm::Expected<std::string> headerOf(const LayerEntry& entry) {
  UstarHeader header;
  PaxRecords records;
  bool removal = entry.kind == EntryKind::Whiteout || entry.kind == EntryKind::Opaque;
  std::string path = archivedPath(entry);
  header.type = typeOf(entry.kind);
  putPath(header, records, path);
  putOctal(header.mode, removal ? 0 : entry.mode & 07777);
  putNumber(header.uid, records, "uid", removal ? 0 : entry.uid, kMaxNumber7);
  putNumber(header.gid, records, "gid", removal ? 0 : entry.gid, kMaxNumber7);
  putNumber(header.size, records, "size", entry.kind == EntryKind::File ? entry.size : 0, kMaxNumber11);
  putTime(header, records, removal ? 0 : entry.mtime);
  if (entry.kind == EntryKind::Symlink || entry.kind == EntryKind::Hardlink) putLink(header, records, entry.linkTarget);
  if (entry.kind == EntryKind::CharacterDevice || entry.kind == EntryKind::BlockDevice) {
    putOctal(header.deviceMajor, entry.deviceMajor & kMaxNumber7);
    putOctal(header.deviceMinor, entry.deviceMinor & kMaxNumber7);
  }
  if (!removal && entry.kind != EntryKind::Hardlink)
    if (auto error = addXattrs(records, entry)) return error;
  putChecksum(header);
  std::string blocks = records.empty() ? "" : paxBlocks(records, path);
  return blocks + bytesOf(header).str();
}
}  // namespace

llvm::Expected<std::string> layerTarHeader(const LayerEntry& entry) {
  if (entry.kind == EntryKind::Socket) return "";
  if (entry.path.empty() && entry.kind != EntryKind::Opaque) return "";
  if (splitPath(entry.path).second.starts_with(kWhiteoutPrefix))
    return fault(FaultKind::Invalid, printable(entry.path) +
                                         ": image layers keep names that start with '.wh.' for removals; rename it or "
                                         "remove it in the step that made it");
  return headerOf(entry);
}

llvm::Error LayerTarWriter::add(const LayerEntry& entry, ByteSource* content) {
  if (auto error = putHeader(entry, kTarBlock)) return error;
  if (entry.kind != EntryKind::File || !content) return llvm::Error::success();
  return putContent(entry, *content);
}

namespace {
/// Passes bytes on and counts them.
class CountingSink : public ByteSink {
public:
  explicit CountingSink(ByteSink& next) : next_(next) {}
  llvm::Error write(llvm::StringRef bytes) override {
    count += bytes.size();
    return next_.write(bytes);
  }
  llvm::Expected<uint64_t> takeFile(int file, uint64_t size) override {
    auto took = next_.takeFile(file, size);
    if (took) count += *took;
    return took;
  }
  uint64_t count = 0;

private:
  ByteSink& next_;
};
}  // namespace

llvm::Error LayerTarWriter::addStreamed(const LayerEntry& entry,
                                        llvm::function_ref<llvm::Error(ByteSink& content)> produce, size_t alignment) {
  if (auto error = putHeader(entry, alignment)) return error;
  if (auto error = flush()) return error;
  CountingSink counting(sink_);
  if (auto error = produce(counting)) return error;
  given_ += counting.count;
  if (counting.count != entry.size)
    return fault(FaultKind::Corrupt, printable(entry.path) + " has " + llvm::Twine(counting.count) +
                                         " bytes instead of " + llvm::Twine(entry.size));
  return putZeros(size_t((kTarBlock - entry.size % kTarBlock) % kTarBlock));
}

llvm::Error LayerTarWriter::putHeader(const LayerEntry& entry, size_t alignment) {
  auto header = layerTarHeader(entry);
  if (!header) return header.takeError();
  if (auto error = put(commentUpTo(given_ + used_ + header->size(), alignment, entry.path))) return error;
  return put(*header);
}

llvm::Error LayerTarWriter::finish() {
  if (auto error = putZeros(2 * kTarBlock)) return error;
  return flush();
}

llvm::Error LayerTarWriter::putContent(const LayerEntry& entry, ByteSource& content) {
  auto changed = [&](llvm::StringRef how) {
    return fault(FaultKind::Invalid, printable(entry.path) + " became " + how + " while it was read");
  };
  for (uint64_t rest = entry.size; rest > 0;) {
    if (used_ == buffer_.size())
      if (auto error = flush()) return error;
    auto got = content.read(buffer_.data() + used_, size_t(std::min<uint64_t>(rest, buffer_.size() - used_)));
    if (!got) return withContext(got.takeError(), printable(entry.path));
    if (*got == 0) return changed("shorter");
    used_ += *got;
    rest -= *got;
  }
  char beyond;
  auto more = content.read(&beyond, 1);
  if (!more) return withContext(more.takeError(), printable(entry.path));
  if (*more > 0) return changed("longer");
  return putZeros(size_t((kTarBlock - entry.size % kTarBlock) % kTarBlock));
}

llvm::Error LayerTarWriter::put(llvm::StringRef bytes) {
  while (!bytes.empty()) {
    if (used_ == buffer_.size())
      if (auto error = flush()) return error;
    llvm::StringRef part = bytes.take_front(buffer_.size() - used_);
    std::memcpy(buffer_.data() + used_, part.data(), part.size());
    used_ += part.size();
    bytes = bytes.drop_front(part.size());
  }
  return llvm::Error::success();
}

llvm::Error LayerTarWriter::putZeros(size_t count) {
  static constexpr char kZeros[2 * kTarBlock] = {};
  return put({kZeros, count});
}

llvm::Error LayerTarWriter::flush() {
  if (used_ > 0)
    if (auto error = sink_.write({buffer_.data(), used_})) return error;
  given_ += used_;
  used_ = 0;
  buffer_.resize(kCopyBuffer);
  return llvm::Error::success();
}

}  // namespace strata::layerfs
