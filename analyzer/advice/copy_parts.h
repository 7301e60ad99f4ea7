#pragma once
/// \file A COPY of a directory cut in two: which parts are copied first, and the lines that say so.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// `COPY --chown=app DIR DEST` on one line, without anything that would have to be expanded or unquoted.
struct CopyLine {
  std::string head;         ///< "COPY --chown=app"
  std::string source;       ///< clean, seen from the context; "" is all of it
  std::string destination;  ///< as written, with a '/' at its end
  /// Nothing for a line that is written in another way.
  static std::optional<CopyLine> parse(llvm::StringRef line);
};

/// Paths of files and whole directories below the directory that is copied.
class CopyParts {
public:
  void addFile(llvm::StringRef path) { add(path, false); }
  void addDirectory(llvm::StringRef path) { add(path, true); }

  /// Takes whole directories of the top where single files would need many lines. False where they do even so, or have
  /// names that a Dockerfile cannot say plainly.
  bool simplify();
  bool empty() const { return parts_.empty(); }
  std::vector<std::string> paths() const;
  bool holds(llvm::StringRef path) const;    ///< it is one of them, or inside
  bool leadsTo(llvm::StringRef path) const;  ///< one of them is inside of it
  /// COPYs of them alone, to where `line` brings them.
  std::vector<std::string> lines(const CopyLine& line) const;

private:
  struct Part {
    std::string path;
    bool isDirectory = false;
  };
  void add(llvm::StringRef path, bool isDirectory);
  std::vector<Part> parts_;  ///< none inside of another
};

}  // namespace strata::analyzer
