#include "builder/journal/journal.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/fault.h"

namespace strata::cli {

namespace {

struct RemoveBuildsOptions {
  bool all = false;
};

llvm::Expected<int> removeBuilds(const RemoveBuildsOptions& options, Session& session, const Arguments& arguments) {
  if (options.all != arguments.empty())
    return fault(FaultKind::Invalid, "name the builds to forget, or give --all and no name");
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  if (options.all) {
    if (llvm::Error error = (*journal)->trim(0).takeError()) return error;
    return 0;
  }
  int status = 0;
  for (const std::string& which : arguments) {
    auto build = (*journal)->load(which);
    llvm::Error error = build ? (*journal)->remove(build->id) : build.takeError();
    if (!error) {
      session.out() << build->id << "\n";
      continue;
    }
    session.err() << "Error: " << messageOf(std::move(error)) << "\n";
    status = 1;
  }
  return status;
}

}  // namespace

Command buildsRemoveCommand() {
  return {.name = "rm",
          .usage = "[OPTIONS] [BUILD...]",
          .description = "Forget past builds; images and cache stay, explanations go",
          .minimum = 0,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<RemoveBuildsOptions>();
            declared.flag("--all", options->all, "Forget every build");
            return [options](Session& session, const Arguments& arguments) {
              return removeBuilds(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
