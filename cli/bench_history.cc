#include "cli/bench_history.h"

#include "analyzer/history/cache_statistics.h"
#include "builder/journal/journal.h"
#include "cli/why_view.h"
#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::cli {

namespace {
constexpr size_t kLookedThrough = 200;  ///< builds, for one of the context
constexpr size_t kCounted = 20;         ///< builds of it

llvm::Expected<std::vector<std::string>> namesInJournal(const std::string& context, Session& session) {
  std::vector<std::string> names;
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  auto builds = (*journal)->list(kLookedThrough);
  if (!builds) return builds.takeError();
  auto last = llvm::find_if(*builds, [&](const builder::Build& build) { return build.context == context; });
  if (last == builds->end()) return names;
  auto explained = explainLast(last->id, kCounted, session);
  if (!explained) return explained.takeError();
  for (const analyzer::InputStatistics& input : analyzer::statisticsOf(*explained).inputs)
    if (input.kind == analyzer::Cause::Kind::Files) names.insert(names.end(), input.builds, input.name);
  return names;
}
}  // namespace

llvm::Expected<std::vector<std::string>> changedFilesOf(const std::string& context, Session& session) {
  if (!pathExists(joinPath(session.root(), "strata.db"))) return std::vector<std::string>();
  auto names = namesInJournal(context, session);
  if (names) return names;
  llvm::Error error = names.takeError();
  if (kindOf(error) == FaultKind::Cancelled) return error;
  return llvm::consumeError(std::move(error)), std::vector<std::string>();
}

}  // namespace strata::cli
