#include "analyzer/findings/redactor.h"
#include "cli/commands.h"
#include "cli/image_lookup.h"
#include "cli/listing.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/text.h"

#include <algorithm>

namespace strata::cli {

namespace {

struct HistoryOptions {
  bool human = true, noTrunc = false, quiet = false;
  std::string format, platform;
};

constexpr size_t kShownCommand = 45;

std::string createdByText(const layerfs::HistoryEntry& entry, bool whole, const analyzer::Redactor& redactor) {
  std::string text = printable(redactor.apply(llvm::StringRef(entry.createdBy).trim()));
  if (whole || text.size() <= kShownCommand) return text;
  return llvm::json::fixUTF8(llvm::StringRef(text).take_front(kShownCommand - 3)) + "...";
}

/// Bytes that each entry added, in the image's order.
llvm::Expected<std::vector<uint64_t>> sizesOf(const layerfs::Image& image) {
  std::vector<uint64_t> sizes;
  auto layer = image.layers.begin();
  for (const layerfs::HistoryEntry& entry : image.config.history) {
    sizes.push_back(0);
    if (entry.emptyLayer || layer == image.layers.end()) continue;
    auto identity = (*layer++)->tarIdentity();
    if (!identity) return identity.takeError();
    sizes.back() = identity->size;
  }
  return sizes;
}

llvm::json::Object rowOf(const layerfs::HistoryEntry& entry, const std::string& id, uint64_t size,
                         const HistoryOptions& options, const analyzer::Redactor& redactor) {
  std::string at = entry.created ? rfc3339(*entry.created / 1'000'000'000 * 1'000'000'000) : "";
  std::string since =
      entry.created ? humanAge(*entry.created / 1'000'000'000, nowNanoseconds() / 1'000'000'000) : "N/A";
  return llvm::json::Object{{"ID", id},
                            {"CreatedSince", options.human ? since : at},
                            {"CreatedAt", at},
                            {"CreatedBy", createdByText(entry, options.noTrunc, redactor)},
                            {"Size", options.human ? humanSize(size) : std::to_string(size)},
                            {"Comment", printable(redactor.apply(entry.comment))}};
}

/// Newest first; only the newest step has an image of its own.
llvm::Expected<Listing> listingOf(const layerfs::Image& image, const HistoryOptions& options) {
  Listing listing;
  listing.fields = {
      {"ID", "IMAGE"},  {"CreatedSince", "CREATED"}, {"CreatedAt", "CREATED AT"}, {"CreatedBy", "CREATED BY"},
      {"Size", "SIZE"}, {"Comment", "COMMENT"}};
  listing.columns = {"ID", "CreatedSince", "CreatedBy", "Size", "Comment"};
  auto sizes = sizesOf(image);
  if (!sizes) return sizes.takeError();
  std::string id = options.noTrunc ? image.id.str() : image.id.shortHex();
  const auto& history = image.config.history;
  analyzer::Redactor redactor(image.config);
  for (size_t i = history.size(); i-- > 0;)
    listing.rows.push_back(
        rowOf(history[i], i + 1 == history.size() ? id : "<missing>", (*sizes)[i], options, redactor));
  return listing;
}

llvm::Expected<int> history(const HistoryOptions& options, Session& session, const Arguments& arguments) {
  auto store = session.store();
  if (!store) return store.takeError();
  auto image = loadImage((*store)->images(), arguments[0], options.platform);
  if (!image) return image.takeError();
  auto listing = listingOf(*image, options);
  if (!listing) return listing.takeError();
  if (options.quiet && options.format.empty()) {
    for (const llvm::json::Object& row : listing->rows) session.out() << *row.getString("ID") << "\n";
    return 0;
  }
  if (llvm::Error error = printListing(*listing, options.format, session.out())) return error;
  return 0;
}

}  // namespace

Command historyCommand() {
  return {.name = "history",
          .usage = "[OPTIONS] IMAGE",
          .description = "Show the history of an image",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<HistoryOptions>();
            declared.text("--format", options->format, "'table', 'table TEMPLATE', 'json' or a Go template");
            declared.flag("-H,--human", options->human, "Print sizes and dates for people (default true)");
            declared.flag("--no-trunc", options->noTrunc, "Show whole ids and commands");
            declared.text("--platform", options->platform, "Of an image of several platforms the one to show");
            declared.flag("-q,--quiet", options->quiet, "Show ids alone");
            return [options](Session& session, const Arguments& arguments) {
              return history(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
