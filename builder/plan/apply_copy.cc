#include "builder/lint/check_stage.h"
#include "builder/plan/planner.h"

#include "support/fault.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

namespace {
bool isRemote(llvm::StringRef source) {
  return source.starts_with_insensitive("http://") || source.starts_with_insensitive("https://");
}
/// ADD-20, as far as telling it from a path goes.
bool isGit(llvm::StringRef source) {
  llvm::StringRef bare = source.split('#').first.split('?').first;
  if (isRemote(source)) return bare.ends_with(".git");
  if (source.starts_with("git://") || source.starts_with("ssh://")) return true;
  auto [host, path] = source.split(':');
  return host.contains('@') && !host.contains('/') && !path.empty();
}
}  // namespace

/// What later versions bring is named, never silently done otherwise.
llvm::Error Planner::refuseUnready(const CopyInstruction& copy, const Instruction& at, Place& place) {
  if (!copy.checksum.empty()) return notYet(rangeOf(at, place), "ADD --checksum");
  if (copy.keepGitDir) return notYet(rangeOf(at, place), "ADD --keep-git-dir");
  return llvm::Error::success();
}

VertexId Planner::contextFiles(const CopyOp& op, const Place& place) {
  std::string choice;  // no path has a NUL in it
  for (const std::string& source : op.sources) (choice += source) += '\0';
  for (const std::string& exclude : op.excludes) ((choice += '\0') += exclude) += '\0';
  if (op.parents) choice += '\0';
  auto [known, isNew] = contextFiles_.try_emplace(choice, VertexId(vertices_.size()));
  if (!isNew) return known->second;
  Vertex vertex;
  vertex.id = VertexId(vertices_.size());
  vertex.op = ContextFilesOp{op.sources, op.excludes, op.parents};
  vertex.stageIndex = 0;  // whichever stage asks next, it stands before it
  vertex.stage = "internal";
  vertex.instruction = "context";
  vertex.name = "[internal] load build context: " + llvm::join(op.sources, " ");
  vertices_.push_back(std::move(vertex));
  return vertices_.back().id;
}

/// Where the files come from.
llvm::Error Planner::chooseSource(const CopyInstruction& copy, const Instruction& at, Place& place, CopyOp& op,
                                  std::optional<KeyComponent>& base) {
  if (!copy.from || copy.from->text.empty()) {
    if (!op.sources.empty()) op.contextFiles = contextFiles(op, place);
    return llvm::Error::success();
  }
  auto files = resolveFrom(copy.from->text, FromUser::Copy, at, place);
  if (!files) return files.takeError();
  op.from = files->vertex;
  op.fromScratch = !op.from;
  base = std::move(files->component);
  return llvm::Error::success();
}

llvm::Error Planner::applyCopy(const CopyInstruction& copy, const Instruction& at, Place& place, StageState& state) {
  if (auto error = refuseUnready(copy, at, place)) return error;
  CopyOp op;
  op.add = copy.add;
  op.unpack = copy.add && copy.unpack.value_or(true);
  op.link = copy.link && copy.chmod.empty();
  op.parents = copy.parents;

  for (const AstWord& word : copy.sources) {
    auto source = expand(word.text, state, at, place);
    if (!source) return source.takeError();
    if (isGit(*source))
      return copy.add ? notYet(rangeOf(at, place), "ADD from git")
                      : wrong(at, place, "source can't be a git ref for COPY");
    if (isRemote(*source))
      return copy.add ? notYet(rangeOf(at, place), "ADD from a URL")
                      : wrong(at, place, "source can't be a URL for COPY");
    bool local = !copy.from || copy.from->text.empty();
    if (LintReport* lint = lintAt(place); lint && options_.ignore && local)
      checkIgnored(at, *source, *options_.ignore, *lint);
    op.sources.push_back(std::move(*source));
  }
  for (const AstWord& exclude : copy.excludes) op.excludes.push_back(exclude.text.str());
  for (const Heredoc& heredoc : copy.heredocs) {
    InlineFile file{.name = heredoc.name.str(), .content = inlineBody(heredoc)};
    if (heredoc.expand) {
      auto body = expandBody(file.content, [&](llvm::StringRef name) { return state.env.find(name); });
      if (!body) return wrong(at, place, messageOf(body.takeError()));
      noteUnset(*body, state, at, place);
      file.content = std::move(body->text);
    }
    op.inlineFiles.push_back(std::move(file));
  }
  auto destination = expand(copy.destination.text, state, at, place);
  auto chown = expand(copy.chown, state, at, place);
  auto chmod = expand(copy.chmod, state, at, place);
  if (!destination)
    return llvm::joinErrors(destination.takeError(), llvm::joinErrors(chown.takeError(), chmod.takeError()));
  if (!chown) return llvm::joinErrors(chown.takeError(), chmod.takeError());
  if (!chmod) return chmod.takeError();
  op.chown = std::move(*chown);
  op.chmod = std::move(*chmod);
  if (!op.chmod.empty())
    if (auto mode = ModeChange::parse(op.chmod); !mode) return wrong(at, place, messageOf(mode.takeError()));
  llvm::StringRef written = *destination;
  op.destinationIsDirectory = written.empty() || written == "." || written.ends_with("/") || written.ends_with("/.");
  op.destination = state.absolute(written);

  op.text = (copy.add ? "ADD" : "COPY");
  if (op.parents) op.text += " --parents";
  if (!op.chown.empty()) op.text += " --chown=" + op.chown;
  if (!op.chmod.empty()) op.text += " --chmod=" + op.chmod;
  for (const std::string& source : op.sources) op.text += " " + source;
  for (const InlineFile& file : op.inlineFiles) op.text += " <<" + file.name;
  op.text += " " + *destination;
  std::optional<KeyComponent> base;
  if (auto error = chooseSource(copy, at, place, op, base)) return error;

  std::string history = op.text + " # buildkit";
  std::optional<VertexId> files = op.contextFiles ? op.contextFiles : op.from;
  VertexId vertex = addVertex(std::move(op), state.files, place, at, state);
  if (files) vertices_[vertex].inputs.push_back(*files);
  vertices_[vertex].base = std::move(base);
  state.files = vertex;
  addHistory(state, history, vertex);
  return llvm::Error::success();
}

}  // namespace strata::builder
