#pragma once
/// \file Secrets in texts and files: one pass of a LiteralFilter over the anchors of all rules, and a closer look where
/// one stands.

#include "analyzer/secrets/finding_level.h"
#include "support/bytes.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::analyzer {

struct SecretMatch {
  llvm::StringRef rule, title;  ///< "github-token", "GitHub token"
  FindingLevel level = FindingLevel::Error;
  uint64_t begin = 0, size = 0;  ///< bytes of the text
  std::string shape;             ///< what may be shown of it
  std::string note;              ///< what else is known; may be empty
  uint64_t line = 1;             ///< that it begins in
};

/// In order of their beginnings; none overlaps another. Time linear in the text.
std::vector<SecretMatch> findSecrets(llvm::StringRef text);
/// The same of what begins in [from, to), with the text around it to look at. `line`s are counted from `from`.
std::vector<SecretMatch> findSecrets(llvm::StringRef text, size_t from, size_t to);

// What is read of a file.
inline constexpr uint64_t kScannedBytes = 8 << 20;  ///< of a larger one only the beginning
inline constexpr size_t kBinaryProbe = 8000;        ///< a zero byte in the first so many: no text, and not read on
inline constexpr size_t kMostSecrets = 100;         ///< that are named of one file

struct ScannedFile {
  std::vector<SecretMatch> secrets;
  uint64_t bytes = 0;     ///< that were looked at
  bool isBinary = false;  ///< not looked at
  bool isCut = false;     ///< longer than kScannedBytes
};

/// Reads files one after another through one buffer of some 100 KiB. For one thread.
class FileScanner {
public:
  FileScanner();
  /// The path in the image decides about formats that have no shape of their own (secret_formats.h).
  llvm::Expected<ScannedFile> scan(llvm::StringRef path, ByteSource& content);

private:
  llvm::Expected<size_t> fill(ByteSource& content, uint64_t left);
  void look(size_t from, size_t to, ScannedFile& file);

  std::vector<char> buffer_;
  size_t used_ = 0;      ///< of the buffer
  uint64_t before_ = 0;  ///< bytes of the file before the buffer
  uint64_t lines_ = 0;   ///< line ends before the part that is looked at
};

}  // namespace strata::analyzer
