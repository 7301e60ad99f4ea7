#include "analyzer/browser/file_list.h"

#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/FormatVariadic.h>

#include <algorithm>

namespace strata::analyzer {

namespace {
using ChangeId = ImageTree::ChangeId;
using PathId = ImageTree::PathId;
using layerfs::EntryKind;

Style styleOf(Mark mark) {
  switch (mark) {
    case Mark::Added:
      return Style::Added;
    case Mark::Modified:
      return Style::Modified;
    case Mark::Removed:
      return Style::Removed;
    case Mark::Hidden:
    case Mark::Unmodified:
      break;
  }
  return Style::Plain;
}

char signOf(Mark mark) {
  switch (mark) {
    case Mark::Added:
      return '+';
    case Mark::Modified:
      return '~';
    case Mark::Removed:
      return '-';
    case Mark::Hidden:
    case Mark::Unmodified:
      break;
  }
  return ' ';
}

char letterOf(EntryKind kind) {
  switch (kind) {
    case EntryKind::Directory:
      return 'd';
    case EntryKind::Symlink:
      return 'l';
    case EntryKind::CharacterDevice:
      return 'c';
    case EntryKind::BlockDevice:
      return 'b';
    case EntryKind::Fifo:
      return 'p';
    default:
      return '-';
  }
}

/// "rwxr-xr-x" as ls has it, set-user-ID and the like included.
std::string permissions(uint16_t mode) {
  std::string text = "---------";
  for (int bit = 0; bit < 9; ++bit)
    if (mode & (0400 >> bit)) text[size_t(bit)] = "rwx"[bit % 3];
  auto special = [&](uint16_t flag, size_t at, char set) {
    if (mode & flag) text[at] = text[at] == 'x' ? set : char(set - 'a' + 'A');
  };
  special(04000, 2, 's');
  special(02000, 5, 's');
  special(01000, 8, 't');
  return text;
}
}  // namespace

void FileList::show(TreeState state) {
  PathId before = chosen();
  state_ = std::move(state);
  findMatches();
  list();
  auto same = llvm::find_if(rows_, [&](const Row& row) { return row.path == before; });
  moveTo(same == rows_.end() ? 0 : size_t(same - rows_.begin()));
}

void FileList::setFilter(llvm::StringRef part) {
  filter_ = part.lower();
  findMatches();
  list();
  moveTo(0);
}

/// A path matches by its own name or one above it; what is above a match is shown with it.
void FileList::findMatches() {
  matches_.clear();
  if (filter_.empty()) return;
  size_t count = tree_.pathCount();
  matches_.resize(count);
  bool isPath = filter_.find('/') != std::string::npos;
  for (PathId path = 1; path < count; ++path) {
    std::string name = isPath ? llvm::StringRef("/" + tree_.pathOf(path)).lower() : tree_.nameOf(path).lower();
    matches_[path] = matches_[tree_.parentOf(path)] || llvm::StringRef(name).contains(filter_);
  }
  for (PathId path = PathId(count); path-- > 1;)
    if (matches_[path] && state_.marks[path] != Mark::Hidden) matches_[tree_.parentOf(path)] = true;
}

bool FileList::isShown(PathId path) const {
  Mark mark = state_.marks[path];
  if (mark == Mark::Hidden || (!matches_.empty() && !matches_[path])) return false;
  return hidden_.count(mark) == 0;
}

std::vector<PathId> FileList::childrenOf(PathId path) const {
  std::vector<PathId> children;
  for (PathId child = tree_.firstChildOf(path); child != ImageTree::kNone; child = tree_.nextSiblingOf(child))
    if (isShown(child)) children.push_back(child);
  llvm::sort(children, [&](PathId a, PathId b) {
    if (bySize_ && state_.sizes[a] != state_.sizes[b]) return state_.sizes[a] > state_.sizes[b];
    return tree_.nameOf(a) < tree_.nameOf(b);
  });
  return children;
}

/// Without recursion: a path may be deep.
void FileList::list() {
  rows_.clear();
  std::vector<Row> todo;
  auto addChildren = [&](PathId path, uint32_t depth) {
    std::vector<PathId> children = childrenOf(path);
    for (PathId child : llvm::reverse(children)) todo.push_back({child, depth});
  };
  addChildren(ImageTree::kRoot, 0);
  while (!todo.empty()) {
    Row row = todo.back();
    todo.pop_back();
    rows_.push_back(row);
    if (!isFolded(row.path)) addChildren(row.path, row.depth + 1);
  }
  moveTo(at_);
}

void FileList::fold() {
  if (rows_.empty() || !state_.isDirectory[chosen()]) return;
  if (folded_.erase(chosen()) == 0) folded_.insert(chosen());
  list();
}

void FileList::foldAll() {
  PathId top = chosen();  // the reader goes on at the directory of the first level
  while (top != ImageTree::kRoot && tree_.parentOf(top) != ImageTree::kRoot) top = tree_.parentOf(top);
  bool unfold = !folded_.empty();
  folded_.clear();
  for (PathId path = 1; !unfold && path < tree_.pathCount(); ++path)
    if (state_.isDirectory[path]) folded_.insert(path);
  list();
  auto row = llvm::find_if(rows_, [&](const Row& one) { return one.path == top; });
  moveTo(row == rows_.end() ? 0 : size_t(row - rows_.begin()));
}

void FileList::toggle(Mark mark) {
  if (hidden_.erase(mark) == 0) hidden_.insert(mark);
  list();
}

bool FileList::press(const Key& key, size_t rows) {
  using Kind = Key::Kind;
  auto is = [&](Kind kind, llvm::StringRef text) { return key.kind == kind && key.text == text; };
  size_t page = std::max<size_t>(rows, 2) - 1;
  if (key.kind == Kind::Down || is(Kind::Text, "j"))
    moveTo(at_ + 1);
  else if (key.kind == Kind::Up || is(Kind::Text, "k"))
    moveTo(at_ - std::min<size_t>(at_, 1));
  else if (key.kind == Kind::PageDown || is(Kind::Text, "d"))
    moveTo(at_ + page);
  else if (key.kind == Kind::PageUp || is(Kind::Text, "u"))
    moveTo(at_ - std::min(at_, page));
  else if (key.kind == Kind::Home || is(Kind::Text, "g"))
    moveTo(0);
  else if (key.kind == Kind::End || is(Kind::Text, "G"))
    moveTo(SIZE_MAX);
  else if (is(Kind::Text, " ") || key.kind == Kind::Enter)
    fold();
  else if ((key.kind == Kind::Left || is(Kind::Text, "h")) && !rows_.empty() && folded_.count(chosen()) == 0)
    fold();
  else if ((key.kind == Kind::Right || is(Kind::Text, "l")) && !rows_.empty() && folded_.count(chosen()) > 0)
    fold();
  else if (is(Kind::Control, " "))
    foldAll();
  else if (is(Kind::Control, "a"))
    toggle(Mark::Added);
  else if (is(Kind::Control, "r"))
    toggle(Mark::Removed);
  else if (is(Kind::Control, "m"))
    toggle(Mark::Modified);
  else if (is(Kind::Control, "u"))
    toggle(Mark::Unmodified);
  else if (is(Kind::Control, "b"))
    attributes_ = !attributes_;
  else if (is(Kind::Control, "o")) {
    bySize_ = !bySize_;
    list();
  } else
    return false;
  return true;
}

std::string FileList::attributesOf(PathId path) const {
  ChangeId id = state_.changes[path];
  if (id == ImageTree::kNone) return llvm::formatv("{0,-10} {1,11}", "d", "");
  const ImageTree::Change& change = tree_.change(id);
  std::string owner = std::to_string(change.uid) + ":" + std::to_string(change.gid);
  return llvm::formatv("{0}{1} {2,11}", letterOf(change.kind), permissions(change.mode), owner);
}

ScreenLine FileList::lineOf(const Row& row, size_t columns, bool chosen) const {
  Mark mark = state_.marks[row.path];
  Style style = chosen ? Style::Chosen : styleOf(mark);
  ScreenLine line(columns);
  if (attributes_) line.add(attributesOf(row.path) + " ", chosen ? Style::Chosen : Style::Quiet);
  line.add(llvm::formatv("{0,8} ", humanSize(state_.sizes[row.path])).str(), chosen ? Style::Chosen : Style::Plain);
  line.add(std::string(1, signOf(mark)) + " " + std::string(2 * std::min<size_t>(row.depth, columns / 4), ' '), style);
  line.add(printable(tree_.nameOf(row.path)), style);
  if (state_.isDirectory[row.path]) line.add(isFolded(row.path) ? "/ ..." : "/", style);
  return chosen ? line.fillTo(columns, Style::Chosen) : line;
}

std::vector<ScreenLine> FileList::draw(size_t columns, size_t rows, bool focused) {
  if (at_ < top_) top_ = at_;
  if (at_ >= top_ + rows) top_ = at_ - rows + 1;
  std::vector<ScreenLine> lines;
  for (size_t row = top_; row < rows_.size() && lines.size() < rows; ++row)
    lines.push_back(lineOf(rows_[row], columns, focused && row == at_));
  if (rows_.empty()) lines.push_back(ScreenLine(columns).add("nothing to show", Style::Quiet));
  return lines;
}

std::string FileList::legend() const {
  std::string text = bySize_ ? "by size" : "by name";
  for (auto [mark, name] : {std::pair(Mark::Added, "added"), std::pair(Mark::Modified, "modified"),
                            std::pair(Mark::Removed, "removed"), std::pair(Mark::Unmodified, "unmodified")})
    if (hidden_.count(mark) > 0) text += std::string(", without ") + name;
  if (!filter_.empty()) text += ", with '" + printable(filter_) + "'";
  return text;
}

}  // namespace strata::analyzer
