#include "runtime/containers/stream_pump.h"

#include <unistd.h>
#include <cerrno>

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr size_t kMostInput = 256 << 10;  // that the container has not read yet
constexpr size_t kAllThereIs = ~size_t(0);
}  // namespace

void StreamPump::begin(ContainerStreams& streams) {
  streams_ = &streams;
  feed();
}

void StreamPump::end() {
  drain(streams_->output, LogStream::Output, kAllThereIs);
  drain(streams_->errors, LogStream::Errors, kAllThereIs);
  log_.finish();
  streams_ = nullptr;
  input_.clear();
  inputEnds_ = false;
}

void StreamPump::takeInput(StringRef bytes) {
  if (streams_ && !streams_->input) return;  // nobody reads it
  input_.append(bytes.begin(), bytes.end());
  feed();
}

void StreamPump::endInput() {
  inputEnds_ = true;
  feed();
}

bool StreamPump::wantsMore() const { return input_.size() < kMostInput; }

void StreamPump::addPolls(std::vector<pollfd>& polls) const {
  bool takesOutput = streams_ && !clients_.isCongested();
  polls.push_back({takesOutput ? streams_->output.get() : -1, POLLIN, 0});
  polls.push_back({takesOutput ? streams_->errors.get() : -1, POLLIN, 0});
  polls.push_back({streams_ && !input_.empty() ? streams_->input.get() : -1, POLLOUT, 0});
}

void StreamPump::serve(llvm::ArrayRef<pollfd> polls) {
  if (polls[0].revents) drain(streams_->output, LogStream::Output, kLargestPayload);
  if (polls[1].revents) drain(streams_->errors, LogStream::Errors, kLargestPayload);
  if (polls[2].revents) feed();
}

void StreamPump::drain(UniqueFd& stream, LogStream kind, size_t most) {
  char buffer[32768];
  for (size_t done = 0; stream && done < most;) {
    ssize_t got = ::read(stream.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return stream.reset();  // of a terminal EIO says that its other side is closed
    StringRef bytes(buffer, size_t(got));
    log_.write(kind, bytes);
    clients_.send(kind == LogStream::Output ? FrameKind::Output : FrameKind::Errors, bytes);
    done += size_t(got);
  }
}

void StreamPump::feed() {
  if (!streams_) return;
  UniqueFd& stream = streams_->input;
  while (stream && !input_.empty()) {
    ssize_t put = ::write(stream.get(), input_.data(), input_.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) return;
    if (put < 0) stream.reset();  // the container reads no more
    if (put > 0) input_.erase(0, size_t(put));
  }
  if (!stream) input_.clear();
  if (inputEnds_ && input_.empty()) stream.reset();
}

}  // namespace strata::runtime
