#include "builder/solve/ssh_agents.h"

#include "support/fault.h"
#include "support/pipe.h"
#include "support/process.h"
#include "support/spawn.h"
#include "support/text.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace strata::builder {

namespace {
constexpr char kSocket[] = "agent";

}  // namespace

/// `ssh-agent COMMAND` becomes the command, with the agent as a child that ends after it. The command here waits for
/// its input to end, which is when strata ends, however that happens.
llvm::Error PrivateAgent::spawn() {
  auto program = findProgram("ssh-agent");
  if (!program)
    return fault(FaultKind::NotFound,
                 "--ssh with key files needs ssh-agent: install openssh-client, or give the socket "
                 "of a running agent");
  auto input = Pipe::make();
  if (!input) return input.takeError();
  auto output = Pipe::make();
  if (!output) return output.takeError();
  Spawn spawn;
  // A socket's path must be short: it is named from inside its directory.
  spawn.directory(directory_.path()).give(input->read.get(), 0).give(output->write.get(), 1);
  auto holder =
      spawn.start(*program, {"ssh-agent", "-a", kSocket, "/bin/sh", "-c", "echo $SSH_AGENT_PID; exec cat >/dev/null"});
  if (!holder) return withContext(holder.takeError(), "ssh-agent");
  holder_ = *holder;
  lifeline_ = std::move(input->write);
  input->read.reset();
  output->write.reset();
  std::string line;
  for (char c; ::read(output->read.get(), &c, 1) == 1 && c != '\n';) line += c;
  if (llvm::StringRef(line).getAsInteger(10, agent_) || agent_ <= 1) {
    agent_ = -1;
    return fault(FaultKind::Io, "ssh-agent did not start");
  }
  return llvm::Error::success();
}

/// From standard input: the agent's client refuses files that others may read, which is their owner's business.
llvm::Error PrivateAgent::add(const std::string& key) const {
  auto text = readFile(key, kLargestSshKey);
  if (!text) return withContext(text.takeError(), "ssh key");
  std::vector<std::string> environment = {std::string("SSH_AUTH_SOCK=") + kSocket, "SSH_ASKPASS_REQUIRE=never"};
  if (const char* path = ::getenv("PATH")) environment.push_back(std::string("PATH=") + path);
  auto added = runProcess({.argv = {"ssh-add", "-q", "-"},
                           .environment = std::move(environment),
                           .directory = directory_.path(),
                           .input = std::move(*text)});
  if (!added) return added.takeError();
  if (added->exitCode == 0) return llvm::Error::success();
  return fault(FaultKind::Invalid,
               "ssh key " + key + ": " + printable(llvm::StringRef(added->errors).trim().take_front(500)));
}

llvm::Expected<std::unique_ptr<PrivateAgent>> PrivateAgent::start(const std::vector<std::string>& keys,
                                                                  const std::string& staging) {
  auto directory = TempDir::make(staging, "ssh-agent-");
  if (!directory) return directory.takeError();
  auto opened = openFile(directory->path(), O_PATH | O_DIRECTORY);
  if (!opened) return opened.takeError();
  std::unique_ptr<PrivateAgent> agent(new PrivateAgent(std::move(*directory), std::move(*opened)));
  if (auto error = agent->spawn()) return error;
  for (const std::string& key : keys)
    if (auto error = agent->add(key)) return error;
  return agent;
}

std::string PrivateAgent::socket() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(opened_.get()) + "/" + kSocket;
}

PrivateAgent::~PrivateAgent() {
  lifeline_.reset();
  if (agent_ > 1) ::kill(agent_, SIGTERM);
  while (holder_ > 0 && ::waitpid(holder_, nullptr, 0) < 0 && errno == EINTR) continue;
}

SshAgents::SshAgents(const std::vector<SshSource>& sources, std::string staging) : staging_(std::move(staging)) {
  for (const SshSource& source : sources) sources_[source.id] = source;
}

llvm::Expected<std::optional<std::string>> SshAgents::socketOf(llvm::StringRef id) {
  std::lock_guard lock(mutex_);
  auto source = sources_.find(std::string_view(id.data(), id.size()));
  if (source == sources_.end()) return std::nullopt;
  if (!source->second.socket.empty()) return source->second.socket;
  auto& agent = started_[source->first];
  if (!agent) {
    auto started = PrivateAgent::start(source->second.keys, staging_);
    if (!started) return started.takeError();
    agent = std::move(*started);
  }
  return agent->socket();
}

}  // namespace strata::builder
