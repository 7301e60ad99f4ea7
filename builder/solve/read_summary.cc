#include "builder/solve/read_summary.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringMap.h>

#include <algorithm>
#include <optional>
#include <set>

namespace strata::builder {

using llvm::StringRef;

namespace {
/// A file that the RUN could see.
struct SeenFile {
  StringRef path;
  uint64_t size = 0;
  bool isRead = false, executed = false;
};

/// The order of layers: what is in a directory stands together.
bool standsBefore(StringRef a, StringRef b) {
  auto rank = [](char c) { return c == '/' ? 0 : 1 + int(uint8_t(c)); };
  auto [left, right] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (right == b.end()) return false;
  return left == a.end() || rank(*left) < rank(*right);
}

bool isInside(StringRef path, StringRef directory) {
  if (directory.empty()) return !path.empty();
  return path.consume_front(directory) && path.starts_with("/");
}

/// What the layers looked at so far hide of those below them: they come from the top.
class Covers {
public:
  void add(const LayerFiles& layer) {
    using Kind = LayerFiles::Kind;
    for (const LayerFiles::Entry& entry : layer.entries())
      covers_[layer.pathOf(entry)] |= entry.kind == Kind::Directory ? kDirectory
                                      : entry.kind == Kind::Opaque  ? kInside
                                                                    : kItself | kInside;
  }
  bool hides(StringRef path, bool isDirectory) const {
    unsigned flags = covers_.lookup(path);
    return flags & kItself || (flags & kDirectory && !isDirectory);
  }
  bool hidesInside(StringRef directory) const { return covers_.lookup(directory) & kInside; }

private:
  enum : uint8_t { kItself = 1, kInside = 2, kDirectory = 4 };
  llvm::StringMap<uint8_t> covers_;
};

/// Gives visible entries to `visit`, in the layer's order.
void visitVisible(const LayerFiles& layer, const Covers& covers,
                  llvm::function_ref<void(const LayerFiles::Entry& entry, StringRef path)> visit) {
  std::optional<StringRef> hidden;  // a directory whose inside is
  for (const LayerFiles::Entry& entry : layer.entries()) {
    StringRef path = layer.pathOf(entry);
    if (entry.kind == LayerFiles::Kind::Opaque || (hidden && isInside(path, *hidden))) continue;
    bool isDirectory = entry.kind == LayerFiles::Kind::Directory;
    bool isHidden = covers.hides(path, isDirectory);
    if (isDirectory && (isHidden || covers.hidesInside(path)))
      hidden = path;
    else
      hidden.reset();
    if (!isHidden) visit(entry, path);
  }
}

/// Finds the largest directories in which nothing was read, over files in order.
class UnreadParts {
public:
  void add(const SeenFile& file) {
    enter(file.path);
    Level& directory = open_.back();
    ++directory.files;
    directory.bytes += file.size;
    directory.anyRead |= file.isRead;
    if (!file.isRead) found_.push_back({.path = file.path, .bytes = file.size});
  }
  std::vector<UnreadPath> finish(bool& more) {
    while (!open_.empty()) leave();
    more = found_.size() > ReadSource::kMostUnread;
    if (more) found_.resize(ReadSource::kMostUnread);
    std::vector<UnreadPath> unread;
    for (const Found& found : found_) unread.push_back({found.path.str(), found.isDirectory, found.files, found.bytes});
    return unread;
  }

private:
  struct Level {
    StringRef path;
    size_t firstFound = 0;
    uint64_t files = 0, bytes = 0;
    bool anyRead = false;
  };
  struct Found {
    StringRef path;
    bool isDirectory = false;
    uint64_t files = 1, bytes = 0;
  };

  void enter(StringRef path) {
    while (!open_.empty() && !isInside(path, open_.back().path)) leave();
    if (open_.empty()) open_.push_back({.path = path.take_front(0), .firstFound = found_.size()});
    for (;;) {
      size_t from = open_.back().path.empty() ? 0 : open_.back().path.size() + 1;
      size_t slash = path.find('/', from);
      if (slash == StringRef::npos) return;
      open_.push_back({.path = path.take_front(slash), .firstFound = found_.size()});
    }
  }
  void leave() {
    Level left = open_.back();
    open_.pop_back();
    if (!open_.empty()) {
      Level& above = open_.back();
      above.files += left.files;
      above.bytes += left.bytes;
      above.anyRead |= left.anyRead;
    }
    if (left.anyRead) return;
    found_.resize(left.firstFound);
    found_.push_back({left.path, /*isDirectory=*/true, left.files, left.bytes});
  }

  std::vector<Level> open_;  ///< from the root to the innermost directory
  std::vector<Found> found_;
};

ReadSource countOf(const SourceLayers& source, llvm::ArrayRef<SeenFile> files) {
  ReadSource counted = source.step;
  UnreadParts unread;
  for (const SeenFile& file : files) {
    ++counted.files;
    counted.bytes += file.size;
    unread.add(file);
    if (!file.isRead) continue;
    ++counted.readFiles;
    counted.readBytes += file.size;
    counted.read.push_back({.path = file.path.str(), .executed = file.executed});
  }
  counted.unread = unread.finish(counted.moreUnread);
  return counted;
}
}  // namespace

StepReads summarizeReads(llvm::ArrayRef<SourceLayers> below, const runtime::OpenedPaths& opened) {
  StepReads reads;
  reads.incomplete = opened.incomplete;
  Covers covers;
  auto before = [](const std::string& a, const std::string& b) { return standsBefore(a, b); };
  std::set<std::string, decltype(before)> listed(before);
  for (const SourceLayers& source : llvm::reverse(below)) {
    std::vector<SeenFile> files;
    for (const auto& layer : llvm::reverse(source.layers)) {
      visitVisible(*layer, covers, [&](const LayerFiles::Entry& entry, StringRef path) {
        auto found = opened.paths.find(path);
        bool isOpened = found != opened.paths.end();
        if (entry.kind == LayerFiles::Kind::File)
          files.push_back({path, entry.size, isOpened, isOpened && found->second.executed});
        else if (entry.kind == LayerFiles::Kind::Directory && isOpened)
          listed.insert(path.str());
      });
      bool isLowest = &source == below.begin() && layer == source.layers.front();
      if (!isLowest) covers.add(*layer);
    }
    if (files.empty()) continue;
    if (source.layers.size() > 1)
      llvm::sort(files, [](const SeenFile& a, const SeenFile& b) { return standsBefore(a.path, b.path); });
    reads.sources.push_back(countOf(source, files));
  }
  std::reverse(reads.sources.begin(), reads.sources.end());
  reads.listed.assign(listed.begin(), listed.end());
  return reads;
}

}  // namespace strata::builder
