#include "cli/commands.h"
#include "cli/listing.h"
#include "cli/options.h"
#include "cli/session.h"
#include "registry/client.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {

struct ReferrersOptions {
  std::string format, type;
  bool insecure = false, quiet = false;
};

Listing listingOf(llvm::ArrayRef<layerfs::Descriptor> all) {
  Listing listing;
  listing.fields = {{"Digest", "DIGEST"},
                    {"ArtifactType", "ARTIFACT TYPE"},
                    {"MediaType", "MEDIA TYPE"},
                    {"Size", "SIZE"},
                    {"Annotations", "ANNOTATIONS"}};
  listing.columns = {"Digest", "ArtifactType", "Size"};
  for (const layerfs::Descriptor& one : all) {
    llvm::json::Object annotations;
    for (const auto& [key, value] : one.annotations) annotations[llvm::json::fixUTF8(key)] = llvm::json::fixUTF8(value);
    listing.rows.push_back(llvm::json::Object{{"Digest", one.digest.str()},
                                              {"ArtifactType", llvm::json::fixUTF8(one.artifactType)},
                                              {"MediaType", llvm::json::fixUTF8(one.mediaType)},
                                              {"Size", humanSize(one.size)},
                                              {"Annotations", std::move(annotations)}});
  }
  return listing;
}

llvm::Expected<int> referrers(const ReferrersOptions& options, Session& session, const Arguments& arguments) {
  registry::Client client(session.cancel(), {.insecure = options.insecure, .retries = session.registry().retries()});
  auto reference = client.find(arguments[0]);
  if (!reference) return reference.takeError();
  auto repository = client.repository(*reference);
  if (!repository) return repository.takeError();
  auto subject = (*repository)->resolve(reference->tagOrDigest());
  if (!subject) return subject.takeError();
  if (!*subject) return fault(FaultKind::NotFound, "no such manifest: " + reference->familiar());
  auto found = (*repository)->referrers((*subject)->digest, options.type);
  if (!found) return found.takeError();
  if (options.quiet) {
    for (const layerfs::Descriptor& one : *found) session.out() << one.digest.str() << "\n";
    return 0;
  }
  if (auto error = printListing(listingOf(*found), options.format, session.out())) return error;
  return 0;
}

}  // namespace

Command referrersCommand() {
  return {.name = "referrers",
          .usage = "[OPTIONS] NAME[:TAG|@DIGEST]",
          .description = "List what refers to an image in its registry: signatures, attestations",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ReferrersOptions>();
            declared.text("--artifact-type", options->type, "Show those of this type alone");
            declared.text("-f,--format", options->format, "'table', 'table TEMPLATE', 'json' or a Go template");
            declared.flag("--insecure", options->insecure, "Plain HTTP and any certificate will do");
            declared.flag("-q,--quiet", options->quiet, "Show digests alone");
            return [options](Session& session, const Arguments& arguments) {
              return referrers(*options, session, arguments);
            };
          },
          .transfers = true};
}

}  // namespace strata::cli
