#include "analyzer/image/image_report.h"
#include "cli/commands.h"
#include "cli/image_lookup.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {

struct InspectLayersOptions {
  std::string format;
  bool json = false;
};

llvm::Expected<int> inspectLayers(const InspectLayersOptions& options, Session& session, const Arguments& arguments) {
  if (!options.format.empty() && options.format != "json" && options.format != "table")
    return fault(FaultKind::Invalid, "unknown format '" + options.format + "'; use table or json");
  auto store = session.store();
  if (!store) return store.takeError();
  auto image = loadImage((*store)->images(), arguments[0]);
  if (!image) return image.takeError();
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  auto trees = session.trees();
  if (!trees) return trees.takeError();
  auto report = analyzer::analyzeImage(*image, **journal, **trees);
  if (!report) return report.takeError();
  if (options.json || options.format == "json")
    session.out() << printPrettyJson(analyzer::toJson(*report)) << "\n";
  else
    session.out() << analyzer::printImageReport(*report);
  return 0;
}

}  // namespace

Command inspectLayersCommand() {
  return {.name = "inspect-layers",
          .usage = "[OPTIONS] IMAGE",
          .description = "Show what each layer holds, what it cost, and why it was rebuilt",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<InspectLayersOptions>();
            declared.text("--format", options->format, "table or json");
            declared.flag("--json", options->json, "The same as --format json");
            return [options](Session& session, const Arguments& arguments) {
              return inspectLayers(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
