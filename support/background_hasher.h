#pragma once
/// \file SHA-256 beside the thread that brings the bytes: reading, inflating or writing them and hashing them then take
/// two cores instead of turns on one.

#include "support/digest.h"

#include <llvm/ADT/StringRef.h>

#include <memory>

namespace strata {

/// As Hasher, with the work done by a oneTBB task. Bytes are copied, 1 MiB of them may wait; where that is full and no
/// core was free to begin, the caller hashes itself, so that nothing ever waits for a thread that may not come. A
/// stream shorter than one piece (256 KiB) never leaves the caller's thread. Used by one thread at a time.
class BackgroundHasher {
public:
  BackgroundHasher();
  ~BackgroundHasher();
  BackgroundHasher(BackgroundHasher&&) noexcept;
  BackgroundHasher& operator=(BackgroundHasher&&) noexcept;

  void update(llvm::StringRef bytes);
  /// Waits for what is still to be hashed. A finished hasher may not be updated.
  Digest finish();

private:
  struct Queue;
  void submit();
  std::shared_ptr<Queue> queue_;  ///< shared with the task, which may outlive us by a moment
};

}  // namespace strata
