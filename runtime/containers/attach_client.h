#pragma once
/// \file Our standard streams joined with those of a container: what `run`, `attach` and `start -a` do.

#include "runtime/containers/supervisor_connection.h"

#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::runtime {

/// The keys that leave a container without ending it: "ctrl-p,ctrl-q" or "a,b", as the bytes that a terminal sends.
/// Faults: Invalid.
llvm::Expected<std::string> detachKeysFrom(llvm::StringRef text);
inline constexpr llvm::StringLiteral kUsualDetachKeys = "ctrl-p,ctrl-q";

/// Finds the keys in what is typed, over any number of reads.
class DetachKeys {
public:
  explicit DetachKeys(std::string keys) : keys_(std::move(keys)) {}
  /// What is to be passed on of these bytes; a beginning of the keys is held back until it is clear what it is.
  std::string pass(llvm::StringRef typed);
  bool seen() const { return seen_; }

private:
  std::string keys_;  ///< empty: none
  size_t matched_ = 0;
  bool seen_ = false;
};

struct AttachOptions {
  bool input = false, output = true, errors = true;
  bool terminal = false;    ///< the container has one
  bool signalProxy = true;  ///< signals that we get are passed on
  std::string detachKeys;   ///< of detachKeysFrom()
};

struct AttachEnd {
  enum class How {
    Exited,    ///< with `code`
    Detached,  ///< by the keys; the container runs on
    Forced,    ///< three INT or TERM that it did not heed; it runs on
    Lost,      ///< its supervisor is gone
  };
  How how = How::Exited;
  int code = 0;
};

class AttachClient {
public:
  AttachClient(SupervisorConnection connection, AttachOptions options);
  /// Says what is wanted and how large the terminal is; to be called before the container starts, to miss nothing.
  [[nodiscard]] llvm::Error begin();
  /// Until the container ends, or the user has enough of it. Our terminal is raw meanwhile, where it is one and the
  /// container has one. Faults: Io for our own streams.
  llvm::Expected<AttachEnd> pump();

private:
  void queue(FrameKind kind, llvm::StringRef payload) { unsent_ += encodedFrame(kind, payload); }
  void queueSize();
  void readInput();
  bool flush();
  [[nodiscard]] llvm::Error show(const Frame& frame);
  void hearSignals(int signals);

  SupervisorConnection connection_;
  AttachOptions options_;
  DetachKeys keys_;
  std::string unsent_;
  bool inputEnded_ = false;
  int stops_ = 0;
  std::optional<int> exit_;
};

}  // namespace strata::runtime
