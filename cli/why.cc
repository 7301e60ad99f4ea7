#include "analyzer/causes/step_name.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/why_view.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <optional>
#include <utility>

namespace strata::cli {

namespace {

struct WhyOptions {
  bool json = false, all = false, diff = false, assertCached = false;
};

/// What the arguments name: a build, and some of its steps if any were asked for.
struct Question {
  ExplainedBuild explained;
  std::vector<size_t> steps;
  bool aboutSteps = false;
  analyzer::Redactor redactor;
};

/// Of one word that is neither a build nor an image: the last build, if that has such a step.
llvm::Expected<std::optional<builder::Build>> lastBuildWith(llvm::StringRef step, Session& session) {
  auto last = findBuild("last", session);
  if (!last) return last.takeError();
  auto found = analyzer::findSteps(*last, step);
  if (found) return std::move(*last);
  llvm::consumeError(found.takeError());
  return std::nullopt;
}

/// No id is so short.
bool isStepNumber(llvm::StringRef word) {
  return !word.empty() && word.size() <= 2 && llvm::all_of(word, llvm::isDigit);
}

/// "BUILD STEP"; one word alone is a build, an image, or else a step of the last build.
llvm::Expected<Question> readQuestion(Session& session, const Arguments& arguments) {
  std::string which = arguments.empty() ? "last" : arguments[0], step = arguments.size() > 1 ? arguments[1] : "";
  if (arguments.size() == 1 && isStepNumber(which)) step = std::exchange(which, "last");
  auto build = findBuild(which, session);
  if (!build && arguments.size() == 1) {
    llvm::Error error = build.takeError();
    FaultKind kind = kindOf(error);  // Invalid: it cannot be the name of an image
    if (kind != FaultKind::NotFound && kind != FaultKind::Invalid) return error;
    auto last = lastBuildWith(which, session);
    if (!last || !*last) {
      llvm::consumeError(last.takeError());
      return error;
    }
    llvm::consumeError(std::move(error));
    build = std::move(**last);
    step = which;
  }
  if (!build) return build.takeError();
  auto explained = explain(std::move(*build), session);
  if (!explained) return explained.takeError();
  Question question{.explained = std::move(*explained), .aboutSteps = !step.empty()};
  if (question.aboutSteps) {
    auto found = analyzer::findSteps(question.explained.build, step);
    if (!found) return found.takeError();
    question.steps = std::move(*found);
  } else {
    for (size_t i = 0; i < question.explained.build.steps.size(); ++i) question.steps.push_back(i);
  }
  question.redactor = analyzer::Redactor(question.explained);
  hideSecrets(question.explained, question.redactor);
  return question;
}

llvm::Expected<std::vector<analyzer::ContentDiff>> diffsOf(const Question& question, size_t position,
                                                           Session& session) {
  auto store = session.store();
  if (!store) return store.takeError();
  const ExplainedBuild& explained = question.explained;
  auto diffs = analyzer::contentDiffs(explained.reasons[position], explained.build.steps[position], explained.build,
                                      (*store)->layers());
  if (!diffs) return diffs.takeError();
  for (analyzer::ContentDiff& diff : *diffs) diff.text = question.redactor.apply(diff.text);
  return diffs;
}

llvm::Error printJsonLines(const Question& question, bool withDiffs, Session& session) {
  const ExplainedBuild& explained = question.explained;
  for (size_t position : question.steps) {
    llvm::json::Value value = toJson(explained.reasons[position], explained.build);
    if (withDiffs) {
      auto diffs = diffsOf(question, position, session);
      if (!diffs) return diffs.takeError();
      llvm::json::Array array;
      for (const analyzer::ContentDiff& diff : *diffs)
        array.push_back(
            llvm::json::Object{{"path", llvm::json::fixUTF8(diff.path)}, {"text", diff.text}, {"whyNot", diff.whyNot}});
      (*value.getAsObject())["diffs"] = std::move(array);
    }
    session.out() << printJson(value) << "\n";
  }
  return llvm::Error::success();
}

/// Everything about these steps; of all of them only those that did not come from the cache.
llvm::Error printParagraphs(const Question& question, bool withDiffs, Session& session) {
  const ExplainedBuild& explained = question.explained;
  for (size_t position : question.steps) {
    bool cached = explained.build.steps[position].outcome == builder::BuildStep::Outcome::Hit;
    if (!question.aboutSteps && cached) continue;
    session.out() << "\n" << paragraphOf(explained, position);
    if (!withDiffs) continue;
    auto diffs = diffsOf(question, position, session);
    if (!diffs) return diffs.takeError();
    session.out() << printDiffs(*diffs);
  }
  return llvm::Error::success();
}

llvm::StringRef lastLineOf(llvm::StringRef text) {
  llvm::StringRef last = text.rtrim('\n').rsplit('\n').second;
  return last.empty() ? text : last;
}

llvm::Expected<int> why(const WhyOptions& options, Session& session, const Arguments& arguments) {
  auto question = readQuestion(session, arguments);
  if (!question) return question.takeError();
  const ExplainedBuild& explained = question->explained;
  if (options.json) {
    if (llvm::Error error = printJsonLines(*question, options.diff, session)) return error;
  } else {
    session.out() << headlineOf(explained);
    bool everything = question->aboutSteps || options.all || options.diff;
    if (explained.build.steps.empty())
      session.out() << "\nIt failed before its first step: " << printable(lastLineOf(explained.build.error)) << "\n";
    else if (!everything)
      session.out() << "\n" << stepTable(explained);
    if (missesOf(explained) == 0 && !explained.build.steps.empty())
      session.out() << "\nEvery step that was reached came from the cache.\n";
    if (everything)
      if (llvm::Error error = printParagraphs(*question, options.diff, session)) return error;
  }
  return options.assertCached ? assertCached(explained, session.err()) : 0;
}

}  // namespace

Command whyCommand() {
  return {
      .name = "why",
      .usage = "[OPTIONS] [BUILD|IMAGE] [STEP]",
      .description = "Say which input made each step miss the cache (of the last build, if none is named)",
      .minimum = 0,
      .maximum = 2,
      .declare = [](Options& declared) -> Action {
        auto options = std::make_shared<WhyOptions>();
        declared.flag("-a,--all", options->all, "Everything about every step that ran");
        declared.flag("-v,--verbose", options->all, "The same");
        declared.flag("--assert-cached", options->assertCached, "Exit with 3 if a step did not come from the cache");
        declared.flag("--diff", options->diff, "Also what changed inside of small text files, where both are stored");
        declared.flag("--json", options->json, "One JSON object a step");
        return [options](Session& session, const Arguments& arguments) { return why(*options, session, arguments); };
      }};
}

}  // namespace strata::cli
