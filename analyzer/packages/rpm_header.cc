#include "analyzer/packages/package_readers.h"

#include <llvm/Support/Endian.h>

namespace strata::analyzer {

namespace {

constexpr uint32_t kName = 1000, kVersion = 1001, kRelease = 1002, kEpoch = 1003, kSize = 1009, kArchitecture = 1022,
                   kLongSize = 5009;
constexpr uint32_t kInt32 = 4, kInt64 = 5, kString = 6;
constexpr size_t kEntrySize = 16;

/// Two big-endian numbers, how many entries and how many bytes of data; then the entries, four such numbers each: tag,
/// type, offset in the data, count; then the data.
class Header {
public:
  static std::optional<Header> of(llvm::StringRef bytes) {
    if (bytes.size() < 8) return std::nullopt;
    uint64_t entries = llvm::support::endian::read32be(bytes.data());
    uint64_t size = llvm::support::endian::read32be(bytes.data() + 4);
    if (8 + entries * kEntrySize + size > bytes.size()) return std::nullopt;
    return Header(bytes.substr(8, entries * kEntrySize), bytes.substr(8 + entries * kEntrySize, size));
  }

  llvm::StringRef text(uint32_t tag) const {
    llvm::StringRef value = find(tag, kString);
    return value.take_front(value.find('\0'));
  }
  std::optional<uint64_t> number(uint32_t tag) const {
    if (llvm::StringRef value = find(tag, kInt64); value.size() >= 8)
      return llvm::support::endian::read64be(value.data());
    if (llvm::StringRef value = find(tag, kInt32); value.size() >= 4)
      return llvm::support::endian::read32be(value.data());
    return std::nullopt;
  }

private:
  Header(llvm::StringRef entries, llvm::StringRef data) : entries_(entries), data_(data) {}

  /// The data from where the value begins.
  llvm::StringRef find(uint32_t tag, uint32_t type) const {
    for (llvm::StringRef entry = entries_; !entry.empty(); entry = entry.drop_front(kEntrySize)) {
      const char* at = entry.data();
      if (llvm::support::endian::read32be(at) != tag || llvm::support::endian::read32be(at + 4) != type) continue;
      return data_.drop_front(std::min<size_t>(llvm::support::endian::read32be(at + 8), data_.size()));
    }
    return {};
  }

  llvm::StringRef entries_, data_;
};

}  // namespace

std::optional<Package> readRpmHeader(llvm::StringRef bytes) {
  auto header = Header::of(bytes);
  if (!header) return std::nullopt;
  Package package;
  package.name = header->text(kName).str();
  package.version = (header->text(kVersion) + "-" + header->text(kRelease)).str();
  if (auto epoch = header->number(kEpoch); epoch && *epoch != 0)
    package.version = std::to_string(*epoch) + ":" + package.version;
  package.architecture = header->text(kArchitecture).str();
  package.bytes = header->number(kLongSize);
  if (!package.bytes) package.bytes = header->number(kSize);
  if (header->text(kVersion).empty() || !isPlausible(package)) return std::nullopt;
  return package;
}

}  // namespace strata::analyzer
