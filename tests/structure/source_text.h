#pragma once
/// \file The sources as the rules see them: a list of files, their text, their includes.

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringRef.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace strata::structure {

/// What a rule found broken, one sentence each. A rule takes the root of a tree, so that it can be tried on a made-up
/// one.
using Breaches = std::vector<std::string>;

/// The program's folders, bottom first. Those of one rank do not include each other.
struct Floor {
  llvm::StringRef folder;
  int rank;
};
inline constexpr Floor kFloors[] = {{"support", 0}, {"layerfs", 1},  {"registry", 2}, {"runtime", 2},
                                    {"builder", 3}, {"analyzer", 4}, {"cli", 5}};

struct Include {
  std::string file;  ///< relative to the root
  unsigned line;
  std::string target;
  bool quoted;  ///< "ours.h", not <theirs.h>

  std::string place() const { return file + ":" + std::to_string(line); }
};

inline std::string textOf(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Every .h and .cc below root/folder, relative to the root, sorted.
inline std::vector<std::string> sourcesBelow(const std::string& root, llvm::StringRef folder) {
  std::vector<std::string> found;
  std::error_code absent;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "/" + folder.str(), absent)) {
    std::string extension = entry.path().extension();
    if (extension == ".h" || extension == ".cc")
      found.push_back(std::filesystem::relative(entry.path(), root).string());
  }
  llvm::sort(found);
  return found;
}

/// The sources of all floors.
inline std::vector<std::string> programSources(const std::string& root) {
  std::vector<std::string> all;
  for (const Floor& floor : kFloors) llvm::append_range(all, sourcesBelow(root, floor.folder));
  return all;
}

inline std::vector<Include> includesOf(const std::string& root, const std::string& file) {
  std::vector<Include> includes;
  std::istringstream text(textOf(root + "/" + file));
  unsigned number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    llvm::StringRef rest = llvm::StringRef(line).ltrim();
    if (!rest.consume_front("#")) continue;
    rest = rest.ltrim();
    if (!rest.consume_front("include")) continue;
    rest = rest.ltrim();
    bool quoted = rest.consume_front("\"");
    if (!quoted && !rest.consume_front("<")) continue;
    includes.push_back({file, number, rest.take_until([](char c) { return c == '"' || c == '>'; }).str(), quoted});
  }
  return includes;
}

inline std::vector<Include> programIncludes(const std::string& root) {
  std::vector<Include> all;
  for (const std::string& file : programSources(root)) llvm::append_range(all, includesOf(root, file));
  return all;
}

}  // namespace strata::structure
