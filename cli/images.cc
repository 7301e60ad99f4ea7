#include "cli/commands.h"
#include "cli/image_filters.h"
#include "cli/listing.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::cli {

namespace {

struct ImagesOptions {
  bool all = false, digests = false, noTrunc = false, quiet = false;
  std::string format;
  std::vector<std::string> filters;
};

/// In the registry that the name is of, as far as it is known there; else the store's own manifest.
std::string digestFor(const layerfs::ImageSummary& image, const NameParts& name) {
  for (const layerfs::RepositoryDigest& known : image.digests)
    if (partsOf(known.repository).repository == name.repository) return known.digest.str();
  return image.manifest ? image.manifest.str() : "<none>";
}

/// Fields as docker's documentation of `images --format` lists them.
llvm::json::Object rowOf(const layerfs::ImageSummary& image, const NameParts& name, const ImagesOptions& options) {
  int64_t created = image.created / 1'000'000'000;
  std::string size = humanSize(image.size);
  return llvm::json::Object{
      {"ID", options.noTrunc ? image.id.str() : image.id.shortHex()},
      {"Repository", name.repository},
      {"Tag", name.tag},
      {"Digest", digestFor(image, name)},
      {"CreatedSince", image.created == 0 ? "N/A" : humanAge(created, nowNanoseconds() / 1'000'000'000)},
      {"CreatedAt", rfc3339(created * 1'000'000'000)},
      {"Size", size},
      {"VirtualSize", size},
      {"SharedSize", "N/A"},
      {"UniqueSize", "N/A"},
      {"Containers", "N/A"}};
}

Listing listingOf(llvm::ArrayRef<layerfs::ImageSummary> all, const ImageFilters& filters, layerfs::ImageStore& images,
                  const ImagesOptions& options) {
  Listing listing;
  listing.fields = {{"ID", "IMAGE ID"},
                    {"Repository", "REPOSITORY"},
                    {"Tag", "TAG"},
                    {"Digest", "DIGEST"},
                    {"CreatedSince", "CREATED"},
                    {"CreatedAt", "CREATED AT"},
                    {"Size", "SIZE"},
                    {"VirtualSize", "SIZE"},
                    {"SharedSize", "SHARED SIZE"},
                    {"UniqueSize", "UNIQUE SIZE"},
                    {"Containers", "CONTAINERS"}};
  listing.columns = {"Repository", "Tag", "ID", "CreatedSince", "Size"};
  if (options.digests) listing.columns.insert(listing.columns.begin() + 2, "Digest");
  for (const layerfs::ImageSummary& image : all) {
    if (!filters.admit(image, images)) continue;
    for (const NameParts& name : shownNames(image))
      if (filters.admit(name)) listing.rows.push_back(rowOf(image, name, options));
  }
  return listing;
}

/// One id a line, an image with several names once.
void printIds(const Listing& listing, llvm::raw_ostream& out) {
  std::vector<std::string> seen;
  for (const llvm::json::Object& row : listing.rows) {
    std::string id = row.getString("ID")->str();
    if (llvm::is_contained(seen, id)) continue;
    out << id << "\n";
    seen.push_back(std::move(id));
  }
}

llvm::Expected<int> images(const ImagesOptions& options, Session& session, const Arguments& arguments) {
  auto store = session.store();
  if (!store) return store.takeError();
  auto filters = ImageFilters::read(options.filters, (*store)->images());
  if (!filters) return filters.takeError();
  if (!arguments.empty())
    if (auto error = filters->narrow(arguments.front())) return error;
  auto all = (*store)->images().list();
  if (!all) return all.takeError();
  Listing listing = listingOf(*all, *filters, (*store)->images(), options);
  if (options.quiet && options.format.empty()) {
    printIds(listing, session.out());
    return 0;
  }
  if (llvm::Error error = printListing(listing, options.format, session.out())) return error;
  return 0;
}

}  // namespace

Command imagesCommand() {
  return {.name = "images",
          .usage = "[OPTIONS] [REPOSITORY[:TAG]]",
          .description = "List images",
          .minimum = 0,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ImagesOptions>();
            declared.flag("-a,--all", options->all, "Show all images (there are no hidden ones)");
            declared.flag("--digests", options->digests, "Show the digests of the manifests");
            declared.list("-f,--filter", options->filters,
                          "Show what fits: dangling=, reference=, label=, before=, since=, until=", "filter");
            declared.text("--format", options->format, "'table', 'table TEMPLATE', 'json' or a Go template");
            declared.flag("--no-trunc", options->noTrunc, "Show whole ids");
            declared.flag("-q,--quiet", options->quiet, "Show ids alone");
            return [options](Session& session, const Arguments& arguments) {
              return images(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
