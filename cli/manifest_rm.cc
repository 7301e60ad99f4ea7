#include "cli/commands.h"
#include "cli/manifest_lists.h"
#include "support/fault.h"

namespace strata::cli {

namespace {

llvm::Error removeList(const registry::ManifestLists& lists, llvm::StringRef text) {
  auto name = registry::parseReference(text);
  if (!name) return name.takeError();
  return lists.remove(*name);
}

/// What is there goes although something else is not there.
llvm::Expected<int> rm(Session& session, const Arguments& arguments) {
  registry::ManifestLists lists = manifestLists(session);
  llvm::Error failures = llvm::Error::success();
  for (const std::string& text : arguments) failures = llvm::joinErrors(std::move(failures), removeList(lists, text));
  if (failures) return failures;
  return 0;
}

}  // namespace

Command manifestRmCommand() {
  return {.name = "rm",
          .usage = "MANIFEST_LIST [MANIFEST_LIST...]",
          .description = "Forget lists of this machine",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options&) -> Action { return rm; }};
}

}  // namespace strata::cli
