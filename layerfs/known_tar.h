#pragma once
/// \file A tar that was hashed before, for another one that begins alike: of the bytes that both have none need be
/// hashed again, comparing them takes a tenth of the time. Where they part, hashing goes on from the last state of
/// SHA-256 that was kept on the way; also where the other tar is not in memory: reading it from a disk takes as long as
/// hashing.
///
/// Kept beside a layer's tar as `hash-states`, in the machine's own byte order: magic, checksum (XXH3 of what follows),
/// digest of the tar, and for each state its offset (8 bytes) and SHA-256's eight words.

#include "support/digest.h"
#include "support/unique_fd.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace strata::layerfs {

struct KnownTar {
  UniqueFd file;  ///< open for reading; none: there is no such tar
  Digest digest;
  uint64_t size = 0;
  std::vector<Hasher::State> states;  ///< in the order of their offsets
  bool givesWay = false;              ///< to the tar that is made: nobody needs its pages after that (PassedPages)
};

/// Takes a tar out of the page cache behind the place where it is read. The next build takes from the layer that is
/// being made. So that one has room where this one was: memory need not grow with each build, nor come new from the
/// host of a virtual machine, which takes longer than all else that a copy does.
class PassedPages {
public:
  /// Of an open file: what lies so far before `offset` that no thread is there any more.
  void giveBack(int file, uint64_t offset);

private:
  uint64_t passed_ = 0;
};

[[nodiscard]] llvm::Error writeHashStates(const std::string& path, const Digest& tar,
                                          llvm::ArrayRef<Hasher::State> states);
/// None where there is no such file, where it is damaged or of another tar.
std::vector<Hasher::State> readHashStates(const std::string& path, const Digest& tar);

/// Unknown: the other tar's bytes are not at hand.
enum class Likeness { Same, Other, Unknown };

/// SHA-256 of a tar that comes in pieces, each a multiple of kTarBlock.
class TarHasher {
public:
  /// Borrows `like`; null: there is none.
  explicit TarHasher(const KnownTar* like)
      : like_(like), likeness_(like ? Likeness::Same : Likeness::Unknown), isAlike_(like) {}

  /// What the other tar has at this offset. Once it was not the same the answer stays. Any thread.
  Likeness compare(uint64_t offset, llvm::StringRef bytes);
  /// The next piece, and what compare() said of it. Faults: Io.
  [[nodiscard]] llvm::Error add(llvm::StringRef bytes, Likeness likeness);
  /// Ends it. Faults: Io.
  llvm::Expected<Digest> finish();

  uint64_t size() const { return size_; }  ///< bytes so far
  /// After finish(): bytes, from the start on, that the other tar has too; as far as they were compared, or hashed to
  /// the same state.
  uint64_t alike() const { return alike_; }
  /// After finish().
  std::vector<Hasher::State> takeStates() { return std::move(states_); }

private:
  llvm::Error part();

  const KnownTar* like_;
  PassedPages passed_;
  std::atomic<Likeness> likeness_;  ///< of all that was compared
  bool isAlike_;                    ///< as far as pieces were added
  Hasher hasher_;
  std::vector<Hasher::State> states_;
  uint64_t size_ = 0, alike_ = 0;
};

}  // namespace strata::layerfs
