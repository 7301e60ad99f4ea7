#include "builder/plan/planner.h"

#include "runtime/spec/container_spec.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

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
    std::string body = inlineBody(run.heredocs[0]);
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
  op.argv.reserve(state.config.shell.size() + 3);
  op.argv = state.config.shell;
  if (op.argv.empty()) op.argv = {"/bin/sh", "-c"};
  op.argv.push_back(std::move(text));
}

std::string runHistory(const RunOp& op, const StageState& state) {
  std::string text = "RUN ";
  text.reserve(op.argv.back().size() + 64);
  if (!state.declaredArgs.empty()) {
    (text += '|') += std::to_string(state.declaredArgs.size());
    for (const std::string& name : state.declaredArgs)
      (((text += ' ') += name) += '=') += state.env.find(name).value_or("");
    text += ' ';
  }
  for (const std::string& word : op.argv) (text += word) += ' ';
  return text += "# buildkit";
}
}  // namespace

std::string bodyHint(const Instruction& at) {
  const auto* run = std::get_if<RunInstruction>(&at.body);
  if (!run || run->heredocs.size() != 1 || run->command.exec || run->command.words.empty()) return "";
  if (!isSoleHeredoc(run->command.words[0])) return "";
  std::string body = inlineBody(run->heredocs[0]);
  auto [first, others] = llvm::StringRef(body).split('\n');
  return (" (" + first + (others.empty() ? ")" : "...)")).str();
}

llvm::Error Planner::checkEntitlements(const RunInstruction& run, const Instruction& at, const Place& place) const {
  auto refusal = [&](llvm::StringRef entitlement) {
    return wrong(at, place, "entitlement " + entitlement + " is not allowed; --allow " + entitlement + " grants it");
  };
  if (run.security == "insecure" && !options_.entitlements.count("security.insecure"))
    return refusal("security.insecure");
  // Who asks for the host's network for the whole build grants it (as docker does).
  if (run.network == "host" && options_.network != "host" && !options_.entitlements.count("network.host"))
    return refusal("network.host");
  return llvm::Error::success();
}

Shared<RunSurroundings> Planner::surroundingsOn(const layerfs::Platform& platform) {
  for (const Shared<RunSurroundings>& known : surroundings_)
    if (known->platform == platform) return known;
  RunSurroundings made{.platform = platform, .proxies = proxyEnvironment(options_.buildArgs)};
  made.extraHosts = options_.extraHosts;
  if (auto name = options_.buildArgs.find("BUILDKIT_SANDBOX_HOSTNAME");
      name != options_.buildArgs.end() && !name->second.empty())
    made.hostname = name->second;
  return surroundings_.emplace_back(std::move(made));
}

llvm::Error Planner::applyRun(const RunInstruction& run, const Instruction& at, Place& place, StageState& state) {
  if (!run.devices.empty())
    return wrong(at, place, "RUN --device belongs to the labs channel of the Dockerfile language: remove it");
  if (auto error = checkEntitlements(run, at, place)) return error;

  Operation made(std::in_place_type<RunOp>, surroundingsOn(state.programs));
  auto& op = std::get<RunOp>(made);
  resolveCommand(run, state, op);
  op.env = state.env.now();
  op.workdir = state.workdir();
  op.user = state.config.user;
  op.network = run.network && *run.network != "default" ? run.network->str() : options_.network;
  op.insecure = run.security == "insecure";
  if (auto error = addMounts(run, at, place, state, op)) return error;

  std::string history = runHistory(op, state);
  state.files = addVertex(std::move(made), state.files, place, at, state);
  Vertex& vertex = vertices_[*state.files];
  for (const PlannedMount& mount : vertex.as<RunOp>()->mounts)
    if (mount.files && !llvm::is_contained(vertex.inputs, *mount.files)) vertex.inputs.push_back(*mount.files);
  addHistory(state, std::move(history), state.files);
  return llvm::Error::success();
}

}  // namespace strata::builder
