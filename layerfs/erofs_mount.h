#pragma once
/// \file Layer tars mounted by way of their index: nothing is unpacked, a mount takes 0.2 ms. Which way this host can
/// do it is found out once a store. Source: the kernel's Documentation/filesystems/erofs.rst.

#include "support/unique_fd.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <mutex>
#include <optional>
#include <string>

namespace strata::layerfs {

/// How a tar layer becomes a directory.
enum class TarForm {
  File,      ///< EROFS on the files themselves (Linux 6.12)
  Loop,      ///< EROFS on loop devices, which the kernel takes back with the mount
  Unpacked,  ///< a directory beside the tar: where EROFS cannot be mounted
};
llvm::StringRef nameOf(TarForm form);  ///< "erofs-file", "erofs-loop", "dir"
/// Faults: Invalid for another name.
llvm::Expected<TarForm> parseTarForm(llvm::StringRef name);

/// Paths of a layer's tar and of its index (erofs_writer.h).
struct TarImage {
  std::string index, tar;
};

/// A detached, read-only mount; `form` is File or Loop. Faults: as mountFault; Corrupt if the index is none.
llvm::Expected<UniqueFd> mountTar(const TarImage& image, TarForm form);

/// What this host can do. Any thread.
class TarForms {
public:
  /// `forced`: "" for the best that works, tried by mounting a small layer below `staging`. `lasting`: a directory in
  /// which the answer is kept for the next process.
  TarForms(std::string staging, std::string lasting, std::string forced)
      : staging_(std::move(staging)), lasting_(std::move(lasting)), forced_(std::move(forced)) {}
  /// Faults: Invalid for an unknown name that is forced; Unsupported if the forced form does not work here.
  llvm::Expected<TarForm> best();

private:
  llvm::Expected<TarForm> find();

  std::string staging_, lasting_, forced_;
  std::mutex mutex_;
  std::optional<TarForm> best_;
};

}  // namespace strata::layerfs
