#include "cli/commands.h"
#include "cli/flag_fault.h"
#include "cli/image_pull.h"
#include "cli/options.h"
#include "registry/client.h"
#include "support/fault.h"
#include "support/http.h"

namespace strata::cli {

namespace {

struct PullCommandOptions {
  PullOptions pull;
  bool allTags = false;
};

llvm::Expected<std::vector<std::string>> tagsOf(const registry::Reference& reference, Session& session) {
  auto repository = session.registry().repository(reference);
  if (!repository) return repository.takeError();
  auto tags = (*repository)->tags();
  if (!tags) return withContext(tags.takeError(), reference.familiarRepository());
  return tags;
}

llvm::Expected<int> pull(const PullCommandOptions& options, Session& session, const Arguments& arguments) {
  llvm::StringRef text = arguments.front();
  auto said = registry::parseReference(text);
  if (!said) return said.takeError();
  bool saysTag = text.ends_with(":" + said->tag) || said->digest;
  if (auto platform = platformFlag(options.pull.platform); !platform) return platform.takeError();
  HttpPreparation http;
  if (options.allTags && saysTag) return fault(FaultKind::Invalid, "tag can't be used with --all-tags/-a");
  auto reference = session.registry().find(text);
  if (!reference) return reference.takeError();
  std::vector<std::string> tags = {reference->tag};
  if (options.allTags) {
    auto all = tagsOf(*reference, session);
    if (!all) return all.takeError();
    tags = std::move(*all);
  } else if (!saysTag && !options.pull.quiet) {
    session.out() << "Using default tag: latest\n";
  }
  for (const std::string& tag : tags) {
    registry::Reference one = *reference;
    one.tag = tag;
    auto image = pullImage(one, options.pull, session, session.out());
    if (!image) return image.takeError();
    if (!options.allTags) session.out() << one.canonical() << "\n";
  }
  if (options.allTags) session.out() << reference->repository() << "\n";
  return 0;
}

}  // namespace

Command pullCommand() {
  return {.name = "pull",
          .usage = "[OPTIONS] NAME[:TAG|@DIGEST]",
          .description = "Download an image from a registry",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<PullCommandOptions>();
            declared.flag("-a,--all-tags", options->allTags, "Download all tagged images in the repository");
            declared.text("--platform", options->pull.platform, "Of an image of several platforms the one to download");
            declared.flag("-q,--quiet", options->pull.quiet, "Print nothing but the image's name");
            declared.ignored("--disable-content-trust", false);
            return
                [options](Session& session, const Arguments& arguments) { return pull(*options, session, arguments); };
          },
          .transfers = true};
}

}  // namespace strata::cli
