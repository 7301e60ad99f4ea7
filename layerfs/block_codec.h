#pragma once
/// \file Streams compressed as blocks that know nothing of each other, so that any number of threads can work on one
/// stream and the bytes are a matter of the content and the level alone. Used by makeCompressor().

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace strata::layerfs {

/// One stream in the making. compress() may run on many threads at once, the rest belongs to the stream's owner.
class BlockCodec {
public:
  virtual ~BlockCodec() = default;
  /// Bytes of every block but the last, which may have fewer. A stream of nothing is one empty block.
  virtual size_t blockSize() const = 0;
  /// The most bytes that a block becomes.
  virtual size_t bound() const = 0;
  /// Compresses one block to `output`, which has room for bound() bytes; how many it took.
  virtual llvm::Expected<size_t> compress(llvm::StringRef block, char* output) const = 0;

  /// What blocks compressed in this way are known by: two codecs of one name give the same.
  virtual std::string name() const = 0;
  /// What pass() has come to so far, for a stream that goes on behind blocks which another one passed.
  virtual uint32_t mark() const { return 0; }
  /// Before the first block: `size` bytes of content were passed, and came to `mark`.
  virtual void resume(uint64_t size, uint32_t mark) {}

  /// What stands before the first block.
  virtual std::string opening() { return {}; }
  /// Sees every block, in order, for what counts over the whole stream.
  virtual void pass(llvm::StringRef block) {}
  /// What stands behind the last block.
  virtual std::string closing() { return {}; }
};

}  // namespace strata::layerfs
