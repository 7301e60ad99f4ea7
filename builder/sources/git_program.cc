#include "builder/sources/git_program.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <cstdlib>

namespace strata::builder {

namespace {
using Pair = std::pair<llvm::StringRef, llvm::StringRef>;

/// Ours in the place of the system's and the user's.
constexpr Pair kConfig[] = {
    {"core.hooksPath", "/dev/null"}, {"core.fsmonitor", "false"},    {"core.autocrlf", "false"},
    {"core.fileMode", "true"},       {"core.symlinks", "true"},      {"core.attributesFile", "/dev/null"},
    {"init.templateDir", ""},        {"init.defaultBranch", "main"}, {"gc.auto", "0"},
    {"maintenance.auto", "false"},   {"safe.directory", "*"},        {"advice.detachedHead", "false"},
    {"credential.helper", ""},       {"submodule.recurse", "false"}, {"fetch.recurseSubmodules", "false"},
    {"http.lowSpeedLimit", "1"},     {"http.lowSpeedTime", "60"},
};

/// Names that decide how the network is reached, and nothing else.
constexpr llvm::StringRef kPassedOn[] = {"PATH",     "http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy",
                                         "NO_PROXY", "all_proxy",  "ALL_PROXY",   "TMPDIR"};

std::string shellQuoted(llvm::StringRef text) {
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

/// The keys of the offered agent alone, never those that lie in a home directory. A host's key is taken at the first
/// visit and must stay the same.
std::string sshCommand(const GitAccess& access) {
  return "ssh -F /dev/null -o BatchMode=yes -o ConnectTimeout=30 -o IdentityFile=none -o LogLevel=ERROR -o "
         "StrictHostKeyChecking=accept-new -o UserKnownHostsFile=" +
         shellQuoted(access.knownHosts);
}

std::vector<std::string> environmentOf(const GitRun& run, const std::string& home) {
  std::vector<std::string> environment{"HOME=" + home,          "XDG_CONFIG_HOME=" + home,     "LC_ALL=C",
                                       "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
                                       "GIT_ASKPASS=false",     "GIT_PROTOCOL_FROM_USER=0",    "GIT_ATTR_NOSYSTEM=1",
                                       "GIT_LFS_SKIP_SMUDGE=1"};
  // A repository that happens to lie above a directory of ours is none of this one's business.
  environment.push_back("GIT_CEILING_DIRECTORIES=" + llvm::StringRef(run.directory).rsplit('/').first.str());
  for (llvm::StringRef name : kPassedOn)
    if (const char* value = ::getenv(name.str().c_str())) environment.push_back((name + "=" + value).str());
  std::vector<std::pair<std::string, std::string>> config(std::begin(kConfig), std::end(kConfig));
  if (run.access) {
    environment.push_back("GIT_ALLOW_PROTOCOL=http:https:git:ssh");
    environment.push_back("GIT_SSH_COMMAND=" + sshCommand(*run.access));
    if (!run.access->sshAuthSock.empty()) environment.push_back("SSH_AUTH_SOCK=" + run.access->sshAuthSock);
    if (const char* file = ::getenv("SSL_CERT_FILE"); file && *file)
      environment.push_back(std::string("GIT_SSL_CAINFO=") + file);
    llvm::append_range(config, run.access->config);
  } else {
    environment.push_back("GIT_ALLOW_PROTOCOL=file");  // from one directory of ours to another
  }
  environment.push_back("GIT_CONFIG_COUNT=" + std::to_string(config.size()));
  for (size_t i = 0; i < config.size(); ++i) {
    environment.push_back("GIT_CONFIG_KEY_" + std::to_string(i) + "=" + config[i].first);
    environment.push_back("GIT_CONFIG_VALUE_" + std::to_string(i) + "=" + config[i].second);
  }
  llvm::append_range(environment, run.environment);
  return environment;
}

constexpr llvm::StringLiteral kOtherHost = "Host key verification failed";

FaultKind kindOfWords(llvm::StringRef errors) {
  auto says = [&](std::initializer_list<llvm::StringRef> parts) {
    return llvm::any_of(parts, [&](llvm::StringRef part) { return errors.contains(part); });
  };
  if (says({"could not read Username", "could not read Password", "Authentication failed", "Permission denied",
            kOtherHost, "error: 403"}))
    return FaultKind::Denied;
  if (says({"not found", "does not exist", "couldn't find remote ref", "not our ref"})) return FaultKind::NotFound;
  if (says({"Could not resolve", "unable to access", "unable to connect", "Connection refused", "timed out",
            "Connection reset", "Could not read from remote", "hung up unexpectedly", "early EOF", "RPC failed"}))
    return FaultKind::Unavailable;
  return FaultKind::Invalid;
}

/// What a person has to do where git's words do not say it.
llvm::StringRef hintFor(FaultKind kind, llvm::StringRef errors) {
  if (kind != FaultKind::Denied) return "";
  if (errors.contains(kOtherHost))
    return "; the host's key is not the one of the first visit: if that is right, take its line out of "
           "sources/known_hosts in the store";
  return "; a private repository needs --secret id=GIT_AUTH_TOKEN (https) or --ssh default (ssh)";
}
}  // namespace

llvm::Error gitFault(llvm::StringRef doing, const ProcessResult& result) {
  FaultKind kind = kindOfWords(result.errors);
  std::string words;
  llvm::StringRef rest = llvm::StringRef(result.errors).trim();
  if (rest.contains(kOtherHost)) rest = kOtherHost;  // and not the page that ssh makes of it
  for (int lines = 0; lines < 8 && !rest.empty(); ++lines) {
    auto [line, after] = rest.split('\n');
    rest = after;
    if (!line.trim().empty()) words += (words.empty() ? "" : "; ") + printable(line.trim());
  }
  if (words.empty()) words = "git ended with status " + std::to_string(result.exitCode);
  return fault(kind, doing + ": " + words + hintFor(kind, result.errors));
}

llvm::Expected<ProcessResult> GitProgram::tryRun(const GitRun& run) const {
  ProcessSpec spec{.argv = {"git"}, .environment = environmentOf(run, home_), .directory = run.directory};
  llvm::append_range(spec.argv, run.arguments);
  spec.cancel = &cancel_;
  auto result = runProcess(spec);
  if (result) return result;
  auto error = result.takeError();
  if (!takeIf(error, FaultKind::NotFound)) return error;
  return fault(FaultKind::Unsupported, "sources from git need the git program, which is not installed (Debian: git)");
}

llvm::Expected<std::string> GitProgram::run(const GitRun& run) const {
  auto result = tryRun(run);
  if (!result) return result.takeError();
  if (result->exitCode != 0) return gitFault("git " + run.arguments.front(), *result);
  return std::move(result->output);
}

}  // namespace strata::builder
