#include "registry/copy.h"

#include "cli/build_view.h"
#include "cli/commands.h"
#include "cli/flag_fault.h"
#include "cli/options.h"
#include "cli/session.h"
#include "registry/client.h"
#include "support/fault.h"

namespace strata::cli {

namespace {

struct CopyOptions {
  std::string platform, progress = "auto";
  bool insecure = false, quiet = false;
};

/// Under which tags the copy is known: of a destination that is named by digest alone, none.
llvm::Expected<std::vector<std::string>> tagsOf(const registry::Reference& to) {
  if (to.digest) return fault(FaultKind::Invalid, "cannot copy to a digest reference: name a tag");
  return std::vector<std::string>{to.tag};
}

llvm::Expected<layerfs::Descriptor> copyBetween(const registry::CopyChoice& choice, const Arguments& arguments,
                                                registry::Client& client, ProgressSink& progress) {
  auto from = client.find(arguments[0]);
  if (!from) return from.takeError();
  auto to = registry::parseReference(arguments[1]);
  if (!to) return to.takeError();
  auto tags = tagsOf(*to);
  if (!tags) return tags.takeError();
  auto source = client.repository(*from);
  if (!source) return source.takeError();
  auto destination = client.repository(*to, registry::Client::Use::Push);
  if (!destination) return destination.takeError();
  return copyImage(**source, from->tagOrDigest(), **destination, *tags, choice, progress);
}

llvm::Expected<int> copy(const CopyOptions& options, Session& session, const Arguments& arguments) {
  auto platform = platformFlag(options.platform);
  if (!platform) return platform.takeError();
  auto view = makeBuildView(options.progress, options.quiet, session.err());
  if (!view) return asFlagFault(view.takeError());
  registry::Client client(session.cancel(), {.insecure = options.insecure});
  auto copied = copyBetween({.platform = std::move(*platform)}, arguments, client, **view);
  (*view)->close();
  if (!copied) return withContext(copied.takeError(), "copy " + arguments[0] + " to " + arguments[1]);
  session.out() << copied->digest.str() << "\n";
  return 0;
}

}  // namespace

Command copyCommand() {
  return {.name = "copy",
          .usage = "[OPTIONS] SOURCE DESTINATION",
          .description = "Copy an image from registry to registry",
          .minimum = 2,
          .maximum = 2,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<CopyOptions>();
            declared.flag("--insecure", options->insecure, "Plain HTTP and any certificate will do");
            declared.text("--platform", options->platform, "Of an index this platform's image alone");
            declared.text("--progress", options->progress, "auto, plain, tty, rawjson or quiet");
            declared.flag("-q,--quiet", options->quiet, "Print the digest alone");
            return
                [options](Session& session, const Arguments& arguments) { return copy(*options, session, arguments); };
          },
          .transfers = true};
}

}  // namespace strata::cli
