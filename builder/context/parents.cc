#include "builder/context/parents.h"

#include "builder/context/ignore_cursor.h"
#include "builder/context/rooted_path.h"
#include "builder/context/selection.h"

#include <fcntl.h>

namespace strata::builder {

PivotedSource splitAtPivot(llvm::StringRef source) {
  while (source.consume_front("./") || source.consume_front("/")) {
  }
  size_t pivot = source.find("/./");
  if (pivot == llvm::StringRef::npos || cleanPath(source.drop_front(pivot)).empty()) return {"", cleanPath(source)};
  return {cleanPath(source.take_front(pivot)), cleanPath(source.drop_front(pivot))};
}

/// Lists only directories below which the pattern may still match.
class ParentsTree::Search {
public:
  Search(const WalkSettings& settings, NodeAt nodeAt, std::vector<Match>& matches)
      : settings_(settings), nodeAt_(nodeAt), matches_(matches) {}

  /// The directory with those of its children that match or have matches below; their order is by name.
  llvm::Expected<std::unique_ptr<SourceNode>> below(const std::string& path, const struct stat& status,
                                                    const IgnoreCursor& wanted) {
    auto directory = TreeWalker::nodeWithoutContent(settings_, path, status);
    auto names = namesIn(settings_, path);
    if (!names) return names.takeError();
    for (const ListedName& name : *names)
      if (auto error = child(*directory, strata::builder::below(path, name.text), name.text, wanted)) return error;
    return directory;
  }

private:
  llvm::Error child(SourceNode& directory, const std::string& path, const std::string& name,
                    const IgnoreCursor& wanted) {
    bool matched = wanted.excludes(name);
    IgnoreCursor inside = wanted.enter(name);
    if (!matched && inside.settled()) return llvm::Error::success();
    FoundSource found{.path = path, .baseName = name};
    UniqueFd fd = openBeneath(settings_.root, path, O_PATH);
    if (!fd || ::fstat(fd.get(), &found.status) != 0) return llvm::Error::success();  // gone meanwhile
    return matched ? take(directory, found) : descend(directory, found, inside);
  }

  llvm::Error take(SourceNode& directory, const FoundSource& found) {
    auto node = nodeAt_(found);
    if (!node) return node.takeError();
    if (!*node) return llvm::Error::success();
    matches_.push_back({&directory, directory.children.size(), *node});
    directory.children.push_back(nullptr);
    return llvm::Error::success();
  }

  llvm::Error descend(SourceNode& directory, const FoundSource& found, const IgnoreCursor& inside) {
    bool hidden = settings_.ignore->excludes(found.path) && !settings_.ignore->mayReincludeBelow(found.path);
    if (!S_ISDIR(found.status.st_mode) || hidden) return llvm::Error::success();
    auto made = below(found.path, found.status, inside);
    if (!made) return made.takeError();
    if (!(*made)->children.empty()) directory.children.push_back(std::move(*made));
    return llvm::Error::success();
  }

  const WalkSettings& settings_;
  NodeAt nodeAt_;
  std::vector<Match>& matches_;
};

llvm::Expected<ParentsTree> ParentsTree::find(const WalkSettings& settings, const FoundSource& base,
                                              llvm::StringRef pattern, NodeAt nodeAt) {
  auto matcher = IgnoreMatcher::fromPatterns({pattern.empty() ? "**" : pattern.str()});
  if (!matcher) return matcher.takeError();
  ParentsTree tree;
  auto root = Search(settings, nodeAt, tree.matches_).below(base.path, base.status, IgnoreCursor::atRoot(*matcher));
  if (!root) return root.takeError();
  tree.root_ = std::move(*root);
  return tree;
}

std::unique_ptr<SourceNode> ParentsTree::take() {
  for (const Match& match : matches_) match.directory->children[match.child] = copyOf(*match.node);
  matches_.clear();
  seal(*root_);
  return std::move(root_);
}

}  // namespace strata::builder
