#include "layerfs/layer_reader.h"

#include "layerfs/erofs_reader.h"
#include "layerfs/layer_file.h"
#include "layerfs/plain_open.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>

namespace strata::layerfs {

namespace {
class TarReader : public LayerReader {
public:
  explicit TarReader(ErofsReader reader) : reader_(std::move(reader)) {}
  Place root() const override { return {.number = reader_.root(), .path = {}}; }

  llvm::Expected<File> load(const Place& place) const override {
    auto read = reader_.load(place.number);
    if (!read) return read.takeError();
    File file;
    file.entry = std::move(read->entry);
    file.opaque = read->opaque;
    file.links = read->links;
    file.identity = {0, read->number};
    if (file.entry.kind != EntryKind::File) return file;
    auto content = reader_.content(place.number);
    if (!content) return content.takeError();
    file.content = std::move(*content);
    return file;
  }

  llvm::Expected<std::vector<Child>> list(const Place& directory) const override {
    auto read = reader_.list(directory.number);
    if (!read) return read.takeError();
    std::vector<Child> children;
    children.reserve(read->size());
    for (ErofsReader::Child& child : *read)
      children.push_back({std::move(child.name), {.number = child.number, .path = {}}});
    return children;
  }

  llvm::Expected<std::optional<Place>> find(const Place& directory, llvm::StringRef name) const override {
    auto found = reader_.findChild(directory.number, name);
    if (!found) return found.takeError();
    return *found ? std::optional(Place{.number = **found, .path = {}}) : std::nullopt;
  }

private:
  ErofsReader reader_;
};

/// Its places are paths, with the type that readdir told of them.
class DirectoryReader : public LayerReader {
public:
  explicit DirectoryReader(UniqueFd root) : root_(std::move(root)) {}
  Place root() const override { return {.number = DT_DIR, .path = "."}; }

  llvm::Expected<File> load(const Place& place) const override {
    auto read = readLayerFile(root_.get(), {.text = place.path, .type = uint8_t(place.number)}, place.path);
    if (!read) return read.takeError();
    File file;
    file.entry = std::move(read->entry);
    file.entry.path.clear();
    file.opaque = read->opaque;
    file.links = read->status.st_nlink;
    file.identity = {read->status.st_dev, read->status.st_ino};
    if (file.entry.kind != EntryKind::File) return file;
    file.file = std::make_unique<UniqueFd>(std::move(read->file));
    file.content = std::make_unique<FdSource>(file.file->get());
    return file;
  }

  llvm::Expected<std::vector<Child>> list(const Place& directory) const override {
    UniqueFd opened = openWithoutLinks(root_.get(), directory.path, O_RDONLY | O_DIRECTORY);
    if (!opened) return errnoFault("open " + printable(directory.path));
    auto names = namesIn(opened.get());
    if (!names) return withContext(names.takeError(), printable(directory.path));
    std::vector<Child> children;
    children.reserve(names->size());
    for (DirectoryName& name : *names) {
      std::string path = directory.path + "/" + name.text;
      children.push_back({std::move(name.text), {.number = name.type, .path = std::move(path)}});
    }
    return children;
  }

  llvm::Expected<std::optional<Place>> find(const Place& directory, llvm::StringRef name) const override {
    std::string path = directory.path + "/" + name.str();
    UniqueFd found = openWithoutLinks(root_.get(), path, O_PATH);
    struct stat status;
    if (found && ::fstat(found.get(), &status) == 0)
      return Place{.number = IFTODT(status.st_mode), .path = std::move(path)};
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG) return std::nullopt;
    return errnoFault("open " + printable(path));
  }

private:
  UniqueFd root_;
};
}  // namespace

llvm::Expected<std::unique_ptr<LayerReader>> openTarReader(const std::string& index, const std::string& tar) {
  auto reader = ErofsReader::open(index, tar);
  if (!reader) return reader.takeError();
  return std::make_unique<TarReader>(std::move(*reader));
}

llvm::Expected<std::unique_ptr<LayerReader>> openDirectoryReader(const std::string& directory) {
  auto root = openFile(directory, O_RDONLY | O_DIRECTORY);
  if (!root) return root.takeError();
  return std::make_unique<DirectoryReader>(std::move(*root));
}

}  // namespace strata::layerfs
