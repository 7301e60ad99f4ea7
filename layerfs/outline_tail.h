#pragma once
/// \file A layer's outline at the end of its own compressed blob. Who unpacks the blob passes over it; who only needs
/// to know where a path leads fetches it by one range request, and the rest of the blob stays where it is. The manifest
/// that names the blob says where the tail begins, and its digest. Source: RFC 1952, 2.3.1.1 (extra fields); RFC
/// 8878, 3.1.2 (skippable frames); OCI image-spec v1.1, annotations.md.

#include "layerfs/compression.h"
#include "layerfs/descriptor.h"
#include "layerfs/layer_store.h"
#include "support/bytes.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>

namespace strata::layerfs {

/// Of a blob's descriptor: OutlineTail::str().
inline constexpr llvm::StringLiteral kOutlineAnnotation = "dev.strata.outline";
/// Of longer ones nothing is made, and nothing is believed.
inline constexpr uint64_t kLongestOutlineTail = 8 << 20;

/// Where a blob's tail is: from `begin` to the blob's end, with this digest.
struct OutlineTail {
  uint64_t begin = 0;
  Digest digest;

  std::string str() const;  ///< "4096,sha256:..."
  static std::optional<OutlineTail> parse(llvm::StringRef text);
};

/// What the descriptor says of its blob; nothing for what cannot be.
std::optional<OutlineTail> outlineTailOf(const Descriptor& blob);
/// Of the annotations that one alone stays which is about the blob's bytes, whoever names it.
void keepOutlineTail(Descriptor& blob);
/// What `told` says of the same blob, if it says anything.
void takeOutlineTail(Descriptor& blob, const std::optional<Descriptor>& told);
/// Writes down that the blob ends with this tail; an empty one: with none.
void noteOutlineTail(Descriptor& blob, llvm::StringRef tail);

/// What to append to the layer's compressed form: empty gzip members with extra fields, or skippable zstd frames. Empty
/// for a form that has no such place, and for an outline that would be too long. The same layer gives the same bytes.
llvm::Expected<std::string> makeOutlineTail(Layer& layer, Compression form);

/// The outline's tar out of a tail that came from outside. Faults: Invalid, here or from read(), also for a tar of more
/// than 1 GiB.
llvm::Expected<std::unique_ptr<ByteSource>> openOutlineTail(llvm::StringRef tail);

}  // namespace strata::layerfs
