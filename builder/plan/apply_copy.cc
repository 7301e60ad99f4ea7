#include "builder/lint/check_stage.h"
#include "builder/plan/joined.h"
#include "builder/plan/planner.h"

#include "support/fault.h"
#include "support/url.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallString.h>

namespace strata::builder {

namespace {
/// Sources and excludes as one text; no path has a NUL in it.
void appendChoice(const ContextFilesOp& op, llvm::SmallVectorImpl<char>& choice) {
  auto add = [&](llvm::StringRef part) {
    choice.append(part.begin(), part.end());
    choice.push_back('\0');
  };
  add(op.context);
  for (const std::string& source : op.sources) add(source);
  for (const std::string& exclude : op.excludes) add(""), add(exclude);
  if (op.parents) choice.push_back('\0');
}
}  // namespace

VertexId Planner::contextFiles(ContextFilesOp op) {
  llvm::SmallString<128> choice;
  appendChoice(op, choice);
  auto [known, isNew] = contextFiles_.try_emplace(choice, VertexId(vertices_.size()));
  if (!isNew) return known->second;
  Vertex& vertex = newVertex();
  vertex.stage = "internal";  // and in the first place: whichever stage asks next, it stands before it
  vertex.instruction = "context";
  vertex.name = op.context.empty() ? "[internal] load build context:" : "[context " + op.context + "] load:";
  for (const std::string& source : op.sources) (vertex.name += ' ') += source;
  vertex.op = std::move(op);
  return vertex.id;
}

/// Where the files come from.
llvm::Error Planner::chooseSource(const CopyInstruction& copy, const Instruction& at, Place& place, CopyOp& op,
                                  std::shared_ptr<const KeyComponent>& base) {
  if (!copy.from || copy.from->text.empty()) {
    if (!op.sources.empty()) op.contextFiles = contextFiles({op.sources, op.excludes, op.parents, ""});
    return llvm::Error::success();
  }
  auto files = resolveFrom(copy.from->text, FromUser::Copy, at, place);
  if (!files) return files.takeError();
  op.from = files->vertex;
  if (!files->context.empty()) op.contextFiles = contextFiles({op.sources, op.excludes, op.parents, files->context});
  op.fromScratch = !op.from && !op.contextFiles;
  base = std::move(files->base);
  return llvm::Error::success();
}

llvm::Error Planner::addSources(const CopyInstruction& copy, const Instruction& at, const Place& place,
                                const StageState& state, CopyOp& op, Remotes& remotes) {
  op.sources.reserve(copy.sources.size());
  for (const AstWord& word : copy.sources) {
    auto source = expand(word.text, state, at, place);
    if (!source) return source.takeError();
    auto remote = remoteOf(*source, copy, at, place, state);
    if (!remote) return remote.takeError();
    bool local = !*remote && (!copy.from || copy.from->text.empty());
    if (LintReport* lint = lintAt(place); lint && options_.ignore && local)
      checkIgnored(at, *source, *options_.ignore, *lint);
    if (*remote) remotes.emplace(op.sources.size(), std::move(**remote));
    op.sources.push_back(*remote ? redactUrl(*source) : std::move(*source));
  }
  for (const AstWord& exclude : copy.excludes) op.excludes.push_back(exclude.text.str());
  return checkChecksum(copy, remotes, at, place);
}

llvm::Error Planner::addInlineFiles(const CopyInstruction& copy, const Instruction& at, const Place& place,
                                    const StageState& state, CopyOp& op) {
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
  return llvm::Error::success();
}

namespace {
/// As the history shows it, but for its end.
std::string historyText(const CopyOp& op, llvm::StringRef destination) {
  std::string text = op.add ? "ADD" : "COPY";
  text.reserve(64);
  if (op.parents) text += " --parents";
  if (!op.chown.empty()) (text += " --chown=") += op.chown;
  if (!op.chmod.empty()) (text += " --chmod=") += op.chmod;
  for (const std::string& source : op.sources) (text += ' ') += source;
  for (const InlineFile& file : op.inlineFiles) (text += " <<") += file.name;
  return (text += ' ') += destination;
}

bool namesDirectory(llvm::StringRef destination) {
  return destination.empty() || destination == "." || destination.ends_with("/") || destination.ends_with("/.");
}
}  // namespace

llvm::Error Planner::applyCopy(const CopyInstruction& copy, const Instruction& at, Place& place, StageState& state) {
  Operation made(std::in_place_type<CopyOp>);
  auto& op = std::get<CopyOp>(made);
  op.add = copy.add;
  op.unpack = copy.add && copy.unpack.value_or(true);
  op.unpackRemote = copy.add && copy.unpack.value_or(false);
  op.link = copy.link && copy.chmod.empty();
  op.parents = copy.parents;

  Remotes remotes;
  if (auto error = addSources(copy, at, place, state, op, remotes)) return error;
  if (auto error = addInlineFiles(copy, at, place, state, op)) return error;
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
  op.destinationIsDirectory = namesDirectory(*destination);
  op.destination = state.absolute(*destination);
  op.text = historyText(op, *destination);

  std::shared_ptr<const KeyComponent> base;
  if (!remotes.empty())
    addParts(remotes, rangeOf(at, place), op);
  else if (auto error = chooseSource(copy, at, place, op, base))
    return error;

  std::string history = joined({op.text, " # buildkit"});
  state.files = addVertex(std::move(made), state.files, place, at, state);
  Vertex& vertex = vertices_[*state.files];
  const CopyOp& copied = *vertex.as<CopyOp>();
  llvm::append_range(vertex.inputs, copied.parts);
  for (std::optional<VertexId> input : {copied.contextFiles, copied.from})
    if (input) vertex.inputs.push_back(*input);
  vertex.base = std::move(base);
  addHistory(state, std::move(history), state.files);
  return llvm::Error::success();
}

}  // namespace strata::builder
