#include "layerfs/gzip_stream.h"

#include "support/fault.h"
#include "support/loaded_library.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <llvm/Support/Endian.h>

#include <bit>
#include <limits>
#include <utility>
#include <vector>

namespace strata::layerfs {

namespace {
/// The functions of ISA-L that strata calls, by their own names.
struct IsalLibrary {
// clang-format off
#define STRATA_ISAL_FUNCTIONS(X) \
  X(crc32_gzip_refl) X(isal_deflate_stateless_init) X(isal_deflate_stateless) X(isal_inflate_init) \
  X(isal_inflate_reset) X(isal_inflate)
// clang-format on
#define STRATA_DECLARE(name) decltype(&::name) name = nullptr;
  STRATA_ISAL_FUNCTIONS(STRATA_DECLARE)
#undef STRATA_DECLARE
  std::string problem;  ///< why it could not be loaded
};

IsalLibrary loadIsal() {
  IsalLibrary library;
  LoadedLibrary file("libisal.so.2");
#define STRATA_FIND(name) file.find(#name, library.name);
  STRATA_ISAL_FUNCTIONS(STRATA_FIND)
#undef STRATA_FIND
#undef STRATA_ISAL_FUNCTIONS
  library.problem = file.problem();
  return library;
}

const IsalLibrary& isal() {
  static const IsalLibrary library = loadIsal();
  return library;
}

/// Nothing of the library may be called where this faults.
llvm::Error checkLibrary() {
  if (isal().problem.empty()) return llvm::Error::success();
  return fault(FaultKind::Unsupported,
               "gzip can be neither read nor written: " + isal().problem + "; install ISA-L (Debian: libisal2)");
}

/// Large enough that starting without a history costs 0.1 % of size, small enough for two a thread.
constexpr size_t kGzipBlock = 1 << 20;

/// ISA-L's level 3 is never taken: it is implemented three times (SSE, AVX2, AVX-512), and each gives other bytes.
/// Levels 0 to 2 are the same on every x86-64 processor with SSE 4.2.
uint32_t isalLevel(std::optional<int> level) {
  int asked = level.value_or(6);  // gzip's own default
  return asked <= 0 ? 0 : asked <= 3 ? 1 : 2;
}

uint32_t checksum(uint32_t before, llvm::StringRef bytes) {
  if (!isal().problem.empty()) return before;  // compress() says so
  return isal().crc32_gzip_refl(before, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

void appendNumber(std::string& bytes, uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) bytes += char(number >> shift);
}

/// The CRC-32C of four bytes, by which ISA-L finds them again (compute_hash in its huffman.asm).
uint32_t hashOf(uint32_t bytes) {
  for (int bit = 0; bit < 32; ++bit) bytes = (bytes >> 1) ^ (bytes & 1 ? 0x82f63b78 : 0);
  return bytes;
}

/// Where levels 1 and 2 enter the third position of a block into their table: they take the bytes for it from a
/// register that holds the stream's address (.write_first_byte in igzip_icf_body_h1_gr_bt.asm, 2.30 to 2.32 at least).
/// That changes what is found, and so the compressed bytes, where it is the place of one of the first three positions.
bool addressShows(const isal_zstream* stream, llvm::StringRef block) {
  if (block.size() < 8) return false;  // has no table
  uint32_t mask = uint32_t(std::bit_floor(std::min<size_t>(block.size(), IGZIP_HASH8K_HASH_SIZE))) - 1;
  uint32_t entered = hashOf(uint32_t(reinterpret_cast<uintptr_t>(stream) >> 16)) & mask;
  for (size_t position = 0; position < 3; ++position)
    if (entered == (hashOf(llvm::support::endian::read32le(block.data() + position)) & mask)) return true;
  return false;
}

/// All zeros: ISA-L's init leaves the size of the window (hist_bits) to chance.
std::unique_ptr<isal_zstream> makeStream(llvm::StringRef block) {
  auto stream = std::make_unique<isal_zstream>();
  std::vector<std::unique_ptr<isal_zstream>> others;  // hold their addresses; each is larger than 2^16 bytes
  static_assert(sizeof(isal_zstream) > 1 << 16);
  for (int tries = 0; tries < 64 && addressShows(stream.get(), block); ++tries)
    others.push_back(std::exchange(stream, std::make_unique<isal_zstream>()));
  return stream;
}

class GzipCodec : public BlockCodec {
public:
  explicit GzipCodec(std::optional<int> level) : level_(isalLevel(level)) {}
  size_t blockSize() const override { return kGzipBlock; }
  /// What does not shrink is stored: 5 bytes for each 65,535, and the flush.
  size_t bound() const override { return kGzipBlock + (kGzipBlock / 65535 + 1) * 5 + 64; }

  llvm::Expected<size_t> compress(llvm::StringRef block, char* output) const override {
    if (auto error = checkLibrary()) return error;
    constexpr size_t kWorkspace[] = {ISAL_DEF_LVL0_LARGE, ISAL_DEF_LVL1_LARGE, ISAL_DEF_LVL2_LARGE};
    auto workspace = std::make_unique<uint8_t[]>(kWorkspace[level_] + 1);  // level 0 needs none
    auto stream = makeStream(block);
    isal().isal_deflate_stateless_init(stream.get());
    stream->level = level_;
    stream->level_buf = workspace.get();
    stream->level_buf_size = uint32_t(kWorkspace[level_]);
    stream->flush = FULL_FLUSH;  // ends at a whole byte: blocks are put together as they are
    stream->end_of_stream = 0;
    stream->next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(block.data()));
    stream->avail_in = uint32_t(block.size());
    stream->next_out = reinterpret_cast<uint8_t*>(output);
    stream->avail_out = uint32_t(bound());
    if (isal().isal_deflate_stateless(stream.get()) != COMP_OK || stream->avail_in != 0)
      return fault(FaultKind::Io, "gzip: the compressor failed");
    return bound() - stream->avail_out;
  }

  std::string name() const override { return "gzip-" + std::to_string(level_); }
  uint32_t mark() const override { return checksum_; }
  void resume(uint64_t size, uint32_t mark) override {
    size_ = size;
    checksum_ = mark;
  }

  /// No flags, no time, no name; of an unknown system.
  std::string opening() override { return std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10); }
  void pass(llvm::StringRef block) override {
    checksum_ = checksum(checksum_, block);
    size_ += block.size();
  }
  /// An empty last block, the checksum, and the length modulo 2^32.
  std::string closing() override {
    std::string bytes("\x03\0", 2);
    appendNumber(bytes, checksum_);
    appendNumber(bytes, uint32_t(size_));
    return bytes;
  }

private:
  uint32_t level_, checksum_ = 0;
  uint64_t size_ = 0;
};

llvm::StringRef nameOf(int code) {
  switch (code) {
    case ISAL_INVALID_BLOCK:
      return "a block of no known kind";
    case ISAL_INVALID_SYMBOL:
      return "no valid code";
    case ISAL_INVALID_LOOKBACK:
      return "a copy from before the start";
    case ISAL_INCORRECT_CHECKSUM:
      return "checksum or length do not fit the content";
    default:
      return "it cannot be read";
  }
}

class GzipSource : public ByteSource {
public:
  explicit GzipSource(ByteSource& source) : source_(source), input_(kCopyBuffer) {
    if (isal().problem.empty()) isal().isal_inflate_init(&state_);
  }

  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    if (auto error = checkLibrary()) return error;
    while (!finished_) {
      auto made = insideMember_ ? inflate(buffer, size) : beginMember();
      if (!made || *made > 0) return made;
    }
    return 0;
  }

private:
  static llvm::Error invalid(const llvm::Twine& what) { return fault(FaultKind::Invalid, "gzip: " + what); }

  /// More of the compressed bytes, if there are none left and the end was not seen.
  llvm::Error refill() {
    if (state_.avail_in > 0 || inputEnded_) return llvm::Error::success();
    auto got = source_.read(reinterpret_cast<char*>(input_.data()), input_.size());
    if (!got) return got.takeError();
    state_.next_in = input_.data();
    state_.avail_in = uint32_t(*got);
    inputEnded_ = *got == 0;
    return llvm::Error::success();
  }

  /// The next byte of a member's header. ISA-L reads headers too, but forgets the flags of one that is not there whole.
  llvm::Expected<uint8_t> headerByte() {
    if (auto error = refill()) return error;
    if (state_.avail_in == 0) return invalid("the stream ends inside a header");
    --state_.avail_in;
    uint8_t byte = *state_.next_in++;
    headerChecksum_ = isal().crc32_gzip_refl(headerChecksum_, &byte, 1);
    return byte;
  }
  llvm::Error skip(size_t count) {
    while (count-- > 0)
      if (auto byte = headerByte(); !byte) return byte.takeError();
    return llvm::Error::success();
  }
  llvm::Error skipText() {
    for (;;) {
      auto byte = headerByte();
      if (!byte) return byte.takeError();
      if (*byte == 0) return llvm::Error::success();
    }
  }
  llvm::Expected<uint16_t> headerNumber() {
    auto low = headerByte();
    if (!low) return low.takeError();
    auto high = headerByte();
    if (!high) return high.takeError();
    return uint16_t(*low | *high << 8);
  }

  llvm::Error readHeader() {
    headerChecksum_ = 0;
    uint8_t fixed[4];
    for (uint8_t& field : fixed) {
      auto byte = headerByte();
      if (!byte) return byte.takeError();
      field = *byte;
    }
    if (fixed[0] != 0x1f || fixed[1] != 0x8b)
      return invalid(llvm::Twine("something that is no gzip follows after ") + llvm::Twine(produced_) + " bytes");
    if (fixed[2] != 8)
      return invalid("compressed by method " + llvm::Twine(unsigned(fixed[2])) + ", only 8 (deflate) is known");
    return readOptionalFields(fixed[3]);
  }

  llvm::Error readOptionalFields(uint8_t flags) {
    enum { HeaderChecksum = 2, Extra = 4, Name = 8, Comment = 16, Reserved = 0xe0 };
    if (flags & Reserved) return invalid("a header has flags that no version of the format knows");
    if (auto error = skip(6)) return error;  // time, extra flags, operating system
    if (flags & Extra) {
      auto length = headerNumber();
      if (!length) return length.takeError();
      if (auto error = skip(*length)) return error;
    }
    if (flags & Name)
      if (auto error = skipText()) return error;
    if (flags & Comment)
      if (auto error = skipText()) return error;
    if (!(flags & HeaderChecksum)) return llvm::Error::success();
    uint16_t expected = uint16_t(headerChecksum_);
    auto written = headerNumber();
    if (!written) return written.takeError();
    return *written == expected ? llvm::Error::success() : invalid("a header's checksum is wrong");
  }

  /// Nothing yet to be given to the reader.
  llvm::Expected<size_t> beginMember() {
    if (auto error = refill()) return error;
    if (state_.avail_in == 0) {
      finished_ = true;
      return 0;
    }
    if (auto error = readHeader()) return error;
    isal().isal_inflate_reset(&state_);
    state_.crc_flag = ISAL_GZIP_NO_HDR_VER;
    insideMember_ = true;
    return 0;
  }

  llvm::Expected<size_t> inflate(char* buffer, size_t size) {
    if (auto error = refill()) return error;
    size = std::min<size_t>(size, std::numeric_limits<uint32_t>::max());
    state_.next_out = reinterpret_cast<uint8_t*>(buffer);
    state_.avail_out = uint32_t(size);
    int code = isal().isal_inflate(&state_);
    if (code != ISAL_DECOMP_OK) return invalid("damaged after " + llvm::Twine(produced_) + " bytes: " + nameOf(code));
    size_t made = size - state_.avail_out;
    produced_ += made;
    bool ended = state_.block_state == ISAL_BLOCK_FINISH;
    if (ended) insideMember_ = false;
    if (made == 0 && !ended && inputEnded_)
      return invalid("the stream ends early, after " + llvm::Twine(produced_) + " bytes");
    return made;
  }

  ByteSource& source_;
  std::vector<uint8_t> input_;
  inflate_state state_;
  uint32_t headerChecksum_ = 0;
  uint64_t produced_ = 0;
  bool insideMember_ = false, inputEnded_ = false, finished_ = false;
};
}  // namespace

std::unique_ptr<BlockCodec> makeGzipCodec(std::optional<int> level) { return std::make_unique<GzipCodec>(level); }

bool isGzip(llvm::StringRef firstBytes) { return firstBytes.starts_with("\x1f\x8b"); }
std::unique_ptr<ByteSource> inflateGzip(ByteSource& source) { return std::make_unique<GzipSource>(source); }

}  // namespace strata::layerfs
