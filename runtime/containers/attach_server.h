#pragma once
/// \file The supervisor's side of attaching: a listening socket, any number of clients, bounded queues.

#include "runtime/containers/attach_frames.h"
#include "support/unique_fd.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <poll.h>
#include <list>
#include <string>
#include <vector>

namespace strata::runtime {

/// What clients ask for.
class AttachListener {
public:
  virtual ~AttachListener() = default;
  virtual void onInput(llvm::StringRef bytes) = 0;
  virtual void onInputEnd() = 0;  ///< of a client that had the input: it said so, or is gone
  virtual void onResize(TerminalSize size) = 0;
  virtual void onSignal(SignalOrder order) = 0;
};

/// For one thread that polls. Nothing here blocks.
class AttachServer {
public:
  explicit AttachServer(AttachListener& listener) : listener_(listener) {}
  /// Makes the socket `name` in this directory. Faults: Io; Denied.
  [[nodiscard]] llvm::Error listen(const std::string& directory, const std::string& name);
  /// A client that is connected already.
  void adopt(UniqueFd connection);
  /// Hears what adopted clients have already said.
  void hear();

  /// Adds what is to be polled; serve() is given the same entries after the poll.
  void addPolls(std::vector<pollfd>& polls, bool takesInput);
  void serve(llvm::ArrayRef<pollfd> polls);

  /// To all that are attached to this stream.
  void send(FrameKind stream, llvm::StringRef bytes);
  /// The last frame of each client, which then is let go.
  void sendExit(int code);
  /// Some client is so far behind that the container has to wait.
  bool isCongested() const;
  bool hasUnsent() const;

private:
  struct Client {
    UniqueFd connection;
    FrameReader reader;
    std::string unsent;
    uint8_t wish = 0;
    bool inputEnded = false;
    bool leaving = false;  ///< goes when all is sent
  };
  void accept();
  void receive(Client& client);
  void obey(Client& client, const Frame& frame);
  void flush(Client& client);
  void drop(Client& client);
  void removeGone();

  AttachListener& listener_;
  UniqueFd socket_;
  std::list<Client> clients_;
};

}  // namespace strata::runtime
