#include "analyzer/report/diff_json.h"

#include "analyzer/report/json_text.h"

#include <llvm/Support/FormatVariadic.h>
#include <llvm/Support/JSON.h>

namespace strata::analyzer {

namespace {

using layerfs::EntryKind;
using llvm::json::Array;
using llvm::json::Object;
using llvm::json::OStream;

llvm::StringRef kindName(EntryKind kind) {
  switch (kind) {
    case EntryKind::Directory:
      return "directory";
    case EntryKind::File:
      return "file";
    case EntryKind::Symlink:
      return "symlink";
    case EntryKind::Hardlink:
      return "hardlink";
    case EntryKind::CharacterDevice:
      return "character-device";
    case EntryKind::BlockDevice:
      return "block-device";
    case EntryKind::Fifo:
      return "fifo";
    default:
      return "other";
  }
}

Object toJson(const ComparedImage& image, uint64_t files, uint64_t bytes) {
  Object object{{"name", jsonText(image.name)}, {"id", image.id.str()},
                {"layers", image.layers},       {"tarBytes", jsonNumber(image.tarBytes)},
                {"files", jsonNumber(files)},   {"fileBytes", jsonNumber(bytes)}};
  if (image.compressedBytes) object["compressedBytes"] = jsonNumber(*image.compressedBytes);
  return object;
}

Object toJson(const ConfigChange& change) {
  Object object{{"member", change.member}};
  if (!change.name.empty()) object["name"] = jsonText(change.name);
  if (change.before) object["before"] = jsonText(*change.before);
  if (change.after) object["after"] = jsonText(*change.after);
  return object;
}

Object toJson(const Package& package) {
  Object object{{"version", jsonText(package.version)}};
  if (!package.architecture.empty()) object["architecture"] = jsonText(package.architecture);
  if (package.bytes) object["bytes"] = jsonNumber(*package.bytes);
  return object;
}

Object toJson(const PackageChange& change) {
  Object object{
      {"change", nameOf(change.kind)}, {"database", nameOf(change.database)}, {"name", jsonText(change.name)}};
  if (!change.where.empty()) object["where"] = jsonText("/" + change.where);
  if (change.before) object["before"] = toJson(*change.before);
  if (change.after) object["after"] = toJson(*change.after);
  return object;
}

Object toJson(const LayerChange& layer) {
  llvm::StringRef change = layer.isShared() ? "shared" : layer.before ? "removed" : "added";
  Object object{{"change", change}, {"diffId", layer.diffId.str()}, {"instruction", jsonText(layer.instruction)}};
  if (layer.before) object["before"] = *layer.before;
  if (layer.after) object["after"] = *layer.after;
  if (layer.tarBytes) object["tarBytes"] = jsonNumber(*layer.tarBytes);
  if (layer.compressedBytes) object["compressedBytes"] = jsonNumber(*layer.compressedBytes);
  return object;
}

Object toJson(const FileState& state) {
  Object object{{"kind", kindName(state.kind)},
                {"mode", llvm::formatv("{0}{1}{2}{3}", state.mode >> 9 & 7, state.mode >> 6 & 7, state.mode >> 3 & 7,
                                       state.mode & 7)
                             .str()},
                {"uid", state.uid},
                {"gid", state.gid},
                {"size", jsonNumber(state.size)},
                {"layer", state.layer}};
  if (state.kind == EntryKind::Symlink) object["target"] = jsonText(state.target);
  return object;
}

Array differencesOf(const ImagePair& pair, const FileChange& change) {
  MetadataDifference differs = metadataOf(pair, change);
  Array names;
  if (change.kind == FileChange::Kind::Modified) names.push_back("content");
  if (differs.kind) names.push_back("kind");
  if (differs.mode) names.push_back("mode");
  if (differs.owner) names.push_back("owner");
  if (differs.xattrs) names.push_back("xattrs");
  return names;
}

Object toJson(const ImagePair& pair, const FileChange& change) {
  Object object{{"change", nameOf(change.kind)}};
  bool hasBefore = change.before != ImageTree::kNone, hasAfter = change.after != ImageTree::kNone;
  if (hasBefore) {
    FileState before = stateOf(pair.before, change.before);
    object[change.kind == FileChange::Kind::Moved ? "from" : "path"] = jsonText("/" + before.path);
    object["before"] = toJson(before);
  }
  if (hasAfter) {
    FileState after = stateOf(pair.after, change.after);
    object["path"] = jsonText("/" + after.path);
    object["after"] = toJson(after);
  }
  if (hasBefore && hasAfter) object["differs"] = differencesOf(pair, change);
  return object;
}

Object toJson(const FileDiff::Count& count) {
  return Object{{"files", jsonNumber(count.files)},
                {"bytesBefore", jsonNumber(count.bytesBefore)},
                {"bytesAfter", jsonNumber(count.bytesAfter)}};
}

void writeFiles(const ImageDiff& diff, OStream& json) {
  for (size_t kind = 0; kind < FileChange::kKinds; ++kind)
    json.attribute(nameOf(FileChange::Kind(kind)), toJson(diff.files.counts[kind]));
  json.attributeArray("changes", [&] {
    for (const FileChange& change : diff.files.changes) json.value(toJson(diff.pair, change));
  });
}

template <typename T>
Array arrayOf(const std::vector<T>& values) {
  Array array;
  for (const T& value : values) array.push_back(toJson(value));
  return array;
}

}  // namespace

void writeImageDiffJson(const ImageDiff& diff, llvm::raw_ostream& out) {
  OStream json(out, 4);
  const FileDiff& files = diff.files;
  json.object([&] {
    json.attribute("schema", kImageDiffSchema);
    json.attribute("before", toJson(diff.before, files.filesBefore, files.bytesBefore));
    json.attribute("after", toJson(diff.after, files.filesAfter, files.bytesAfter));
    json.attribute("config", arrayOf(diff.config));
    json.attributeObject("packages", [&] {
      json.attribute("changes", arrayOf(diff.packages.changes));
      json.attribute("unread", Array(diff.packages.unread));
    });
    json.attribute("layers", arrayOf(diff.layers));
    json.attributeObject("files", [&] { writeFiles(diff, json); });
  });
  out << "\n";
}

}  // namespace strata::analyzer
