#include "builder/plan/planner.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::builder {

/// ADD-1: a git repository or a URL; nothing for a path. Flags that only such a source takes are put into it.
llvm::Expected<std::optional<RemoteReference>> Planner::remoteOf(llvm::StringRef source, const CopyInstruction& copy,
                                                                 const Instruction& at, const Place& place,
                                                                 const StageState& state) {
  auto remote = parseRemote(source, GitForm::Source);
  if (!remote) return wrong(at, place, messageOf(remote.takeError()));
  if (!*remote) return std::nullopt;
  auto* git = std::get_if<GitReference>(&**remote);
  if (!copy.add) return wrong(at, place, git ? "source can't be a git ref for COPY" : "source can't be a URL for COPY");
  auto checksum = expand(copy.checksum, state, at, place);
  if (!checksum) return checksum.takeError();
  if (git) {
    if (auto error = applyFlags(*git, *checksum, copy.keepGitDir)) return wrong(at, place, messageOf(std::move(error)));
  } else if (!checksum->empty() && copy.sources.size() == 1) {
    auto digest = parseChecksum(*checksum);
    if (!digest) return wrong(at, place, messageOf(digest.takeError()));
    std::get<HttpReference>(**remote).checksum = *digest;
  }
  return std::move(*remote);
}

/// ADD-14.
llvm::Error Planner::checkChecksum(const CopyInstruction& copy, const Remotes& remotes, const Instruction& at,
                                   const Place& place) {
  if (copy.checksum.empty()) return llvm::Error::success();
  if (copy.sources.size() + copy.heredocs.size() != 1)
    return wrong(at, place, "checksum can't be specified for multiple sources");
  if (remotes.empty()) return wrong(at, place, "checksum requires HTTP(S) or Git sources");
  return llvm::Error::success();
}

/// One vertex for each source, in their order.
void Planner::addParts(const Remotes& remotes, SourceRange range, CopyOp& op) {
  for (size_t i = 0; i < op.sources.size(); ++i) {
    auto remote = remotes.find(i);
    op.parts.push_back(remote != remotes.end() ? remoteFiles(remote->second, range)
                                               : contextFiles({{op.sources[i]}, op.excludes, false, ""}));
  }
}

namespace {
/// All that is said of a source, so that the same said twice is one vertex.
std::string choiceOf(const RemoteReference& reference) {
  Hasher hasher;
  if (const auto* http = std::get_if<HttpReference>(&reference)) {
    hasher.field("http").field(http->url).field(http->checksum.value_or(Digest()).raw());
  } else {
    const auto& git = std::get<GitReference>(reference);
    hasher.field("git").field(git.remote).field(git.userInfo).field(git.ref).field(git.subdir).field(git.checksum);
    hasher.number(git.keepGitDir.value_or(false)).number(git.submodules.value_or(true));
    hasher.number(git.commitTime).number(git.fetchByCommit);
  }
  return hasher.finish().hex();
}
}  // namespace

VertexId Planner::remoteFiles(const RemoteReference& reference, SourceRange range) {
  auto [known, isNew] = remoteFiles_.try_emplace(choiceOf(reference), VertexId(vertices_.size()));
  if (!isNew) return known->second;
  Vertex& vertex = newVertex();
  vertex.op = RemoteOp{reference};
  vertex.stage = "internal";
  vertex.instruction = "remote";
  vertex.name = shownName(reference);
  vertex.range = range;
  return vertex.id;
}

}  // namespace strata::builder
