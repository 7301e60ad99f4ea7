#pragma once
/// \file Blobs found by digest. On disk: OCI image-layout v1.1, `blobs/sha256/<hex>`. Holds documents (configs,
/// manifests, indexes) and compressed layers; uncompressed layers live in the LayerStore.

#include "layerfs/descriptor.h"
#include "support/bytes.h"
#include "support/digest.h"
#include "support/files.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::layerfs {

/// Immutable blobs keyed by digest. Any thread and any process may use one store at once.
class ContentStore {
public:
  /// `root` gets oci-layout and blobs/sha256; `staging` must be on the same file system.
  static llvm::Expected<std::unique_ptr<ContentStore>> open(std::string root, std::string staging);
  virtual ~ContentStore() = default;

  /// Drains `source` and returns digest and size of what was stored. One rename publishes the blob; a second put is a
  /// no-op. Without `sync` a failing power supply may leave a part of it, which whoever reads it finds out. Faults:
  /// Corrupt if the bytes do not hash to `expected`; Io.
  virtual llvm::Expected<Descriptor> put(ByteSource& source, std::optional<Digest> expected = {},
                                         Sync sync = Sync::Yes) = 0;
  llvm::Expected<Descriptor> put(llvm::StringRef bytes, llvm::StringRef mediaType, Sync sync = Sync::Yes);

  /// A reader that re-hashes as it goes and faults Corrupt at the end on a mismatch. Faults: NotFound; Io.
  virtual llvm::Expected<std::unique_ptr<ByteSource>> open(const Digest& digest) const = 0;
  /// A whole document of at most 16 MiB, verified.
  llvm::Expected<std::string> read(const Digest& digest) const;
  virtual llvm::Expected<bool> contains(const Digest& digest) const = 0;

  virtual llvm::Expected<std::vector<Digest>> list() const = 0;  ///< sorted
  virtual llvm::Expected<uint64_t> sizeOf(const Digest& digest) const = 0;
  [[nodiscard]] virtual llvm::Error remove(const Digest& digest) = 0;  ///< absent is success
};

}  // namespace strata::layerfs
