#include "cli/commands.h"
#include "cli/manifest_lists.h"
#include "cli/options.h"
#include "support/fault.h"

namespace strata::cli {

namespace {

struct ManifestCreateOptions {
  bool amend = false, insecure = false;
};

llvm::Expected<int> create(const ManifestCreateOptions& options, Session& session, const Arguments& arguments) {
  auto name = registry::parseReference(arguments[0]);
  if (!name) return withContext(name.takeError(), "error parsing name for manifest list " + arguments[0]);
  registry::ManifestLists lists = manifestLists(session);
  auto known = lists.find(*name);
  if (!known) return known.takeError();
  if (*known && !options.amend)
    return fault(FaultKind::Exists, "refusing to amend an existing manifest list with no --amend flag");
  registry::ManifestList list = known->value_or(registry::ManifestList{.name = name->canonical(), .entries = {}});
  registry::Client client(session.cancel(), {.insecure = options.insecure});
  for (size_t i = 1; i < arguments.size(); ++i) {
    auto reference = client.find(arguments[i]);
    if (!reference) return reference.takeError();
    auto entry = registry::fetchEntry(client, *reference);
    if (!entry) {
      auto error = entry.takeError();
      if (kindOf(error) != FaultKind::NotFound) return error;
      return withContext(std::move(error), "no such manifest: " + reference->familiar());
    }
    if (registry::ManifestListEntry* present = list.find(entry->reference))
      *present = std::move(*entry);
    else
      list.entries.push_back(std::move(*entry));
  }
  if (auto error = lists.save(list)) return error;
  session.out() << "Created manifest list " << name->canonical() << "\n";
  return 0;
}

}  // namespace

Command manifestCreateCommand() {
  return {.name = "create",
          .usage = "[OPTIONS] MANIFEST_LIST MANIFEST [MANIFEST...]",
          .description = "Put a list of images for several platforms together, to be annotated and pushed",
          .minimum = 2,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ManifestCreateOptions>();
            declared.flag("-a,--amend", options->amend, "Add to a list that is there");
            declared.flag("--insecure", options->insecure, "Plain HTTP and any certificate will do");
            return [options](Session& session, const Arguments& arguments) {
              return create(*options, session, arguments);
            };
          },
          .transfers = true};
}

}  // namespace strata::cli
