#include "cli/advice_view.h"

#include "analyzer/report/findings_json.h"
#include "analyzer/report/markdown_text.h"
#include "analyzer/report/text_layout.h"
#include "builder/context/glob.h"
#include "builder/journal/dockerfile_digests.h"
#include "cli/analyzed_image.h"
#include "cli/why_view.h"
#include "support/duration_text.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::cli {

namespace {
constexpr size_t kIndent = 2;

/// This build and those before it, newest first.
llvm::Expected<std::vector<analyzer::ExplainedBuild>> historyOf(builder::Build build, uint64_t count,
                                                                Session& session) {
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  auto earlier = (*journal)->earlierBuilds(build, count > 0 ? count - 1 : 0);
  if (!earlier) return earlier.takeError();
  std::vector<analyzer::ExplainedBuild> history;
  std::string origin = build.origin;
  earlier->insert(earlier->begin(), std::move(build));
  for (builder::Build& one : *earlier) {
    if (one.origin != origin) continue;
    auto explained = explain(std::move(one), session);
    if (!explained) return explained.takeError();
    history.push_back(std::move(*explained));
  }
  return history;
}

llvm::Expected<std::optional<Digest>> dockerfileOf(const builder::Build& build, Session& session) {
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  auto store = session.store();
  if (!store) return store.takeError();
  auto digests = builder::DockerfileDigests::open((*store)->database());
  if (!digests) return digests.takeError();
  return (*digests)->find(build.id);
}

llvm::Expected<analyzer::IgnoreFilter> readIgnoreFile(llvm::StringRef text) {
  auto matcher = builder::IgnoreMatcher::parse(text);
  if (!matcher) return matcher.takeError();
  auto shared = std::make_shared<const builder::IgnoreMatcher>(std::move(*matcher));
  return [shared](llvm::StringRef path) { return shared->excludes(path); };
}

std::string gainText(const analyzer::Finding& finding) {
  std::string text;
  if (finding.bytes > 0) text = humanSize(finding.bytes);
  if (finding.nanoseconds > 0) text += (text.empty() ? "" : ", ") + durationText(finding.nanoseconds);
  return text.empty() ? "" : "saves " + text;
}

std::string indentedEdit(llvm::StringRef text) {
  std::string result;
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    result += "    " + printable(line.rtrim('\r')) + "\n";
    text = rest;
  }
  return result;
}
}  // namespace

llvm::Expected<AdviceGiven> adviseOn(builder::Build build, const analyzer::Analysis* analysis, uint64_t builds,
                                     Session& session) {
  auto dockerfile = dockerfileOf(build, session);
  if (!dockerfile) return dockerfile.takeError();
  auto files = analyzer::readAdviceFiles(build, *dockerfile);
  if (!files) return files.takeError();
  auto store = session.store();
  if (!store) return store.takeError();
  auto trees = session.trees();
  if (!trees) return trees.takeError();
  auto reads = builder::ReadStore::open((*store)->database());
  if (!reads) return reads.takeError();
  auto history = historyOf(std::move(build), builds, session);
  if (!history) return history.takeError();
  AdviceGiven given{
      std::make_unique<std::vector<analyzer::ExplainedBuild>>(std::move(*history)), std::move(*files), {}};
  analyzer::AdviceFacts facts{.build = given.history->front().build,
                              .history = *given.history,
                              .analysis = analysis,
                              .trees = **trees,
                              .images = &(*store)->images(),
                              .layers = &(*store)->layers(),
                              .reads = reads->get(),
                              .readIgnoreFile = readIgnoreFile,
                              .files = given.files};
  auto advice = analyzer::adviceFor(facts);
  if (!advice) return advice.takeError();
  given.advice = std::move(*advice);
  return given;
}

llvm::Expected<AdviceGiven> adviseOn(builder::Build build, uint64_t builds, Session& session) {
  auto withoutImage = [&] {
    session.err() << "the image of build " << build.id << " is not here: nothing is said of what is in its layers\n";
    return adviseOn(std::move(build), nullptr, builds, session);
  };
  if (!build.image) return withoutImage();
  auto source = openImageSource(session, build.image.str());
  if (!source) {
    llvm::Error error = source.takeError();
    if (kindOf(error) != FaultKind::NotFound) return error;
    llvm::consumeError(std::move(error));  // it was removed; the journal still has its builds
    return withoutImage();
  }
  auto surroundings = surroundingsOf(session);
  if (!surroundings) return surroundings.takeError();
  auto analysis = analyzer::analyzeImage(**source, *surroundings);
  if (!analysis) return analysis.takeError();
  return adviseOn(std::move(build), &*analysis, builds, session);
}

std::string printAdvice(const AdviceGiven& given, unsigned columns) {
  if (given.advice.empty()) return "No advice: nothing was found that would save bytes or seconds.\n";
  std::string text;
  size_t number = 0;
  for (const analyzer::Advice& one : given.advice) {
    const analyzer::Finding& finding = one.finding;
    std::string gain = gainText(finding), place = placeText(finding.where);
    std::string head =
        std::to_string(++number) + ". " + printable(finding.title) + (gain.empty() ? "" : " (" + gain + ")");
    text += (number > 1 ? "\n" : "") + head + "\n";
    if (!place.empty()) text += analyzer::wrapped(place, kIndent + 1, columns);
    if (!finding.detail.empty()) text += analyzer::wrapped(printable(finding.detail), kIndent + 1, columns);
    text += "\n" + indentedEdit(finding.edit);
  }
  return text;
}

std::string adviceMarkdown(const AdviceGiven& given) {
  std::string text = "## Advice\n\n";
  if (given.advice.empty()) return text + "Nothing was found that would save bytes or seconds.\n";
  for (const analyzer::Advice& one : given.advice) {
    std::string gain = gainText(one.finding);
    text += "**" + analyzer::escaped(one.finding.title) + "**" + (gain.empty() ? "" : " (" + gain + ")") + "\n\n" +
            "````diff\n" + one.finding.edit + "````\n\n";
  }
  return text;
}

llvm::json::Value toJson(const AdviceGiven& given) {
  llvm::json::Array advice;
  for (const analyzer::Advice& one : given.advice) advice.push_back(analyzer::toJson(one.finding));
  return llvm::json::Object{{"schema", 1},
                            {"build", given.history->front().build.id},
                            {"builds", int64_t(given.history->size())},
                            {"dockerfile", llvm::json::fixUTF8(given.files.dockerfilePath)},
                            {"advice", std::move(advice)}};
}

}  // namespace strata::cli
