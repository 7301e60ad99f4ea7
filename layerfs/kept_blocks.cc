#include "layerfs/kept_blocks.h"

#include "support/directory_entries.h"
#include "support/files.h"
#include "support/fingerprint.h"

#include <sys/stat.h>
#include <unistd.h>
#include <cstddef>
#include <cstring>

namespace strata::layerfs {

namespace {
constexpr uint64_t kGroupMagic = 0x31534b434f4c424b;  // "KBLOCKS1"
constexpr uint64_t kLargestFile = 2 * KeptBlocks::kGroup;

struct GroupHeader {
  uint64_t magic, checksum;
  uint32_t mark, unused;
};
static_assert(sizeof(GroupHeader) == 24);

uint64_t checksumOfFile(llvm::StringRef bytes) { return checksumOf(bytes.drop_front(offsetof(GroupHeader, mark))); }
}  // namespace

std::string KeptBlocks::pathOf(uint64_t number) const {
  return joinPath(directory_, codec_) + "." + std::to_string(number);
}

std::optional<KeptBlocks::Group> KeptBlocks::take() {
  auto bytes = readFile(pathOf(next_), kLargestFile);
  if (!bytes) return llvm::consumeError(bytes.takeError()), std::nullopt;
  GroupHeader header;
  if (bytes->size() <= sizeof header) return std::nullopt;
  std::memcpy(&header, bytes->data(), sizeof header);
  if (header.magic != kGroupMagic || header.checksum != checksumOfFile(*bytes)) return std::nullopt;
  ++next_;
  return Group{bytes->substr(sizeof header), header.mark};
}

void KeptBlocks::add(llvm::StringRef compressed, uint64_t size, uint32_t mark) {
  if (failed_) return;
  if (filling_.empty()) filling_.assign(sizeof(GroupHeader), '\0');
  filling_ += compressed;
  filled_ += size;
  if (filled_ < kGroup) return;
  failed_ = !keep(mark);
  ++next_;
  filling_.clear();
  filled_ = 0;
}

bool KeptBlocks::keep(uint32_t mark) {
  if (next_ == 0 && ::mkdir(directory_.c_str(), 0755) != 0 && errno != EEXIST) return false;
  GroupHeader header{.magic = kGroupMagic, .checksum = 0, .mark = mark, .unused = 0};
  std::memcpy(filling_.data(), &header, sizeof header);
  header.checksum = checksumOfFile(filling_);
  std::memcpy(filling_.data(), &header, sizeof header);
  auto error = writeFileAtomically(pathOf(next_), filling_, 0644);
  bool written = !error;
  llvm::consumeError(std::move(error));
  return written;
}

void KeptBlocks::share(const std::string& from, const std::string& to, uint64_t alike) {
  auto names = entriesOf(from);
  if (!names) return llvm::consumeError(names.takeError());
  if (names->empty() || alike < kGroup || ::mkdir(to.c_str(), 0755) != 0) return;
  for (llvm::StringRef name : *names) {
    uint64_t number = 0;
    bool isGroup = !name.rsplit('.').second.getAsInteger(10, number);
    if (!isGroup || number >= alike / kGroup) continue;
    if (::link(joinPath(from, name).c_str(), joinPath(to, name).c_str()) != 0) return;  // the rest is compressed again
  }
}

}  // namespace strata::layerfs
