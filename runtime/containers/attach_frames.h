#pragma once
/// \file What a supervisor and its clients say to each other through a stream socket, version 1: frames of a header of
/// eight bytes (kind, three zeros, length of the payload big-endian) and the payload.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace strata::runtime {

enum class FrameKind : uint8_t {
  // To clients:
  Output = 1,  ///< what the container wrote; of a terminal everything
  Errors = 2,  ///< ... to its standard error
  Exit = 3,    ///< how it ended: exitPayload(); the last frame
  // To the supervisor:
  Attach = 16,    ///< one byte, AttachWish: from now on output comes
  Input = 17,     ///< for the container's standard input
  InputEnd = 18,  ///< there is no more of it
  Resize = 19,    ///< of the terminal: resizePayload()
  Signal = 20,    ///< to the first process: signalPayload()
};

/// Bits of Attach.
struct AttachWish {
  static constexpr uint8_t kOutput = 1, kErrors = 2, kInput = 4;
};

struct Frame {
  FrameKind kind;
  std::string payload;
};

inline constexpr size_t kLargestPayload = 64 << 10;

/// At most kLargestPayload bytes of payload.
std::string encodedFrame(FrameKind kind, llvm::StringRef payload);

std::string exitPayload(int code);
std::optional<int> exitFrom(llvm::StringRef payload);

struct TerminalSize {
  unsigned rows = 0, columns = 0;
};
std::string resizePayload(TerminalSize size);
std::optional<TerminalSize> resizeFrom(llvm::StringRef payload);

struct SignalOrder {
  int number = 0;
  bool stops = false;  ///< the container is to stay down: no restart policy counts
  bool keeps = false;  ///< it is not removed at its end, whatever it was made with: somebody starts it again
};
std::string signalPayload(SignalOrder order);
std::optional<SignalOrder> signalFrom(llvm::StringRef payload);

/// Takes a stream apart.
class FrameReader {
public:
  void add(llvm::StringRef bytes) { bytes_.append(bytes.begin(), bytes.end()); }
  /// The next whole frame; nothing: there are more bytes to come. Faults: Invalid for what is no frame.
  llvm::Expected<std::optional<Frame>> next();

private:
  std::string bytes_;
};

}  // namespace strata::runtime
