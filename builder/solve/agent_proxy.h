#pragma once
/// \file A socket in front of an ssh agent, for one step: with the owner and mode that the step asks for, and passing
/// on nothing but what using a key takes (list, sign), so that a step cannot empty, lock or fill its user's agent.
/// Source: draft-miller-ssh-agent.

#include "support/unique_fd.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace strata::builder {

struct SocketAccess {
  uint32_t mode = 0600, uid = 0, gid = 0;
};

class AgentProxy {
public:
  /// Listens at `path` from now until the proxy goes. Faults: Denied; Io.
  static llvm::Expected<std::unique_ptr<AgentProxy>> listen(const std::string& path, const std::string& agentSocket,
                                                            const SocketAccess& access);
  ~AgentProxy();

private:
  struct Connection {
    UniqueFd client, agent;
    std::string request;  ///< what came of the next request so far
  };
  AgentProxy(UniqueFd listener, UniqueFd stop, std::string agentSocket);
  void serve();
  void accept();
  bool takeRequests(Connection& connection);
  static bool takeReplies(Connection& connection);

  UniqueFd listener_, stop_;
  std::string agentSocket_;
  std::vector<Connection> connections_;
  std::thread thread_;
};

}  // namespace strata::builder
