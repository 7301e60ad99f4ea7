#include "cli/inspection.h"

#include "analyzer/findings/waste_findings.h"
#include "analyzer/report/findings_json.h"
#include "analyzer/report/findings_text.h"
#include "analyzer/report/gates_text.h"
#include "analyzer/report/image_json.h"
#include "analyzer/report/image_markdown.h"
#include "analyzer/report/image_text.h"
#include "analyzer/report/sarif.h"
#include "cli/flag_fault.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallString.h>
#include <llvm/Support/FileSystem.h>

namespace strata::cli {

namespace {
using analyzer::Gate;

constexpr size_t kLongestRuleFile = 1 << 20;
/// Where rules are looked for, ours first.
constexpr llvm::StringLiteral kRuleFiles[] = {".strata-ci", ".dive-ci"};

std::optional<std::string> ruleFileOf(const GateOptions& options) {
  if (options.file) return options.file;
  for (llvm::StringRef name : kRuleFiles)
    if (pathExists(name.str())) return name.str();
  return std::nullopt;
}

llvm::Expected<analyzer::GateRules> rulesOf(const GateOptions& options) {
  analyzer::GateRules rules = analyzer::defaultRules();
  if (auto file = ruleFileOf(options)) {
    auto text = readFile(*file, kLongestRuleFile);
    if (!text) return text.takeError();
    if (auto error = analyzer::readRules(rules, *file, *text)) return error;
  }
  for (const std::string& rule : options.rules)
    if (auto error = analyzer::readRule(rules, rule)) return asFlagFault(withContext(std::move(error), "--rule"));
  return rules;
}

llvm::Expected<analyzer::Analysis> analyze(analyzer::ImageSource& source, Session& session, llvm::StringRef name,
                                           analyzer::AnalysisOptions options) {
  auto surroundings = surroundingsOf(session);
  if (!surroundings) return surroundings.takeError();
  auto analysis = analyzer::analyzeImage(source, *surroundings, options);
  if (!analysis) return withContext(analysis.takeError(), "image " + printable(name));
  return analysis;
}

llvm::Expected<analyzer::GateFacts> factsFor(const Inquiry& inquiry, const analyzer::SecretReport& secrets,
                                             Session& session) {
  analyzer::GateFacts facts;
  if (secrets.reading.wanted)
    facts.secrets = secrets.findings.size() - analyzer::countOf(secrets.findings, analyzer::FindingLevel::Note);
  const std::string& against = inquiry.gates.against;
  if (against.empty()) return facts;
  auto source = openImageSource(session, against, inquiry.image);
  if (!source) return source.takeError();
  auto earlier = analyze(**source, session, against, {.largest = 0});
  if (!earlier) return earlier.takeError();
  facts.earlierBytes = earlier->report.tarBytes;
  facts.earlierName = against;
  return facts;
}

/// The Dockerfile as code hosts know it: from here, if it is below. The journal has it as it was given to the build,
/// and the one that nobody named lies in the context.
std::string dockerfileOf(const builder::Build& build) {
  std::string inContext = joinPath(build.context, build.dockerfile);
  llvm::StringRef path = build.dockerfile == "Dockerfile" && pathExists(inContext) ? llvm::StringRef(inContext)
                                                                                   : llvm::StringRef(build.dockerfile);
  llvm::SmallString<256> here;
  if (!llvm::sys::fs::current_path(here) && path.consume_front(here)) path.consume_front("/");
  return path.str();
}

/// Faults: NotFound for an image that was not built here.
llvm::Expected<AdviceGiven> adviceFor(const analyzer::Analysis& analysis, const analyzer::Redactor& redactor,
                                      Session& session) {
  const analyzer::ImageReport& report = analysis.report;
  if (!report.build) return fault(FaultKind::NotFound, "no advice: the journal has no build of this image");
  auto given = adviseOn(*report.build, &analysis, kAdviceBuilds, session);
  if (!given) return given;
  for (analyzer::Advice& one : given->advice) {
    analyzer::Finding& finding = one.finding;
    for (std::string* text : {&finding.where.instruction, &finding.title, &finding.detail, &finding.edit})
      *text = redactor.apply(*text);
  }
  return given;
}

llvm::Error checkOptions(const GateOptions& options) {
  if (!options.against.empty() && !options.wanted())
    return unfitFlag("--against needs --ci: it is for the rule highestGrowth");
  return llvm::Error::success();
}
}  // namespace

void GateOptions::declare(Options& declared) {
  declared.flag("--ci", ci, "Check the image against rules, and exit with 4 if one fails");
  declared.text("--ci-config", file, "File of rules (default .strata-ci, else .dive-ci); implies --ci", "file");
  declared.list("--rule", rules, "A rule, such as highestImageSize=200MB or highestSecrets=0; implies --ci",
                "NAME=VALUE");
  declared.text("--against", against, "With --ci: the image that this one may have grown against", "image");
}

llvm::Expected<Inspection> inspect(const Inquiry& inquiry, Session& session, llvm::StringRef name) {
  if (auto error = checkOptions(inquiry.gates)) return error;
  bool isGated = inquiry.gates.wanted();
  auto rules = isGated ? rulesOf(inquiry.gates) : analyzer::defaultRules();  // a mistake in them is told at once
  if (!rules) return rules.takeError();
  auto source = openImageSource(session, name, inquiry.image);
  if (!source) return source.takeError();
  analyzer::Redactor redactor((*source)->facts().config);
  auto shown = [&](llvm::StringRef instruction) { return redactor.apply(instruction); };
  auto analysis =
      analyze(**source, session, name, {.largest = std::max<size_t>(inquiry.largest, isGated), .shown = shown});
  if (!analysis) return analysis.takeError();
  bool reads = inquiry.secrets || (isGated && ruleOf(*rules, Gate::HighestSecrets).isEnabled);
  auto secrets = analyzer::findImageSecrets(**source, *analysis,
                                            reads ? analyzer::Contents::Yes : analyzer::Contents::No, redactor);
  if (!secrets) return withContext(secrets.takeError(), "image " + printable(name));
  Inspection inspection{std::move(*analysis), std::move(*secrets), {}, std::move(redactor), {}};
  if (inquiry.advice) {
    auto advice = adviceFor(inspection.analysis, inspection.redactor, session);
    if (!advice) return advice.takeError();
    inspection.advice = std::move(*advice);
  }
  inspection.redactor.apply(inspection.analysis.report);
  if (!isGated) return inspection;
  auto facts = factsFor(inquiry, inspection.secrets, session);
  if (!facts) return facts.takeError();
  inspection.gates = analyzer::evaluateGates(*rules, inspection.analysis.report, *facts);
  return inspection;
}

std::string textOf(const Inspection& inspection, unsigned columns) {
  std::string text = analyzer::printImageReport(inspection.analysis.report, columns);
  const analyzer::SecretReport& secrets = inspection.secrets;
  if (!secrets.findings.empty() || secrets.reading.wanted) {
    text += secrets.findings.empty() ? "\nNo secrets found\n" : "\nSecrets\n";
    text += analyzer::printFindings(secrets.findings, columns);
    text += "  " + analyzer::printReading(secrets.reading) + "\n";
  }
  if (inspection.advice)
    text += "\nAdvice (strata advise --apply writes it)\n" + printAdvice(*inspection.advice, columns);
  return inspection.gates.empty() ? text : text + "\n" + analyzer::printGates(inspection.gates);
}

std::string markdownOf(const Inspection& inspection) {
  std::string text = analyzer::printMarkdown(inspection.analysis.report, inspection.secrets, inspection.gates);
  return inspection.advice ? text + "\n" + adviceMarkdown(*inspection.advice) : text;
}

llvm::json::Value jsonOf(const Inspection& inspection) {
  llvm::json::Value value = analyzer::toJson(inspection.analysis.report);
  llvm::json::Object& object = *value.getAsObject();
  object["secrets"] = analyzer::toJson(inspection.secrets);
  if (inspection.advice) object["advice"] = toJson(*inspection.advice);
  if (!inspection.gates.empty()) object["gates"] = analyzer::toJson(llvm::ArrayRef(inspection.gates));
  return value;
}

llvm::json::Value sarifOf(const Inspection& inspection, llvm::StringRef name) {
  const analyzer::ImageReport& report = inspection.analysis.report;
  std::vector<analyzer::Finding> findings = inspection.secrets.findings;
  llvm::append_range(findings, analyzer::wasteFindings(report));
  llvm::append_range(findings, analyzer::findingsOf(inspection.gates));
  if (inspection.advice)
    for (const analyzer::Advice& one : inspection.advice->advice) findings.push_back(one.finding);
  if (report.build)
    for (analyzer::Finding& finding : findings) finding.where.dockerfile = dockerfileOf(*report.build);
  analyzer::sortByWeight(findings);
  return analyzer::sarifOf(findings, name, STRATA_VERSION);
}

}  // namespace strata::cli
