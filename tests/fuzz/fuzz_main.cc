#include "tests/fuzz/fuzz.h"

#include <llvm/Support/raw_ostream.h>

#include <cstdlib>

namespace strata::fuzz {

void broken(const llvm::Twine& promise) {
  llvm::errs() << "broken promise: " << promise << "\n";
  std::abort();  // libFuzzer keeps the input
}

}  // namespace strata::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A block of its own size, so that reading one byte too many is seen.
  strata::fuzz::targets().front().run({reinterpret_cast<const char*>(data), size});
  return 0;
}
