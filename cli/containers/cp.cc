#include "cli/commands.h"
#include "cli/console.h"
#include "cli/options.h"
#include "cli/session.h"
#include "runtime/containers/container_events.h"
#include "runtime/containers/truth.h"
#include "runtime/files/container_root.h"
#include "runtime/files/copy_files.h"
#include "support/fault.h"
#include "support/text.h"

#include <unistd.h>

namespace strata::cli {

namespace {

struct CopyFlags {
  bool archive = false, followLink = false, quiet = false;
};

/// `CONTAINER:PATH`, `PATH`, or `-`. As docker reads it, a colon behind the beginning of a path is part of it.
struct Place {
  std::string container, path, text;
  bool isStream() const { return text == "-"; }
};

Place placeOf(const std::string& text) {
  auto [container, path] = llvm::StringRef(text).split(':');
  bool isLocal = text.empty() || text.front() == '/' || text.front() == '.' || !llvm::StringRef(text).contains(':');
  if (isLocal) return {.container = {}, .path = text, .text = text};
  return {.container = container.str(), .path = path.empty() ? "/" : path.str(), .text = text};
}

/// Whose files are made: of root in a container, ours outside; with --archive whoever's they were.
runtime::CopyOptions optionsFrom(const CopyFlags& flags, bool toContainer) {
  return {.archive = flags.archive,
          .followLink = flags.followLink,
          .uid = toContainer ? 0 : ::geteuid(),
          .gid = toContainer ? 0 : ::getegid()};
}

llvm::Error copyInto(const CopyFlags& flags, const Place& from, const runtime::CopyEnd& to, uint64_t& bytes) {
  runtime::CopyOptions options = optionsFrom(flags, true);
  FdSource input(STDIN_FILENO);
  // A tar tells whose files it holds, and that is what its maker wanted.
  if (from.isStream()) options.archive = true;
  auto copied = from.isStream() ? runtime::copyFromTar(input, to, options)
                                : runtime::copyFiles({.path = from.path, .shown = from.text}, to, options);
  if (!copied) return copied.takeError();
  bytes = *copied;
  return llvm::Error::success();
}

llvm::Error copyOut(const CopyFlags& flags, const runtime::CopyEnd& from, const Place& to, uint64_t& bytes) {
  runtime::CopyOptions options = optionsFrom(flags, false);
  if (to.isStream()) {
    if (isTerminal(STDOUT_FILENO))
      return fault(FaultKind::Invalid, "refusing to write a tar to a terminal: pass it on, or name a file");
    FdSink output(STDOUT_FILENO);
    return runtime::copyToTar(from, options, output);
  }
  auto copied = runtime::copyFiles(from, {.path = to.path, .shown = to.text}, options);
  if (!copied) return copied.takeError();
  bytes = *copied;
  return llvm::Error::success();
}

llvm::Expected<int> copy(const CopyFlags& flags, Session& session, const Arguments& words) {
  Place from = placeOf(words[0]), to = placeOf(words[1]);
  bool toContainer = !to.container.empty();
  if (toContainer && !from.container.empty())
    return fault(FaultKind::Unsupported, "copying between containers is not supported: copy to the host in between");
  if (!toContainer && from.container.empty())
    return fault(FaultKind::Invalid, "must specify at least one container source: CONTAINER:PATH");
  const Place& inside = toContainer ? to : from;
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto container = runtime::findContainer(**containers, inside.container);
  if (!container) return container.takeError();
  auto store = session.store();
  if (!store) return store.takeError();
  auto root = runtime::ContainerRoot::open(*container, **containers, **store);
  if (!root) return root.takeError();
  if (toContainer)
    if (llvm::Error error = (*root)->checkStays(inside.path)) return error;
  runtime::CopyEnd end{.root = (*root)->fd(), .path = inside.path, .shown = inside.text};
  uint64_t bytes = 0;
  if (llvm::Error error = toContainer ? copyInto(flags, from, end, bytes) : copyOut(flags, end, to, bytes))
    return error;
  if (llvm::Error error = (*root)->finish()) return error;
  runtime::tellContainerEvent((*store)->root(), *container, toContainer ? "extract-to-dir" : "archive-path",
                              {{"path", inside.path}});
  if (!flags.quiet && isTerminal(STDERR_FILENO) && !to.isStream())
    session.err() << "Successfully copied " << humanSize(bytes) << " to " << printable(to.text) << "\n";
  return 0;
}

}  // namespace

Command containerCopyCommand() {
  return {.name = "cp",
          .usage = "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-  or  SRC_PATH|- CONTAINER:DEST_PATH",
          .description = "Copy files between a container and the host",
          .minimum = 2,
          .maximum = 2,
          .declare = [](Options& declared) -> Action {
            auto flags = std::make_shared<CopyFlags>();
            declared.flag("-a,--archive", flags->archive, "Keep owners, all mode bits and extended attributes");
            declared.flag("-L,--follow-link", flags->followLink, "Of a source that is a link copy what it leads to");
            declared.flag("-q,--quiet", flags->quiet, "Do not say what was copied");
            return [flags](Session& session, const Arguments& words) { return copy(*flags, session, words); };
          },
          .ownMounts = true};
}

}  // namespace strata::cli
