#include "builder/plan/planner.h"

#include "runtime/container_spec.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

#include <set>

namespace strata::builder {

using Kind = KeyComponent::Kind;

namespace {
bool isProxyName(llvm::StringRef name) {
  std::string upper = name.upper();
  return upper == "HTTP_PROXY" || upper == "HTTPS_PROXY" || upper == "FTP_PROXY" || upper == "NO_PROXY" ||
         upper == "ALL_PROXY";
}

std::vector<std::string> proxyEnvironment(const std::map<std::string, std::string>& buildArgs) {
  std::vector<std::string> result;
  for (const auto& [name, value] : buildArgs) {
    if (!isProxyName(name) || value.empty()) continue;
    llvm::StringRef ref(name);
    result.push_back(ref.upper() + "=" + value);
    result.push_back(ref.lower() + "=" + value);
  }
  return result;
}

std::string bodyOf(const Heredoc& heredoc) {
  if (!heredoc.stripTabs) return heredoc.body.str();
  std::string text;
  llvm::StringRef rest = heredoc.body;
  while (!rest.empty()) {
    size_t end = rest.find('\n');
    size_t length = end == llvm::StringRef::npos ? rest.size() : end + 1;
    text += rest.take_front(length).ltrim('\t');
    rest = rest.drop_front(length);
  }
  return text;
}

/// HDOC-15: the text is one here-document word and nothing else.
bool isSoleHeredoc(llvm::StringRef text) {
  text = text.trim();
  text = text.drop_while([](char c) { return llvm::isDigit(c); });
  if (!text.consume_front("<<")) return false;
  text.consume_front("-");
  text = text.ltrim();
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quote) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '\\') {
      ++i;
    } else if (llvm::isSpace(c) || llvm::StringRef(";|&<>()").contains(c)) {
      return false;
    }
  }
  return !text.empty();
}

/// Shell form's text, here-documents resolved (HDOC-15 to HDOC-17).
void resolveCommand(const RunInstruction& run, const StageState& state, RunOp& op) {
  if (run.command.exec) {
    op.argv = run.command.words;
    return;
  }
  std::string text = run.command.words.empty() ? "" : run.command.words[0];
  if (run.heredocs.size() == 1 && isSoleHeredoc(text)) {
    std::string body = bodyOf(run.heredocs[0]);
    if (llvm::StringRef(body).starts_with("#!")) {
      op.scriptName = run.heredocs[0].name.str();
      op.script = std::move(body);
      text = "/dev/pipes/" + op.scriptName;
    } else {
      text = std::move(body);
    }
  } else {
    for (const Heredoc& heredoc : run.heredocs) text += "\n" + heredoc.body.str() + heredoc.name.str();
  }
  op.argv = state.config.shell;
  if (op.argv.empty()) op.argv = {"/bin/sh", "-c"};
  op.argv.push_back(std::move(text));
}

std::string runHistory(const RunOp& op, const StageState& state) {
  std::string text = "RUN ";
  if (!state.declaredArgs.empty()) {
    text += "|" + std::to_string(state.declaredArgs.size());
    for (const std::string& name : state.declaredArgs)
      text += " " + name + "=" + state.env.find(name).value_or("").str();
    text += " ";
  }
  return text + llvm::join(op.argv, " ") + " # buildkit";
}
}  // namespace

llvm::Error Planner::applyRun(const RunInstruction& run, const Instruction& at, Place& place, StageState& state) {
  if (!run.mounts.empty()) return notYet(rangeOf(at, place), "RUN --mount");
  if (!run.devices.empty()) return notYet(rangeOf(at, place), "RUN --device");
  if (run.security && *run.security != "sandbox")
    return wrong(at, place, "entitlement security.insecure is not allowed");
  if (run.network == "host" && options_.network != "host")
    return wrong(at, place, "entitlement network.host is not allowed");

  RunOp op;
  resolveCommand(run, state, op);
  op.workdir = state.workdir();
  op.user = state.config.user;
  op.network = run.network && *run.network != "default" ? run.network->str() : options_.network;
  op.extraHosts = options_.extraHosts;
  op.proxies = proxyEnvironment(options_.buildArgs);

  std::vector<KeyComponent> components;
  components.push_back(
      {.kind = Kind::Instruction, .value = llvm::join(op.argv, " ") + op.script, .where = whereOf(at, place)});
  for (const auto& [name, variable] : state.env.all()) {
    op.env.push_back(name + "=" + variable.value);
    components.push_back({.kind = variable.isArg ? Kind::Arg : Kind::Env,
                          .name = name,
                          .value = variable.value,
                          .where = variable.where});
  }
  components.push_back({.kind = Kind::Workdir, .value = op.workdir});
  components.push_back({.kind = Kind::User, .value = op.user});
  components.push_back({.kind = Kind::Network, .value = op.network});
  for (const std::string& host : op.extraHosts)  // the name counts, its address does not (CACHE-2)
    components.push_back(
        {.kind = Kind::Option, .name = "add-host", .value = llvm::StringRef(host).split(':').first.str()});

  std::string history = runHistory(op, state);
  VertexId vertex = addVertex(std::move(op), state.files, place, at, state);
  vertices_[vertex].components = std::move(components);
  state.files = vertex;
  addHistory(state, history, vertex);
  return llvm::Error::success();
}

llvm::Error Planner::applyWorkdir(const WorkdirInstruction& workdir, const Instruction& at, Place& place,
                                  StageState& state) {
  auto path = expand(workdir.path, state, at, place);
  if (!path) return path.takeError();
  state.config.workingDir = state.absolute(*path);
  std::string history = "WORKDIR " + state.config.workingDir;
  if (state.config.workingDir == "/") {  // WORKDIR-4: nothing to make
    ++place.next;
    addHistory(state, history);
    return llvm::Error::success();
  }
  MkdirOp op{.path = state.config.workingDir, .user = state.config.user};
  VertexId vertex = addVertex(op, state.files, place, at, state);
  vertices_[vertex].components = {
      {.kind = Kind::Instruction, .value = "WORKDIR " + state.config.workingDir, .where = whereOf(at, place)},
      {.kind = Kind::User, .value = state.config.user}};
  state.files = vertex;
  addHistory(state, history, vertex);
  return llvm::Error::success();
}

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
  if (copy.parents) return notYet(rangeOf(at, place), "COPY --parents");
  if (!copy.checksum.empty()) return notYet(rangeOf(at, place), "ADD --checksum");
  if (copy.keepGitDir) return notYet(rangeOf(at, place), "ADD --keep-git-dir");
  return llvm::Error::success();
}

VertexId Planner::contextFiles(const CopyOp& op, const Place& place) {
  auto [known, isNew] = contextFiles_.try_emplace({op.sources, op.excludes}, VertexId(vertices_.size()));
  if (!isNew) return known->second;
  Vertex vertex;
  vertex.id = VertexId(vertices_.size());
  vertex.op = ContextFilesOp{op.sources, op.excludes};
  vertex.stageIndex = place.stageIndex;
  vertex.stage = "internal";
  vertex.instruction = "context";
  vertex.name = "[internal] load build context: " + llvm::join(op.sources, " ");
  vertices_.push_back(std::move(vertex));
  return vertices_.back().id;
}

/// STAGE-12 to STAGE-15: where the files come from.
llvm::Error Planner::chooseSource(const CopyInstruction& copy, const Instruction& at, Place& place, CopyOp& op,
                                  std::vector<KeyComponent>& components) {
  if (!copy.from || copy.from->text.empty()) {
    if (!op.sources.empty()) op.contextFiles = contextFiles(op, place);
    return llvm::Error::success();
  }
  llvm::StringRef from = copy.from->text;
  uint32_t count = uint32_t(dockerfile_.stages.size());
  std::optional<uint32_t> stage = findStage(from, place.stageIndex, /*ignoreCase=*/true);
  uint32_t number = 0;
  if (!stage && !from.getAsInteger(10, number)) {
    if (number >= count) return wrong(at, place, "invalid stage index " + from);
    stage = number;
  }
  if (!stage) stage = findStage(from, count, /*ignoreCase=*/true);
  if (stage && *stage >= place.stageIndex)
    return wrong(
        at, place,
        "cannot copy from stage \"" + from + "\", it needs to be defined before current stage \"" + place.stage + "\"");
  if (stage) {
    auto state = stateOf(*stage);
    if (!state) return state.takeError();
    op.from = (*state)->files;
    op.fromScratch = !op.from;
    return llvm::Error::success();
  }
  if (from == "scratch") {
    op.fromScratch = true;
    return llvm::Error::success();
  }
  auto image = resolveImage(from, rangeOf(at, place));
  if (!image) return image.takeError();
  Vertex vertex;
  vertex.id = VertexId(vertices_.size());
  vertex.op = ImageOp{.written = from.str(), .canonical = image->canonical, .id = image->id};
  vertex.stageIndex = place.stageIndex;
  vertex.stage = place.stage;
  vertex.instruction = "from";
  vertex.name = "FROM " + image->canonical;
  components.push_back({.kind = Kind::Base, .name = from.str(), .value = image->id.str(), .where = whereOf(at, place)});
  op.from = vertex.id;
  vertices_.push_back(std::move(vertex));
  return llvm::Error::success();
}

llvm::Error Planner::applyCopy(const CopyInstruction& copy, const Instruction& at, Place& place, StageState& state) {
  if (auto error = refuseUnready(copy, at, place)) return error;
  llvm::StringRef keyword = copy.add ? "ADD" : "COPY";
  CopyOp op;
  op.add = copy.add;
  op.unpack = copy.add && copy.unpack.value_or(true);
  op.link = copy.link && copy.chmod.empty();

  for (const AstWord& word : copy.sources) {
    auto source = expand(word.text, state, at, place);
    if (!source) return source.takeError();
    if (isGit(*source))
      return copy.add ? notYet(rangeOf(at, place), "ADD from git")
                      : wrong(at, place, "source can't be a git ref for COPY");
    if (isRemote(*source))
      return copy.add ? notYet(rangeOf(at, place), "ADD from a URL")
                      : wrong(at, place, "source can't be a URL for COPY");
    op.sources.push_back(std::move(*source));
  }
  for (const AstWord& exclude : copy.excludes) op.excludes.push_back(exclude.text.str());
  for (const Heredoc& heredoc : copy.heredocs) {
    InlineFile file{.name = heredoc.name.str(), .content = bodyOf(heredoc)};
    if (heredoc.expand) {
      auto body = expandBody(file.content, [&](llvm::StringRef name) { return state.env.find(name); });
      if (!body) return wrong(at, place, messageOf(body.takeError()));
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

  std::vector<KeyComponent> components;
  std::string history = keyword.str();
  if (!op.chown.empty()) history += " --chown=" + op.chown;
  if (!op.chmod.empty()) history += " --chmod=" + op.chmod;
  for (const std::string& source : op.sources) history += " " + source;
  for (const InlineFile& file : op.inlineFiles) history += " <<" + file.name;
  history += " " + *destination + " # buildkit";

  components.push_back(
      {.kind = Kind::Instruction, .value = llvm::StringRef(history).drop_back(11).str(), .where = whereOf(at, place)});
  for (const std::string& exclude : op.excludes)
    components.push_back({.kind = Kind::Option, .name = "exclude", .value = exclude});
  for (const InlineFile& file : op.inlineFiles)
    components.push_back({.kind = Kind::Option, .name = "<<" + file.name, .value = file.content});
  components.push_back({.kind = Kind::Option, .name = "destination", .value = op.destination});
  if (op.link) components.push_back({.kind = Kind::Option, .name = "link", .value = "true"});
  if (copy.add && !op.unpack) components.push_back({.kind = Kind::Option, .name = "unpack", .value = "false"});
  if (auto error = chooseSource(copy, at, place, op, components)) return error;

  std::optional<VertexId> files = op.contextFiles ? op.contextFiles : op.from;
  VertexId vertex = addVertex(std::move(op), state.files, place, at, state);
  if (files) vertices_[vertex].inputs.push_back(*files);
  vertices_[vertex].components = std::move(components);
  state.files = vertex;
  addHistory(state, history, vertex);
  return llvm::Error::success();
}

}  // namespace strata::builder
