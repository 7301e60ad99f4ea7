#include "layerfs/entry_path.h"
#include "layerfs/erofs_reader.h"
#include "layerfs/first_names.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/BitVector.h>

namespace strata::layerfs {

namespace {
/// Refuses what is no tree: a directory that comes twice, and more names than the index can hold.
class IndexWalk {
public:
  IndexWalk(const ErofsReader& reader, const erofs::Image& image, EntryVisitor visit)
      : reader_(reader), image_(image), visit_(visit), seen_(unsigned(image.nodeNumbers())) {}

  llvm::Error run() {
    if (auto error = visitFile("", reader_.root())) return error;
    while (!levels_.empty()) {  // no recursion: a layer may be 2,000 directories deep
      Level& level = levels_.back();
      if (level.next == level.names.size()) {
        levels_.pop_back();
        continue;
      }
      erofs::Image::Name name = level.names[level.next++];
      std::string path = level.path.empty() ? name.text.str() : level.path + "/" + name.text.str();
      if (auto error = visitFile(path, name.number, name.type)) return error;
    }
    return llvm::Error::success();
  }

private:
  struct Level {
    std::string path;
    std::vector<erofs::Image::Name> names;
    size_t next = 0;
  };

  llvm::Error damaged(const std::string& path, const llvm::Twine& what) const {
    return image_.corrupt(printable(path.empty() ? "/" : path) + " " + what);
  }

  llvm::Error visitFile(const std::string& path, ErofsReader::Number number, std::optional<uint8_t> type = {}) {
    if (path.size() >= kMaxPath) return damaged(path, "is a path too long");
    auto file = reader_.load(number);
    if (!file) return file.takeError();
    LayerEntry& entry = file->entry;
    entry.path = path;
    if (type && *type != erofs::typeOf(entry.kind)) return damaged(path, "is of another kind than its directory says");
    if (entry.kind == EntryKind::Directory) return visitDirectory(*file);
    StringSource none("");
    bool removal = entry.kind == EntryKind::Whiteout;  // of which a layer has many names for one
    bool further = !removal && firstNames_.becomesHardlink(entry, number, file->links);
    if (removal || further || entry.kind != EntryKind::File) return visit_(entry, none);
    auto content = reader_.content(number);
    if (!content) return content.takeError();
    return visit_(entry, **content);
  }

  llvm::Error visitDirectory(const ErofsReader::File& file) {
    const std::string& path = file.entry.path;
    if (seen_.test(unsigned(file.number))) return damaged(path, "is a directory of two names");
    seen_.set(unsigned(file.number));
    StringSource none("");
    if (auto error = visit_(file.entry, none)) return error;
    if (file.opaque)
      if (auto error = visit_(LayerEntry{.path = path, .kind = EntryKind::Opaque}, none)) return error;
    auto node = image_.node(file.number);
    if (!node) return node.takeError();
    Level level{.path = path, .names = {}};
    auto error = image_.names(*node, [&](const erofs::Image::Name& name) {
      if (!erofs::isDots(name.text)) level.names.push_back(name);
      return llvm::Error::success();
    });
    if (error) return error;
    names_ += level.names.size();
    if (names_ > image_.mostNames()) return damaged(path, "has names that another directory has");
    levels_.push_back(std::move(level));
    return llvm::Error::success();
  }

  const ErofsReader& reader_;
  const erofs::Image& image_;
  EntryVisitor visit_;
  std::vector<Level> levels_;
  llvm::BitVector seen_;  ///< directories, by number
  uint64_t names_ = 0;
  FirstNames<ErofsReader::Number> firstNames_;
};
}  // namespace

llvm::Error ErofsReader::walk(EntryVisitor visit) const { return IndexWalk(*this, image_, visit).run(); }

}  // namespace strata::layerfs
