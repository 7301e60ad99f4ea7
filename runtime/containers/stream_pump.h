#pragma once
/// \file Between a container's standard streams, its log and its clients. For the supervisor's one thread; nothing
/// blocks.

#include "runtime/containers/attach_server.h"
#include "runtime/containers/container_log.h"
#include "runtime/containers/container_run.h"

#include <llvm/ADT/ArrayRef.h>

#include <poll.h>
#include <string>
#include <vector>

namespace strata::runtime {

class StreamPump {
public:
  StreamPump(LogWriter log, AttachServer& clients) : log_(std::move(log)), clients_(clients) {}

  /// The streams of the run that has begun, borrowed until end().
  void begin(ContainerStreams& streams);
  /// Every process of the container is gone: what is in the pipes is all there will be.
  void end();

  /// From a client. What the container does not read yet waits; wantsMore() says whether more is welcome.
  void takeInput(llvm::StringRef bytes);
  void endInput();  ///< after what waits
  bool wantsMore() const;

  /// Adds what is to be polled, always kPolls entries, which serve() is given after the poll.
  static constexpr size_t kPolls = 3;
  void addPolls(std::vector<pollfd>& polls) const;
  void serve(llvm::ArrayRef<pollfd> polls);

private:
  void drain(UniqueFd& stream, LogStream kind, size_t most);
  void feed();

  LogWriter log_;
  AttachServer& clients_;
  ContainerStreams* streams_ = nullptr;  ///< of the present run
  std::string input_;
  bool inputEnds_ = false;
};

}  // namespace strata::runtime
