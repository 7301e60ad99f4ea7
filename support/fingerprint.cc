#include "support/fingerprint.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace strata {

struct Fingerprinter::State {
  XXH3_state_t hash;
};

Fingerprinter::Fingerprinter() : state_(std::make_unique<State>()) {
  XXH3_INITSTATE(&state_->hash);
  XXH3_128bits_reset(&state_->hash);
}
Fingerprinter::~Fingerprinter() = default;

void Fingerprinter::update(llvm::StringRef bytes) { XXH3_128bits_update(&state_->hash, bytes.data(), bytes.size()); }

Fingerprint Fingerprinter::finish() {
  XXH128_hash_t hash = XXH3_128bits_digest(&state_->hash);
  XXH3_128bits_reset(&state_->hash);
  return {hash.high64, hash.low64};
}

uint64_t checksumOf(llvm::StringRef bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

uint64_t checksumOf(llvm::ArrayRef<llvm::StringRef> pieces) {
  XXH3_state_t state;
  XXH3_INITSTATE(&state);
  XXH3_64bits_reset(&state);
  for (llvm::StringRef piece : pieces) XXH3_64bits_update(&state, piece.data(), piece.size());
  return XXH3_64bits_digest(&state);
}

}  // namespace strata
