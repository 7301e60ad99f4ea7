#pragma once
/// \file Where lines come into a .dockerignore. The last line that matches a path decides, and `!` lines bring paths
/// back: a line at the end wins over all of them, one in front of them over none.

#include "analyzer/advice/dockerfile_lines.h"
#include "analyzer/advice/ignored_paths.h"

#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// Borrows the file. Where its author has written of such files and brings some back, what is added stands before the
/// first of those lines and takes nothing from them; else it stands at the end.
class IgnoreEdit {
public:
  explicit IgnoreEdit(const FileLines& file);
  bool bringsBack() const { return firstBack_.has_value(); }  ///< there are `!` lines
  bool isNamed(const IgnoreRule& rule) const;                 ///< some line is about such files
  /// `deep`: below the top of the context, too.
  void add(const IgnoreRule& rule, bool deep);
  std::vector<LineEdit> edits() const;

private:
  const FileLines& file_;
  std::optional<uint32_t> firstBack_;
  std::vector<std::string> early_, late_;
};

}  // namespace strata::analyzer
