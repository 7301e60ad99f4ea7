#pragma once
/// \file What a probe found out about this host, noted in the store for the next process: probing takes longer than
/// many a build. A note of another kernel, file system or user counts for nothing.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::layerfs {

class HostNote {
public:
  /// Below layers/, one for each probe.
  static llvm::ArrayRef<llvm::StringRef> names();

  /// `staging`: where the probe tries things, on the file system that it is about; `lasting`: where the note lies.
  HostNote(std::string staging, const std::string& lasting, llvm::StringRef name);
  /// The answer noted on this host; nothing if there is none.
  std::optional<std::string> read() const;
  /// Whole or not at all: a process killed on the way leaves its half in staging.
  [[nodiscard]] llvm::Error write(llvm::StringRef answer) const;

private:
  std::string host() const;

  std::string staging_, path_;
};

}  // namespace strata::layerfs
