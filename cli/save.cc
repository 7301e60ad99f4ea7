#include "cli/commands.h"
#include "cli/console.h"
#include "cli/image_events.h"
#include "cli/image_lookup.h"
#include "cli/options.h"
#include "cli/save_items.h"
#include "cli/session.h"
#include "layerfs/compression.h"
#include "layerfs/image_archive.h"
#include "registry/reference.h"
#include "support/fault.h"
#include "support/output_file.h"

#include <llvm/ADT/STLExtras.h>

#include <unistd.h>

namespace strata::cli {

namespace {

struct SaveOptions {
  std::string output, platform, compression;
};
using Items = llvm::ArrayRef<layerfs::SaveItem>;

/// "gzip", "zstd:19", "none".
llvm::Expected<layerfs::CompressionChoice> readCompression(llvm::StringRef text) {
  using layerfs::Compression;
  auto [name, level] = text.split(':');
  layerfs::CompressionChoice choice{.kind = Compression::None};
  if (name == "gzip" || name == "zstd") {
    choice.kind = name == "gzip" ? Compression::Gzip : Compression::Zstd;
    int number = 0;
    if (text.contains(':') && level.getAsInteger(10, number))
      return fault(FaultKind::Invalid, "invalid compression '" + text + "': the level is no number");
    if (text.contains(':')) choice.level = number;
  } else if (!text.empty() && text != "none") {
    return fault(FaultKind::Invalid, "invalid compression '" + text + "': it is none, gzip[:LEVEL] or zstd[:LEVEL]");
  }
  return choice;
}

/// A repository alone stands for all of its tags; another name for itself; an id for the image without a name.
llvm::Expected<std::vector<layerfs::SaveItem>> itemsFor(layerfs::ImageStore& images, llvm::StringRef text,
                                                        llvm::StringRef platform) {
  auto reference = registry::parseReference(text);
  std::vector<layerfs::SaveItem> items;
  if (reference && !reference->digest && !text.ends_with(":" + reference->tag)) {
    auto all = images.list();
    if (!all) return all.takeError();
    for (const layerfs::ImageSummary& summary : *all) {
      std::vector<std::string> names;
      llvm::copy_if(summary.names, std::back_inserter(names),
                    [&](llvm::StringRef name) { return name.starts_with(reference->repository() + ":"); });
      if (names.empty()) continue;
      auto item = saveItem(images, summary.id, std::move(names), platform);
      if (!item) return item.takeError();
      items.push_back(std::move(*item));
    }
    if (!items.empty()) return items;
  }
  if (!reference) llvm::consumeError(reference.takeError());
  auto found = findImage(images, text);
  if (!found) return found.takeError();
  std::vector<std::string> names;
  if (found->name) names.push_back(*found->name);
  auto item = saveItem(images, found->id, std::move(names), platform);
  if (!item) return item.takeError();
  items.push_back(std::move(*item));
  return items;
}

llvm::Error writeArchive(Items items, layerfs::Store& store, const layerfs::CompressionChoice& choice, ByteSink& sink) {
  auto compressor = layerfs::makeCompressor(choice, sink);
  if (llvm::Error error = layerfs::saveArchive(items, store.content(), *compressor)) return error;
  return compressor->finish();
}

llvm::Error saveTo(Items items, layerfs::Store& store, const layerfs::CompressionChoice& choice,
                   const std::string& path) {
  if (path.empty()) {
    FdSink sink(STDOUT_FILENO);
    return writeArchive(items, store, choice, sink);
  }
  return writeOutput(path, 0600, [&](ByteSink& sink) { return writeArchive(items, store, choice, sink); });
}

llvm::Expected<int> save(const SaveOptions& options, Session& session, const Arguments& arguments) {
  if (options.output.empty() && isTerminal(STDOUT_FILENO))
    return fault(FaultKind::Invalid, "cowardly refusing to save to a terminal: use the -o flag or redirect");
  auto compression = readCompression(options.compression);
  if (!compression) return compression.takeError();
  auto store = session.store();
  if (!store) return store.takeError();
  std::vector<layerfs::SaveItem> items;
  for (const std::string& text : arguments) {
    auto some = itemsFor((*store)->images(), text, options.platform);
    if (!some) return some.takeError();
    for (layerfs::SaveItem& item : *some) {
      auto same = llvm::find_if(items, [&](const auto& known) {
        return known.image.id == item.image.id && known.index.has_value() == item.index.has_value();
      });
      if (same == items.end()) {
        items.push_back(std::move(item));
        continue;
      }
      for (std::string& name : item.names)
        if (!llvm::is_contained(same->names, name)) same->names.push_back(std::move(name));
    }
  }
  if (llvm::Error error = saveTo(items, **store, *compression, options.output)) return error;
  for (const layerfs::SaveItem& item : items) {
    const Digest& id = item.index ? item.index->id : item.image.id;
    tellImage(session, "save", id.str(), item.names.empty() ? "" : item.names.front());
  }
  return 0;
}

}  // namespace

Command saveCommand() {
  return {.name = "save",
          .usage = "[OPTIONS] IMAGE [IMAGE...]",
          .description = "Save one or more images to a tar archive (standard output by default)",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<SaveOptions>();
            declared.text("-o,--output", options->output, "Write to a file instead of standard output");
            declared.text("--compression", options->compression,
                          "Compress the archive: none (default), gzip[:LEVEL], zstd[:LEVEL]");
            declared.text("--platform", options->platform, "Save the image of this platform alone");
            return
                [options](Session& session, const Arguments& arguments) { return save(*options, session, arguments); };
          },
          .transfers = true};
}

}  // namespace strata::cli
