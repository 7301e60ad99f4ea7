#pragma once
/// \file Where the entries of an archive really go, in a tree of which the lower part (the parent) is only asked and
/// the upper part (what was extracted before) is only remembered. The same walk twice: once with the parent itself,
/// noting what it said, once with the notes.

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace strata::builder {

class MergedView {
public:
  enum class Kind { Absent, Directory, Link, Other };
  struct Entry {
    Kind kind = Kind::Absent;
    std::string target;  ///< of a link
  };
  /// What the parent has at a path without links.
  using Below = std::function<llvm::Expected<Entry>(const std::string& path)>;
  /// A directory that no entry listed has to be there: one of the parent's, or a new one.
  using Implied = llvm::function_ref<llvm::Error(const std::string& path, bool inParent)>;

  MergedView(std::string destination, Below below) : destination_(std::move(destination)), below_(std::move(below)) {}

  /// Where an entry's path (relative to the destination) leads; its last component is not followed.
  /// Faults: Invalid for a way through a file, and for too many links; what `below` and `implied` fault.
  llvm::Expected<std::string> placeOf(llvm::StringRef path, Implied implied);

  /// An entry was made there. True if it is a directory in the place of something that was no directory, so that what
  /// the parent has inside a directory of this name must not show.
  bool made(const std::string& path, Kind kind, llvm::StringRef target = "");

private:
  llvm::Expected<Entry> at(const std::string& path);

  std::string destination_;
  Below below_;
  std::map<std::string, Entry> upper_;
  std::set<std::string> hidden_;  ///< directories of the parent whose contents are gone
};

}  // namespace strata::builder
