#include "analyzer/report/tree_text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/inspection.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/fault.h"
#include "support/text.h"

#include <unistd.h>

namespace strata::cli {

namespace {

struct InspectLayersOptions {
  Inquiry inquiry;
  std::string format;
  bool json = false;
  std::string tree;  ///< "all", or a layer's number from 1; empty: the report
  uint64_t depth = 0;
  uint64_t largest = 10;
};

constexpr llvm::StringLiteral kFormats[] = {"", "table", "json", "markdown", "sarif"};

llvm::Error checkOptions(const InspectLayersOptions& options) {
  if (llvm::is_contained(kFormats, options.format)) return llvm::Error::success();
  return fault(FaultKind::Invalid,
               "unknown format '" + printable(options.format) + "'; use table, json, markdown or sarif");
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

std::string printed(const InspectLayersOptions& options, const Inspection& inspection, llvm::StringRef name) {
  if (options.json || options.format == "json") return printPrettyJson(jsonOf(inspection)) + "\n";
  if (options.format == "sarif") return printPrettyJson(sarifOf(inspection, name)) + "\n";
  if (options.format == "markdown") return markdownOf(inspection);
  return textOf(inspection, columnsOfOutput());
}

llvm::Expected<int> inspectLayers(const InspectLayersOptions& options, Session& session, const Arguments& arguments) {
  if (auto error = checkOptions(options)) return error;
  Inquiry inquiry = options.inquiry;
  inquiry.largest = size_t(options.largest);
  auto inspection = inspect(inquiry, session, arguments[0]);
  if (!inspection) return inspection.takeError();
  const analyzer::Analysis& analysis = inspection->analysis;
  if (options.tree.empty()) {
    session.out() << printed(options, *inspection, arguments[0]);
  } else {
    auto view = viewOf(options, analysis.report.layers.size());
    if (!view) return view.takeError();
    session.out() << analyzer::printTree(analysis.tree, *view);
  }
  return analyzer::allPass(inspection->gates) ? 0 : kGateFailed;
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
            declared.text("--format", options->format, "table, json, markdown or sarif");
            declared.flag("--json", options->json, "The same as --format json");
            declared.optionalText("--tree", options->tree, "all",
                                  "Print the files with their sizes instead: of the whole, or of a layer (--tree=2)");
            declared.number("--depth", options->depth, "With --tree: levels of directories to print (default all)");
            declared.number("--largest", options->largest, "Number of the largest files to name (default 10)");
            declared.flag("--secrets", options->inquiry.secrets, "Look for secrets in the files of all layers, too");
            declared.text("--platform", options->inquiry.image.platform,
                          "Of images of several platforms take this one");
            declared.flag("--remote", options->inquiry.image.remote, "Analyse the registry's image without pulling it");
            options->inquiry.gates.declare(declared);
            return [options](Session& session, const Arguments& arguments) {
              return inspectLayers(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
