#include "runtime/volumes/volume_seed.h"

#include "layerfs/tree_writer.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::runtime {

namespace {
using layerfs::EntryKind;
using layerfs::LayerEntry;
using llvm::StringRef;

/// "srv/data/a" seen from "srv/data" is "a".
std::string pathBelow(StringRef path, StringRef top) {
  path.consume_front(top);
  path.consume_front("/");
  return path.str();
}
}  // namespace

llvm::Expected<std::optional<std::string>> seedOf(const layerfs::LayerStack& image, StringRef target) {
  auto found = image.find(target.ltrim('/'), layerfs::FinalLink::Follow);
  if (!found) return found.takeError();
  if (!*found) return std::nullopt;
  if ((*found)->entry.kind != EntryKind::Directory)
    return fault(FaultKind::Invalid,
                 "cannot mount volume over existing file, file exists " + printable(target) + " in the image");
  return std::move((*found)->entry.path);
}

llvm::Error seedVolume(const layerfs::LayerStack& image, StringRef path, const std::string& directory) {
  auto writer = layerfs::TreeWriter::open(directory, layerfs::Removals::Applied);
  if (!writer) return writer.takeError();
  auto add = [&](const LayerEntry& entry, ByteSource& content, int file) {
    LayerEntry here = entry;
    here.path = pathBelow(entry.path, path);
    if (entry.kind == EntryKind::Hardlink) here.linkTarget = pathBelow(entry.linkTarget, path);
    return writer->add(here, content, file);
  };
  if (auto error = image.walk(add, path)) return error;
  return writer->finish();
}

}  // namespace strata::runtime
