#include "analyzer/findings/image_secrets.h"
#include "analyzer/image/image_report.h"
#include "analyzer/report/findings_json.h"
#include "analyzer/report/findings_text.h"
#include "analyzer/report/image_json.h"
#include "analyzer/report/image_text.h"
#include "analyzer/report/tree_text.h"
#include "cli/analyzed_image.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/fault.h"
#include "support/text.h"

#include <unistd.h>

namespace strata::cli {

namespace {

struct InspectLayersOptions {
  ImageChoice image;
  std::string format;
  bool json = false;
  std::string tree;  ///< "all", or a layer's number from 1; empty: the report
  uint64_t depth = 0;
  uint64_t largest = 10;
  bool secrets = false;
};

/// All that is known of an image, and may be shown.
struct Inspection {
  analyzer::Analysis analysis;
  analyzer::SecretReport secrets;
};

llvm::Error checkOptions(const InspectLayersOptions& options) {
  if (!options.format.empty() && options.format != "json" && options.format != "table")
    return fault(FaultKind::Invalid, "unknown format '" + options.format + "'; use table or json");
  return llvm::Error::success();
}

/// Of the terminal; 0 where a program reads.
unsigned columnsOfOutput() { return isTerminal(STDOUT_FILENO) ? consoleSize(STDOUT_FILENO).columns : 0; }

llvm::Expected<analyzer::TreeView> viewOf(const InspectLayersOptions& options, size_t layers) {
  analyzer::TreeView view{.layer = {}, .depth = size_t(options.depth)};
  if (options.tree == "all") return view;
  unsigned number = 0;
  if (llvm::StringRef(options.tree).getAsInteger(10, number) || number == 0 || number > layers)
    return fault(FaultKind::Invalid, "--tree: no layer '" + options.tree + "'; the image has layers 1 to " +
                                         llvm::Twine(layers) + ", and 'all' stands for the whole");
  view.layer = number - 1;
  return view;
}

llvm::Expected<Inspection> inspect(const InspectLayersOptions& options, Session& session, llvm::StringRef name) {
  auto source = openImageSource(session, name, options.image);
  if (!source) return source.takeError();
  auto surroundings = surroundingsOf(session);
  if (!surroundings) return surroundings.takeError();
  auto analysis = analyzer::analyzeImage(**source, *surroundings, {.largest = size_t(options.largest)});
  if (!analysis) return withContext(analysis.takeError(), "image " + printable(name));
  auto contents = options.secrets ? analyzer::Contents::Yes : analyzer::Contents::No;
  analyzer::Redactor redactor;
  auto secrets = analyzer::findImageSecrets(**source, *analysis, contents, redactor);
  if (!secrets) return withContext(secrets.takeError(), "image " + printable(name));
  redactor.apply(analysis->report);
  return Inspection{std::move(*analysis), std::move(*secrets)};
}

llvm::json::Value jsonOf(const Inspection& inspection) {
  llvm::json::Value value = analyzer::toJson(inspection.analysis.report);
  (*value.getAsObject())["secrets"] = analyzer::toJson(inspection.secrets);
  return value;
}

std::string textOf(const Inspection& inspection, unsigned columns) {
  std::string text = analyzer::printImageReport(inspection.analysis.report, columns);
  const analyzer::SecretReport& secrets = inspection.secrets;
  if (secrets.findings.empty() && !secrets.reading.wanted) return text;
  text += secrets.findings.empty() ? "\nNo secrets found\n" : "\nSecrets\n";
  return text + analyzer::printFindings(secrets.findings, columns) + "  " + analyzer::printReading(secrets.reading) +
         "\n";
}

llvm::Expected<int> inspectLayers(const InspectLayersOptions& options, Session& session, const Arguments& arguments) {
  if (auto error = checkOptions(options)) return error;
  auto inspection = inspect(options, session, arguments[0]);
  if (!inspection) return inspection.takeError();
  const analyzer::Analysis& analysis = inspection->analysis;
  if (!options.tree.empty()) {
    auto view = viewOf(options, analysis.report.layers.size());
    if (!view) return view.takeError();
    session.out() << analyzer::printTree(analysis.tree, *view);
  } else if (options.json || options.format == "json") {
    session.out() << printPrettyJson(jsonOf(*inspection)) << "\n";
  } else {
    session.out() << textOf(*inspection, columnsOfOutput());
  }
  return 0;
}

}  // namespace

Command inspectLayersCommand() {
  return {.name = "inspect-layers",
          .usage = "[OPTIONS] IMAGE|ARCHIVE|docker://NAME",
          .description = "Show what each layer holds, what it cost, and why it was rebuilt",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<InspectLayersOptions>();
            declared.text("--format", options->format, "table or json");
            declared.flag("--json", options->json, "The same as --format json");
            declared.optionalText("--tree", options->tree, "all",
                                  "Print the files with their sizes instead: of the whole, or of a layer (--tree=2)");
            declared.number("--depth", options->depth, "With --tree: levels of directories to print (default all)");
            declared.number("--largest", options->largest, "Number of the largest files to name (default 10)");
            declared.flag("--secrets", options->secrets, "Look for secrets in the files of all layers, too");
            declared.text("--platform", options->image.platform, "Of images of several platforms take this one");
            declared.flag("--remote", options->image.remote, "Analyse the registry's image without pulling it");
            return [options](Session& session, const Arguments& arguments) {
              return inspectLayers(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
