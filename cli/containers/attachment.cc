#include "cli/containers/attachment.h"

#include "cli/console.h"
#include "cli/options.h"
#include "runtime/containers/container_events.h"
#include "runtime/containers/lifecycle.h"
#include "runtime/containers/truth.h"
#include "support/fault.h"

#include <sys/socket.h>
#include <unistd.h>

namespace strata::cli {

namespace {

constexpr int kNotExecutable = 126, kNoProgram = 127;
using runtime::AttachEnd;

/// What became of the container whose supervisor is gone.
llvm::Expected<int> statusOfLost(const runtime::Container& container, Session& session) {
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto now = runtime::findContainer(**containers, container.id);
  if (!now) return now.takeError();
  return fault(FaultKind::Unavailable, "container " + container.shortId() + " ended: " +
                                           (now->state.error.empty() ? "its supervisor is gone" : now->state.error));
}

llvm::Expected<int> attend(runtime::AttachClient& client, const runtime::Container& container, Session& session) {
  auto end = client.pump();
  if (!end) return end.takeError();
  switch (end->how) {
    case AttachEnd::How::Exited:
      return end->code;
    case AttachEnd::How::Detached:
      session.err() << "\nread escape sequence\n";
      runtime::tellContainerEvent(session.root(), container, "detach");
      return 0;
    case AttachEnd::How::Forced:
      session.err() << "\ngot 3 SIGTERM/SIGINTs, forcefully exiting; the container " << container.name
                    << " runs on: strata stop " << container.name << "\n";
      return 1;
    case AttachEnd::How::Lost:
      break;
  }
  return statusOfLost(container, session);
}

}  // namespace

llvm::Expected<std::string> AttachChoice::keys() const {
  return runtime::detachKeysFrom(detachKeys.empty() ? llvm::StringRef(runtime::kUsualDetachKeys)
                                                    : llvm::StringRef(detachKeys));
}

void declareAttachChoice(Options& declared, AttachChoice& choice) {
  declared.text("--detach-keys", choice.detachKeys, "Keys that leave the container (default ctrl-p,ctrl-q)");
  declared.flag("--sig-proxy", choice.signalProxy, "Pass signals on to the container (default true)");
}

runtime::AttachOptions attachOptionsFor(const runtime::Container& container, bool signalProxy, std::string keys) {
  const runtime::ContainerConfig& config = container.config;
  return {.input = config.attachStdin && config.openStdin,
          .output = config.attachStdout,
          .errors = config.attachStderr,
          .terminal = config.terminal,
          .signalProxy = signalProxy,
          .detachKeys = std::move(keys)};
}

llvm::Expected<int> startAttached(const runtime::Container& container, runtime::ContainerStart start,
                                  const runtime::AttachOptions& options, Session& session) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return errnoFault("make a socket");
  UniqueFd theirs(ends[1]);
  runtime::AttachClient client(runtime::SupervisorConnection(UniqueFd(ends[0])), options);
  if (llvm::Error error = client.begin()) return error;
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  runtime::tellContainerEvent(session.root(), container, "attach");
  if (llvm::Error error = runtime::startContainer(**containers, container, std::move(start), std::move(theirs)))
    return startFailure(std::move(error), session);
  return attend(client, container, session);
}

llvm::Expected<int> attachToRunning(const runtime::Container& container, const runtime::AttachOptions& options,
                                    Session& session) {
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  auto connection = runtime::SupervisorConnection::open((*containers)->directory(container.id));
  if (!connection) return connection.takeError();
  if (!*connection)
    return fault(FaultKind::Invalid,
                 "cannot attach to a stopped container, start it first (strata start -ai " + container.name + ")");
  runtime::AttachClient client(std::move(**connection), options);
  if (llvm::Error error = client.begin()) return error;
  runtime::tellContainerEvent(session.root(), container, "attach");
  return attend(client, container, session);
}

llvm::Expected<int> startFailure(llvm::Error error, Session& session) {
  FaultKind kind = kindOf(error);
  if (kind != FaultKind::NotFound && kind != FaultKind::Denied) return error;
  session.err() << "strata: " << messageOf(std::move(error)) << "\n";
  return kind == FaultKind::NotFound ? kNoProgram : kNotExecutable;
}

}  // namespace strata::cli
