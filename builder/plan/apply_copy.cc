#include "builder/lint/check_stage.h"
#include "builder/plan/planner.h"

#include "support/fault.h"
#include "support/url.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

VertexId Planner::contextFiles(ContextFilesOp op) {
  std::string choice = op.context + '\0';  // no path has a NUL in it
  for (const std::string& source : op.sources) (choice += source) += '\0';
  for (const std::string& exclude : op.excludes) ((choice += '\0') += exclude) += '\0';
  if (op.parents) choice += '\0';
  auto [known, isNew] = contextFiles_.try_emplace(choice, VertexId(vertices_.size()));
  if (!isNew) return known->second;
  Vertex& vertex = newVertex();
  vertex.stage = "internal";  // and in the first place: whichever stage asks next, it stands before it
  vertex.instruction = "context";
  std::string what = op.context.empty() ? "[internal] load build context: " : "[context " + op.context + "] load: ";
  vertex.name = what + llvm::join(op.sources, " ");
  vertex.op = std::move(op);
  return vertex.id;
}

/// Where the files come from.
llvm::Error Planner::chooseSource(const CopyInstruction& copy, const Instruction& at, Place& place, CopyOp& op,
                                  std::optional<KeyComponent>& base) {
  if (!copy.from || copy.from->text.empty()) {
    if (!op.sources.empty()) op.contextFiles = contextFiles({op.sources, op.excludes, op.parents, ""});
    return llvm::Error::success();
  }
  auto files = resolveFrom(copy.from->text, FromUser::Copy, at, place);
  if (!files) return files.takeError();
  op.from = files->vertex;
  if (!files->context.empty()) op.contextFiles = contextFiles({op.sources, op.excludes, op.parents, files->context});
  op.fromScratch = !op.from && !op.contextFiles;
  base = std::move(files->component);
  return llvm::Error::success();
}

llvm::Error Planner::applyCopy(const CopyInstruction& copy, const Instruction& at, Place& place, StageState& state) {
  CopyOp op;
  op.add = copy.add;
  op.unpack = copy.add && copy.unpack.value_or(true);
  op.link = copy.link && copy.chmod.empty();
  op.parents = copy.parents;

  op.unpackRemote = copy.add && copy.unpack.value_or(false);
  std::vector<std::optional<RemoteReference>> remotes;
  for (const AstWord& word : copy.sources) {
    auto source = expand(word.text, state, at, place);
    if (!source) return source.takeError();
    auto remote = remoteOf(*source, copy, at, place, state);
    if (!remote) return remote.takeError();
    bool local = !*remote && (!copy.from || copy.from->text.empty());
    if (LintReport* lint = lintAt(place); lint && options_.ignore && local)
      checkIgnored(at, *source, *options_.ignore, *lint);
    op.sources.push_back(*remote ? redactUrl(*source) : std::move(*source));
    remotes.push_back(std::move(*remote));
  }
  if (auto error = checkChecksum(copy, remotes, at, place)) return error;
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
  if (llvm::any_of(remotes, [](const auto& remote) { return remote.has_value(); }))
    addParts(remotes, rangeOf(at, place), op);
  else if (auto error = chooseSource(copy, at, place, op, base))
    return error;

  std::string history = op.text + " # buildkit";
  std::vector<VertexId> files = op.parts;
  for (std::optional<VertexId> input : {op.contextFiles, op.from})
    if (input) files.push_back(*input);
  VertexId vertex = addVertex(std::move(op), state.files, place, at, state);
  llvm::append_range(vertices_[vertex].inputs, files);
  vertices_[vertex].base = std::move(base);
  state.files = vertex;
  addHistory(state, std::move(history), vertex);
  return llvm::Error::success();
}

}  // namespace strata::builder
