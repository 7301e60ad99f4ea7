#include "analyzer/diff/image_pair.h"

#include "analyzer/image/file_finder.h"
#include "analyzer/image/in_chunks.h"
#include "analyzer/packages/package_place.h"
#include "support/fault.h"

#include <optional>

namespace strata::analyzer {

namespace {

using layerfs::EntryKind;
using layerfs::LayerEntry;
using layerfs::LayerReader;
using Change = ImageTree::Change;
using ChangeId = ImageTree::ChangeId;

constexpr uint64_t kMostKept = 256ull << 20;  ///< bytes of package databases of streamed layers

class PairReading {
public:
  PairReading(ImageSource& before, ImageSource& after) : sides_{{before, pair_.before}, {after, pair_.after}} {}

  llvm::Expected<ImagePair> run() {
    for (Side& side : sides_)
      for (const LayerFacts& layer : side.source.facts().layers) side.read.diffIds.push_back(layer.diffId);
    const auto &before = pair_.before.diffIds, &after = pair_.after.diffIds;
    while (pair_.sharedLayers < std::min(before.size(), after.size()) &&
           before[pair_.sharedLayers] == after[pair_.sharedLayers])
      ++pair_.sharedLayers;
    if (auto error = openReaders()) return error;
    if (auto error = walkAll()) return error;
    return std::move(pair_);
  }

private:
  struct Side {
    ImageSource& source;
    ReadSide& read;
  };

  /// A layer's reader, and who gave it.
  struct Readable {
    std::shared_ptr<LayerReader> reader;
    ImageSource* source = nullptr;
    size_t position = 0;
  };

  llvm::Error openReaders() {
    for (Side& side : sides_)
      for (size_t layer = 0; layer < side.source.layerCount(); ++layer) {
        Readable& known = readable_[side.read.diffIds[layer]];
        if (known.reader || side.source.isStreamed()) continue;
        auto reader = side.source.reader(layer);
        if (!reader) return inLayer(reader.takeError(), side, layer);
        known = {.reader = std::move(*reader), .source = &side.source, .position = layer};
      }
    for (Side& side : sides_)
      for (const Digest& diffId : side.read.diffIds) side.read.readers.push_back(readable_[diffId].reader);
    return llvm::Error::success();
  }

  llvm::Error walkAll() {
    for (size_t layer = 0; layer < pair_.sharedLayers; ++layer)
      if (auto error = walk(sides_[0], layer, {&pair_.before, &pair_.after})) return error;
    pair_.sharedPaths = ImageTree::PathId(pair_.before.tree.pathCount());
    pair_.sharedChanges = ImageTree::ChangeId(pair_.before.tree.changeCount());
    for (Side& side : sides_)
      for (size_t layer = pair_.sharedLayers; layer < side.source.layerCount(); ++layer)
        if (auto error = walk(side, layer, {&side.read})) return error;
    return llvm::Error::success();
  }

  /// Walks over the layer where that costs least, for whom it is part of.
  llvm::Error walk(Side& side, size_t layer, llvm::ArrayRef<ReadSide*> into) {
    for (ReadSide* read : into) read->tree.beginLayer();
    const Readable& known = readable_[side.read.diffIds[layer]];
    bool streamed = !known.reader;
    ImageSource& source = streamed ? side.source : *known.source;
    auto error = source.walk(streamed ? layer : known.position,
                             [&](const LayerEntry& entry, ByteSource& content) -> llvm::Error {
                               for (ReadSide* read : into.drop_front()) note(*read, entry);
                               ChangeId change = note(*into.front(), entry);
                               if (!streamed || change == ImageTree::kNone || entry.kind != EntryKind::File)
                                 return llvm::Error::success();
                               return noteContent(change, entry, content, into);
                             });
    return error ? inLayer(std::move(error), side, layer) : llvm::Error::success();
  }

  static ChangeId note(ReadSide& read, const LayerEntry& entry) {
    ChangeId change = read.tree.add(entry);
    if (change != ImageTree::kNone && entry.kind == EntryKind::Symlink) read.targets[change] = entry.linkTarget;
    return change;
  }

  /// Shared layers give both trees the same numbers.
  llvm::Error noteContent(ChangeId change, const LayerEntry& entry, ByteSource& content,
                          llvm::ArrayRef<ReadSide*> into) {
    auto place = packagePlaceOf(entry.path);
    Fingerprint print;
    if (place && entry.size <= mostBytesOf(place->format) && kept_ + entry.size <= kMostKept) {
      auto text = readAll(content, entry.size);
      if (!text) return text.takeError();
      kept_ += text->size();
      Fingerprinter printer;
      printer.update(*text);
      print = printer.finish();
      auto shared = std::make_shared<const std::string>(std::move(*text));
      for (ReadSide* read : into) read->kept[change] = shared;
    } else {
      auto read = fingerprintOf(content);
      if (!read) return read.takeError();
      print = *read;
      for (ReadSide* side : into) side->kept.erase(change);  // the path came before in the same tar
    }
    for (ReadSide* read : into) read->prints.put(change, print);
    return llvm::Error::success();
  }

  llvm::Error inLayer(llvm::Error error, const Side& side, size_t layer) {
    llvm::StringRef which = &side == &sides_[0] ? "the earlier image" : "the later image";
    return withContext(std::move(error), which + ", layer " + llvm::Twine(layer + 1));
  }

  ImagePair pair_;
  Side sides_[2];
  std::map<Digest, Readable> readable_;
  uint64_t kept_ = 0;
};

/// A part of the files, by one thread.
llvm::Error printFiles(const ReadSide& side, llvm::ArrayRef<ChangeId> files, uint64_t limit,
                       llvm::MutableArrayRef<Fingerprint> prints) {
  std::optional<FileFinder> finder;
  uint32_t layer = ImageTree::kNone;
  for (auto [id, print] : llvm::zip(files, prints)) {
    const Change& change = side.tree.change(id);
    if (!side.canBeRead(id)) {
      print = side.prints.find(id).value_or(Fingerprint());
      continue;
    }
    if (layer != change.layer) finder.emplace(side.tree, *side.readers[layer = change.layer]);
    auto file = finder->open(change.path);
    if (!file) return file.takeError();
    if (!file->content) return fault(FaultKind::Corrupt, side.tree.pathOf(change.path) + " is no longer a file");
    auto made = fingerprintOf(*file->content, limit);
    if (!made) return made.takeError();
    print = *made;
  }
  return llvm::Error::success();
}

}  // namespace

ChangeId ReadSide::contentOf(ChangeId change) const {
  const Change& link = tree.change(change);
  if (link.kind != EntryKind::Hardlink || link.target == ImageTree::kNone) return change;
  ChangeId first = tree.changeIn(link.target, link.layer);
  return first != ImageTree::kNone && tree.change(first).isFile() ? first : change;
}

llvm::Expected<std::vector<Fingerprint>> ReadSide::printsOf(llvm::ArrayRef<ChangeId> files, uint64_t limit) const {
  std::vector<Fingerprint> prints(files.size());
  auto error = inChunks(files.size(), [&](size_t begin, size_t end) {
    return printFiles(*this, files.slice(begin, end - begin), limit,
                      llvm::MutableArrayRef(prints).slice(begin, end - begin));
  });
  if (error) return error;
  return prints;
}

llvm::Expected<std::string> ReadSide::read(ChangeId file, uint64_t limit) const {
  const Change& change = tree.change(file);
  if (!change.isFile()) return fault(FaultKind::Invalid, "it is no file");
  if (change.size > limit) return fault(FaultKind::Invalid, "it has " + llvm::Twine(change.size) + " bytes, too many");
  if (!canBeRead(file)) {
    auto known = kept.find(file);
    if (known == kept.end()) return fault(FaultKind::Unsupported, "there were too many before it in this stream");
    return *known->second;
  }
  auto found = FileFinder(tree, *readers[change.layer]).open(change.path);
  if (!found) return found.takeError();
  if (!found->content) return fault(FaultKind::Corrupt, "it is no longer a file");
  return readAll(*found->content, limit);
}

llvm::Expected<ImagePair> readImagePair(ImageSource& before, ImageSource& after) {
  return PairReading(before, after).run();
}

}  // namespace strata::analyzer
