#include "cli/commands.h"
#include "cli/manifest_lists.h"
#include "cli/options.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {

struct ManifestAnnotateOptions {
  std::string architecture, os, osVersion, variant;
  std::vector<std::string> osFeatures;
};

llvm::Expected<int> annotate(const ManifestAnnotateOptions& options, Session& session, const Arguments& arguments) {
  auto name = registry::parseReference(arguments[0]);
  if (!name) return withContext(name.takeError(), "error parsing name for manifest list " + arguments[0]);
  auto member = registry::parseReference(arguments[1]);
  if (!member) return withContext(member.takeError(), "error parsing name for manifest " + arguments[1]);
  registry::ManifestLists lists = manifestLists(session);
  auto list = lists.load(*name);
  if (!list) return list.takeError();
  registry::ManifestListEntry* entry = list->find(member->canonical());
  if (!entry)
    return fault(FaultKind::NotFound, "manifest for image " + arguments[1] + " does not exist in " + arguments[0]);
  if (!entry->descriptor.platform) entry->descriptor.platform.emplace();
  layerfs::Platform& platform = *entry->descriptor.platform;
  const layerfs::Platform before = platform;
  for (const auto& [value, target] :
       {std::pair(&options.architecture, &platform.architecture), std::pair(&options.os, &platform.os),
        std::pair(&options.osVersion, &platform.osVersion), std::pair(&options.variant, &platform.variant)})
    if (!value->empty()) *target = *value;
  for (const std::string& feature : options.osFeatures)
    if (!llvm::is_contained(entry->osFeatures, feature)) entry->osFeatures.push_back(feature);
  if (platform != before && !layerfs::isKnown(platform))
    return fault(FaultKind::Invalid,
                 "manifest entry for image has unsupported os/arch combination: " + printable(platform.str()));
  if (auto error = lists.save(*list)) return error;
  return 0;
}

}  // namespace

Command manifestAnnotateCommand() {
  return {.name = "annotate",
          .usage = "[OPTIONS] MANIFEST_LIST MANIFEST",
          .description = "Say more of an image in a list of this machine",
          .minimum = 2,
          .maximum = 2,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ManifestAnnotateOptions>();
            declared.text("--arch", options->architecture, "Set the architecture");
            declared.text("--os", options->os, "Set the operating system");
            declared.list("--os-features", options->osFeatures, "Add features of the operating system");
            declared.text("--os-version", options->osVersion, "Set the operating system's version");
            declared.text("--variant", options->variant, "Set the architecture's variant");
            return [options](Session& session, const Arguments& arguments) {
              return annotate(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
