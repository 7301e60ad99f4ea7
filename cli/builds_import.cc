#include "builder/journal/build_file.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "support/bytes.h"
#include "support/fault.h"
#include "support/files.h"

#include <fcntl.h>
#include <unistd.h>

namespace strata::cli {

namespace {

llvm::Expected<builder::BuildFile> readFileOfBuilds(const std::string& path) {
  if (path == "-") {
    FdSource input(STDIN_FILENO);
    return builder::readBuildFile(input);
  }
  auto fd = openFile(path, O_RDONLY);
  if (!fd) return fd.takeError();
  FdSource input(fd->get());
  auto file = builder::readBuildFile(input);
  if (!file) return withContext(file.takeError(), path);
  return file;
}

llvm::Expected<int> importBuilds(Session& session, const Arguments& arguments) {
  auto file = readFileOfBuilds(arguments[0]);
  if (!file) return file.takeError();
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  auto trees = session.trees();
  if (!trees) return trees.takeError();
  auto reads = builder::ReadStore::open((*session.store())->database());
  if (!reads) return reads.takeError();
  std::string name = arguments[0] == "-" ? "standard input" : llvm::StringRef(arguments[0]).rsplit('/').second.str();
  if (name.empty()) name = arguments[0];
  auto received = builder::receiveBuilds(std::move(*file), "file " + name, **journal, **trees, **reads);
  if (!received) return received.takeError();
  for (const builder::Build& build : *received) session.out() << build.id << "\n";
  if (received->empty()) session.err() << "every build in it is here already\n";
  return 0;
}

}  // namespace

Command buildsImportCommand() {
  return {.name = "import",
          .usage = "FILE | -",
          .description = "Take in builds that somebody else exported; builds ls --imported lists them",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options&) -> Action { return importBuilds; }};
}

}  // namespace strata::cli
