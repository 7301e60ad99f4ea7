#include "analyzer/report/gates_text.h"
#include "analyzer/report/html_report.h"
#include "analyzer/report/tree_text.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/flag_fault.h"
#include "cli/inspect_diff.h"
#include "cli/inspection.h"
#include "cli/layer_browser.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/why_view.h"
#include "support/fault.h"
#include "support/text.h"

#include <unistd.h>

namespace strata::cli {

namespace {

constexpr size_t kShownBuilds = 20;  ///< in the cache map of the page

struct InspectLayersOptions {
  Inquiry inquiry;
  std::string format;
  bool json = false, interactive = false;
  std::string tree;  ///< "all", or a layer's number from 1; empty: the report
  uint64_t depth = 0;
  uint64_t largest = 10;
  std::string diff;  ///< the later image; empty: there is one alone
};

constexpr llvm::StringLiteral kFormats[] = {"", "table", "json", "markdown", "sarif", "html"};

llvm::Error checkOptions(const InspectLayersOptions& options) {
  if (!llvm::is_contained(kFormats, options.format))
    return unfitFlag("unknown format '" + printable(options.format) + "'; use table, json, markdown, sarif or html");
  bool isTable = !options.json && (options.format.empty() || options.format == "table");
  if (!options.tree.empty() && !isTable)
    return unfitFlag("--tree is text and does not go together with --" +
                     (options.json ? std::string("json") : "format " + options.format));
  if (!options.tree.empty() && options.interactive) return unfitFlag("--tree and --interactive do not go together");
  if (options.depth != 0 && options.tree.empty()) return unfitFlag("--depth goes with --tree");
  return llvm::Error::success();
}

/// --diff compares two images: what is said of one alone would otherwise be left out without a word.
llvm::Error checkDiff(const InspectLayersOptions& options) {
  const GateOptions& gates = options.inquiry.gates;
  std::pair<bool, llvm::StringRef> others[] = {
      {options.interactive, "--interactive"},  {!options.tree.empty(), "--tree"},
      {options.depth != 0, "--depth"},         {options.inquiry.secrets, "--secrets"},
      {options.inquiry.advice, "--advice"},    {gates.ci, "--ci"},
      {gates.file.has_value(), "--ci-config"}, {!gates.rules.empty(), "--rule"},
      {!gates.against.empty(), "--against"}};
  for (auto [given, name] : others)
    if (given)
      return unfitFlag("--diff and " + name + " do not go together: ask for " + name + " of one image, without --diff");
  return llvm::Error::success();
}

/// Of the terminal; 0 where a program reads.
unsigned columnsOfOutput() { return isTerminal(STDOUT_FILENO) ? consoleSize(STDOUT_FILENO).columns : 0; }

llvm::Expected<analyzer::TreeView> viewOf(const InspectLayersOptions& options, size_t layers) {
  analyzer::TreeView view{.layer = {}, .depth = size_t(options.depth)};
  if (options.tree == "all") return view;
  unsigned number = 0;
  if (llvm::StringRef(options.tree).getAsInteger(10, number) || number == 0 || number > layers)
    return unfitFlag("--tree: no layer '" + printable(options.tree) + "'; the image has layers 1 to " +
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

llvm::Error printPage(const Inspection& inspection, Session& session, llvm::StringRef name) {
  std::vector<ExplainedBuild> builds;
  if (const std::optional<builder::Build>& build = inspection.analysis.report.build) {
    auto explained = explainLast(build->id, kShownBuilds, session);
    if (!explained) return explained.takeError();
    builds = std::move(*explained);
    for (ExplainedBuild& one : builds) {
      inspection.redactor.apply(one.build);
      for (analyzer::StepReason& reason : one.reasons) inspection.redactor.apply(reason);
    }
  }
  std::vector<analyzer::Finding> findings = inspection.secrets.findings;
  if (inspection.advice)
    for (const analyzer::Advice& one : inspection.advice->advice) findings.push_back(one.finding);
  session.out() << analyzer::printHtml({.title = name.str(),
                                        .image = &inspection.analysis.report,
                                        .tree = &inspection.analysis.tree,
                                        .builds = builds,
                                        .findings = findings},
                                       inspection.redactor);
  return llvm::Error::success();
}

llvm::Expected<int> printDiff(const InspectLayersOptions& options, Session& session, const std::string& before) {
  if (auto error = checkDiff(options)) return error;
  return inspectDiff({.before = before,
                      .after = options.diff,
                      .image = options.inquiry.image,
                      .format = options.json ? "json" : options.format,
                      .files = size_t(options.largest),
                      .columns = columnsOfOutput()},
                     session);
}

llvm::Expected<int> inspectLayers(const InspectLayersOptions& options, Session& session, const Arguments& arguments) {
  if (!options.diff.empty()) return printDiff(options, session, arguments[0]);
  if (auto error = checkOptions(options)) return error;
  Inquiry inquiry = options.inquiry;
  inquiry.largest = size_t(options.largest);
  auto inspection = inspect(inquiry, session, arguments[0]);
  if (!inspection) return inspection.takeError();
  const analyzer::Analysis& analysis = inspection->analysis;
  if (options.interactive) {
    if (auto error = browseLayers(analysis)) return error;
  } else if (!options.tree.empty()) {
    auto view = viewOf(options, analysis.report.layers.size());
    if (!view) return view.takeError();
    session.out() << analyzer::printTree(analysis.tree, *view);
  } else if (options.format == "html") {
    if (auto error = printPage(*inspection, session, arguments[0])) return error;
  } else {
    session.out() << printed(options, *inspection, arguments[0]);
  }
  if (analyzer::allPass(inspection->gates)) return 0;
  session.err() << "--ci: " << analyzer::verdictOf(inspection->gates) << "\n";
  return kGateFailed;
}

}  // namespace

Command inspectLayersCommand() {
  return {
      .name = "inspect-layers",
      .usage = "[OPTIONS] IMAGE|ARCHIVE|docker://NAME",
      .description = "Show what each layer holds, what it cost, and why it was rebuilt",
      .minimum = 1,
      .maximum = 1,
      .declare = [](Options& declared) -> Action {
        auto options = std::make_shared<InspectLayersOptions>();
        declared.text("--format", options->format,
                      "table, json, markdown, sarif, or html: a page for a browser; with --diff the first three");
        declared.flag("--json", options->json, "The same as --format json");
        declared.flag("-i,--interactive", options->interactive,
                      "Look through layers and files in the terminal, with dive's keys");
        declared.optionalText("--tree", options->tree, "all",
                              "Print the files with their sizes instead: of the whole, or of a layer (--tree=2)");
        declared.number("--depth", options->depth, "With --tree: levels of directories to print (default all)");
        declared.number("--largest", options->largest, "Number of the largest files to name (default 10)");
        declared.flag("--secrets", options->inquiry.secrets, "Look for secrets in the files of all layers, too");
        declared.flag("--advice", options->inquiry.advice, "Say what to change in the Dockerfile, and what that saves");
        declared.text(
            "--diff", options->diff,
            "Say what changed from IMAGE to NEWER: configuration, packages, files, layers; goes with --format, "
            "--largest, --platform and --remote",
            "NEWER");
        declared.text("--platform", options->inquiry.image.platform, "Of images of several platforms take this one");
        declared.flag("--remote", options->inquiry.image.remote, "Analyse the registry's image without pulling it");
        options->inquiry.gates.declare(declared);
        return [options](Session& session, const Arguments& arguments) {
          return inspectLayers(*options, session, arguments);
        };
      },
      .transfers = true};
}

}  // namespace strata::cli
