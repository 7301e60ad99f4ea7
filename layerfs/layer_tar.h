#pragma once
/// \file Layers as tar streams. Written: one way only, so that the same entries give the same bytes on every machine,
/// day and thread count (ustar headers; pax records, sorted, only where ustar cannot say it: long names, large numbers,
/// fractions of a second, xattrs as SCHILY.xattr; whiteouts and opaque marks as OCI has them; two zero blocks end it).
/// Read: whatever libarchive reads, checked. Source: OCI image-spec v1.1, layer.md; POSIX pax.

#include "layerfs/layer_entry.h"
#include "support/bytes.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <string>
#include <vector>

namespace strata::layerfs {

inline constexpr size_t kTarBlock = 512;  ///< headers and contents begin at a multiple of this

/// All that stands before an entry's content; empty for what layers do not carry (sockets, the root directory).
/// Faults: Invalid for a name that starts with ".wh.", which layers keep for removals.
llvm::Expected<std::string> layerTarHeader(const LayerEntry& entry);

/// Writes entries in the order they come; the caller brings them in pathLess order.
class LayerTarWriter {
public:
  explicit LayerTarWriter(ByteSink& sink) : sink_(sink) {}
  /// `content` gives exactly entry.size bytes and is null for everything but a File. Sockets are left out, and so is
  /// the root directory, as in the layers of other builders. Faults: Io; Invalid if the content is shorter or longer
  /// than the entry says (a file that changed meanwhile), or for a name that starts with ".wh.", which layers keep for
  /// removals.
  [[nodiscard]] llvm::Error add(const LayerEntry& entry, ByteSource* content);
  /// A File whose entry.size bytes `produce` writes; they begin at a multiple of `alignment` (a multiple of kTarBlock),
  /// for which a pax comment before the entry takes the room. Faults: as add().
  [[nodiscard]] llvm::Error addStreamed(const LayerEntry& entry,
                                        llvm::function_ref<llvm::Error(ByteSink& content)> produce,
                                        size_t alignment = kTarBlock);
  /// Ends the archive and hands the last bytes to the sink; nothing may be added after.
  [[nodiscard]] llvm::Error finish();

private:
  llvm::Error put(llvm::StringRef bytes);
  llvm::Error putHeader(const LayerEntry& entry, size_t alignment);
  llvm::Error putContent(const LayerEntry& entry, ByteSource& content);
  llvm::Error putZeros(size_t count);
  llvm::Error flush();

  ByteSink& sink_;
  std::vector<char> buffer_;  ///< gathers headers and small files, so that the sink sees few large writes
  size_t used_ = 0;
  uint64_t given_ = 0;  ///< to the sink
};

/// Reads tar entries in stream order, whiteouts recognised, paths cleaned ("./a" -> "a"). `visit` may read `content`
/// (entry.size bytes) before it returns. Faults: Invalid for what is no tar, escapes its root ("../x"), or ends early.
using TarVisitor = llvm::function_ref<llvm::Error(const LayerEntry& entry, ByteSource& content)>;
[[nodiscard]] llvm::Error readLayerTar(ByteSource& source, TarVisitor visit);

/// The same, but for where each entry's bytes lie instead of the bytes.
using TarPlaceVisitor = llvm::function_ref<llvm::Error(const LayerEntry& entry, const TarPlace& place)>;
[[nodiscard]] llvm::Error scanLayerTar(ByteSource& source, TarPlaceVisitor visit);

/// Unpacks a layer tar into `directory` in overlay upper format (whiteouts as 0/0 character devices, opaque directories
/// by xattr), never writing outside it whatever links the tar brings. As an unprivileged user ownership and devices
/// that cannot be made are a Denied fault naming the entry.
[[nodiscard]] llvm::Error unpackLayerTar(ByteSource& source, const std::string& directory);

/// Entries of a directory in overlay upper format, in pathLess order, the root first; hard links found by inode.
/// `content` is only valid during the call and reads the File's bytes. Whiteouts and opaque marks are recognised in
/// each of overlay's forms. Memory: one directory's names for each level, and the hard links seen.
using EntryVisitor = llvm::function_ref<llvm::Error(const LayerEntry& entry, ByteSource& content)>;
[[nodiscard]] llvm::Error walkLayerDirectory(const std::string& directory, EntryVisitor visit);

}  // namespace strata::layerfs
