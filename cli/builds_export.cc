#include "analyzer/secrets/hidden_values.h"
#include "builder/journal/build_file.h"
#include "cli/builds_view.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/why_view.h"
#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>

#include <unistd.h>
#include <map>

namespace strata::cli {

namespace {

struct ExportOptions {
  std::string output;
};

/// Builds by the time that they began.
using Collected = std::map<std::pair<int64_t, std::string>, builder::Build>;

void add(builder::Build build, Collected& builds) {
  std::pair key(build.started, build.id);
  builds.try_emplace(std::move(key), std::move(build));
}

/// A build and those that its steps are compared with, so that `why` answers elsewhere as it does here.
llvm::Error collect(llvm::StringRef which, Session& session, Collected& builds) {
  auto build = findBuild(which, session);
  if (!build) return build.takeError();
  auto explained = explain(std::move(*build), session);
  if (!explained) return explained.takeError();
  std::set<std::string> others;
  for (const analyzer::StepReason& reason : explained->reasons)
    if (!reason.comparedWith.empty()) others.insert(reason.comparedWith);
  for (const std::string& id : others) {
    auto other = findBuild(id, session);
    if (!other) return other.takeError();
    add(std::move(*other), builds);
  }
  add(std::move(explained->build), builds);
  return llvm::Error::success();
}

llvm::Expected<int> exportBuilds(const ExportOptions& options, Session& session, const Arguments& arguments) {
  bool toStream = options.output.empty() || options.output == "-";
  if (toStream && isTerminal(STDOUT_FILENO))
    return fault(FaultKind::Invalid, "the file is not for terminals: name one with --output, or redirect");
  Collected collected;
  for (const std::string& which : arguments.empty() ? Arguments{"last"} : arguments)
    if (llvm::Error error = collect(which, session, collected)) return error;
  std::vector<builder::Build> builds;
  analyzer::HiddenValues secrets(analyzer::Hiding::Marks);
  for (auto& [key, build] : collected) {
    secrets.learn(build);
    builds.push_back(analyzer::withMarks(std::move(build)));
  }
  auto trees = session.trees();
  if (!trees) return trees.takeError();
  auto reads = builder::ReadStore::open((*session.store())->database());
  if (!reads) return reads.takeError();
  auto packed =
      builder::packBuilds(builds, **trees, **reads, [&](llvm::StringRef name) { return secrets.apply(name); });
  if (!packed) return packed.takeError();
  if (toStream)
    session.out() << *packed;
  else if (llvm::Error error = writeFileAtomically(options.output, *packed))
    return error;
  return 0;
}

}  // namespace

Command buildsExportCommand() {
  return {.name = "export",
          .usage = "[OPTIONS] [BUILD|IMAGE...]",
          .description = "Write builds, with those they are compared with, into a file for somebody else",
          .minimum = 0,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ExportOptions>();
            declared.text("-o,--output", options->output, "The file (default: standard output)", "file");
            return [options](Session& session, const Arguments& arguments) {
              return exportBuilds(*options, session, arguments);
            };
          }};
}

}  // namespace strata::cli
