#include "runtime/containers/attach_frames.h"

#include "support/fault.h"

#include <llvm/Support/Endian.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr size_t kHeader = 8;

std::string numberBytes(uint32_t number) {
  std::string bytes(4, '\0');
  llvm::support::endian::write32be(bytes.data(), number);
  return bytes;
}
uint32_t numberAt(StringRef bytes, size_t at) { return llvm::support::endian::read32be(bytes.data() + at); }
}  // namespace

std::string encodedFrame(FrameKind kind, StringRef payload) {
  std::string bytes(4, '\0');
  bytes[0] = char(kind);
  bytes += numberBytes(uint32_t(payload.size()));
  bytes.append(payload.begin(), payload.end());
  return bytes;
}

std::string exitPayload(int code) { return numberBytes(uint32_t(code)); }
std::optional<int> exitFrom(StringRef payload) {
  if (payload.size() != 4) return std::nullopt;
  return int(numberAt(payload, 0));
}

std::string resizePayload(TerminalSize size) { return numberBytes(size.rows) + numberBytes(size.columns); }
std::optional<TerminalSize> resizeFrom(StringRef payload) {
  if (payload.size() != 8) return std::nullopt;
  return TerminalSize{numberAt(payload, 0), numberAt(payload, 4)};
}

std::string signalPayload(SignalOrder order) { return {char(order.number), char(order.stops + 2 * order.keeps)}; }
std::optional<SignalOrder> signalFrom(StringRef payload) {
  if (payload.size() != 2) return std::nullopt;
  return SignalOrder{payload[0], (payload[1] & 1) != 0, (payload[1] & 2) != 0};
}

llvm::Expected<std::optional<Frame>> FrameReader::next() {
  if (bytes_.size() < kHeader) return std::nullopt;
  size_t length = numberAt(bytes_, 4);
  if (length > kLargestPayload) return fault(FaultKind::Invalid, "a frame of " + llvm::Twine(length) + " bytes");
  if (bytes_.size() < kHeader + length) return std::nullopt;
  Frame frame{FrameKind(bytes_[0]), bytes_.substr(kHeader, length)};
  bytes_.erase(0, kHeader + length);
  return frame;
}

}  // namespace strata::runtime
