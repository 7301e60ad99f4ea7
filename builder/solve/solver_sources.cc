#include "builder/context/selection.h"
#include "builder/frontend/ast.h"
#include "builder/solve/solver.h"
#include "support/files.h"

namespace strata::builder {

/// Finds out what a source from outside is now: all that a cache key needs (ADD-11, ADD-29).
llvm::Error Solver::resolveRemote(const Vertex& vertex, const RemoteOp& op, Work& work) {
  auto identity = sources_.remote->resolve(op.source);
  if (!identity) {
    auto error = identity.takeError();
    FaultKind kind = kindOf(error);
    if (kind == FaultKind::Cancelled) return error;
    return fault(kind, messageOf(sourceFault(source_, vertex.range, messageOf(std::move(error)))));
  }
  work.result = VertexResult{.state = *identity};
  work.step.outcome = BuildStep::Outcome::Executed;
  return llvm::Error::success();
}

/// The build's context, or a named one, opened when it is first used (NCTX-13).
llvm::Expected<SourceTree*> Solver::contextTree(llvm::StringRef name) {
  if (name.empty()) return sources_.context;
  std::lock_guard lock(directoriesMutex_);
  auto known = directories_.find(name.str());
  if (known == directories_.end()) {
    auto opened = openDirectoryContext(sources_.named->at(name)->value, joinPath(store_.root(), "context"));
    if (!opened) return withContext(opened.takeError(), "build context " + name);
    known = directories_.emplace(name.str(), std::move(*opened)).first;
  }
  return known->second.files.get();
}

llvm::Expected<Solver::OpenedSources> Solver::openSources(const CopyOp& op) {
  OpenedSources opened;
  if (!op.parts.empty()) {
    if (auto error = openParts(op, opened)) return error;
  } else if (op.contextFiles) {
    opened.selection = work_[*op.contextFiles].result->selection;
  } else if (const auto* remote = op.from ? plan_.vertices[*op.from].as<RemoteOp>() : nullptr) {
    auto selection = selectRemote(*remote, op, opened);
    if (!selection) return selection.takeError();
    opened.selection = std::move(*selection);
  } else if (op.from || (op.fromScratch && !op.sources.empty())) {
    auto snapshot = mount({.layers = op.from ? work_[*op.from].result->layers : scratch_.layers});
    if (!snapshot) return snapshot.takeError();
    opened.snapshot = std::move(*snapshot);
    std::string shown = op.from ? "stage " + plan_.vertices[*op.from].stage : "scratch";
    opened.trees.push_back(std::make_unique<SourceTree>(SourceTree::Options{
        .rootFd = opened.snapshot->rootFd(), .shownRoot = shown, .owners = opened.snapshot->owners()}));
    auto selection =
        opened.trees.back()->select(op.sources, {.excludes = op.excludes, .parents = op.parents}, trees_, cancel_);
    if (!selection) return selection.takeError();
    opened.selection = std::move(*selection);
  }
  return opened;
}

/// ADD-1: sources of several kinds, left to right.
llvm::Error Solver::openParts(const CopyOp& op, OpenedSources& opened) {
  std::vector<Selection> parts;
  for (VertexId part : op.parts) {
    const auto* remote = plan_.vertices[part].as<RemoteOp>();
    auto selection =
        remote ? selectRemote(*remote, op, opened) : llvm::Expected<Selection>(work_[part].result->selection);
    if (!selection) return selection.takeError();
    for (SelectedSource& source : selection->sources) source.keepPacked = remote ? !op.unpackRemote : !op.unpack;
    parts.push_back(std::move(*selection));
  }
  auto all = joined(parts, trees_);
  if (!all) return all.takeError();
  opened.selection = std::move(*all);
  return llvm::Error::success();
}

/// COPY takes paths of the source; ADD takes all of it, a file from a URL under the name that the URL gives.
llvm::Expected<Selection> Solver::selectRemote(const RemoteOp& remote, const CopyOp& op, OpenedSources& opened) {
  auto tree = openRemoteTree(*sources_.remote, remote.source, joinPath(store_.root(), "context"));
  if (!tree) return tree.takeError();
  opened.remotes.push_back(std::move(*tree));
  RemoteTree& files = opened.remotes.back();
  std::vector<std::string> wanted = op.parts.empty() ? op.sources : std::vector<std::string>{files.all};
  auto selection = files.files->select(wanted, {.excludes = op.excludes, .parents = op.parents}, trees_, cancel_);
  llvm::consumeError(files.files->saveIndex());  // only costs the next build some reading
  if (!selection) return selection.takeError();
  if (const auto* http = std::get_if<HttpReference>(&remote.source); http && op.add)
    for (SelectedSource& source : selection->sources) source.baseName = fileNameOf(http->url);
  return selection;
}

}  // namespace strata::builder
