#include "registry/blob_reader.h"

#include "support/fault.h"
#include "support/text.h"

namespace strata::registry {

namespace {
class BlobReader : public ByteSource {
public:
  BlobReader(std::vector<Endpoint*> endpoints, layerfs::Descriptor blob, uint64_t begin, const Digest& expected)
      : endpoints_(std::move(endpoints)),
        blob_(std::move(blob)),
        begin_(begin),
        expected_(expected),
        attempts_(endpoints_.front()->attempts()),
        position_(begin) {}

  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    if (blob_.size == 0 && !done_) return end();
    while (!done_ && size > 0) {
      auto got = readOn(buffer, size);
      if (got) return take({buffer, *got});
      stream_.reset();
      if (auto error = recover(got.takeError())) return error;
    }
    return 0;
  }

private:
  /// At least one byte.
  llvm::Expected<size_t> readOn(char* buffer, size_t size) {
    if (!stream_)
      if (auto error = connect()) return error;
    auto got = stream_->read(buffer, size);
    if (!got || *got > 0) return got;
    return fault(FaultKind::Unavailable,
                 "the connection ended after " + llvm::Twine(position_) + " of " + llvm::Twine(blob_.size) + " bytes");
  }

  llvm::Error connect() {
    asked_.reset();
    Call call{.where = "blobs/" + blob_.digest.str()};
    if (position_ > 0) call.headers.emplace_back("Range", "bytes=" + std::to_string(position_) + "-");
    auto stream = endpoints_[at_]->open(call);
    if (!stream) return stream.takeError();
    const HttpResponse& response = (*stream)->response();
    if (!response.succeeded()) {
      asked_ = retryAfter(response, nowNanoseconds() / 1'000'000'000);
      return registryFault("GET", response);
    }
    stream_ = std::move(*stream);
    return response.status == 206 ? checkStart(response) : skipKnown();
  }

  llvm::Error checkStart(const HttpResponse& response) const {
    llvm::StringRef range = response.header("content-range").value_or("");
    uint64_t start = 0;
    if (!range.consume_front("bytes ") || range.split('-').first.getAsInteger(10, start) || start != position_)
      return fault(FaultKind::Invalid,
                   endpoints_[at_]->host().domain() + " sent another part of the blob than asked for");
    return llvm::Error::success();
  }

  /// The registry sends all of it again.
  llvm::Error skipKnown() {
    if (begin_ > 0)
      return fault(FaultKind::Unsupported, endpoints_[at_]->host().domain() + " does not give parts of blobs");
    std::vector<char> dropped(position_ > 0 ? kCopyBuffer : 0);
    for (uint64_t left = position_; left > 0;) {
      auto got = stream_->read(dropped.data(), std::min<uint64_t>(left, dropped.size()));
      if (!got) return got.takeError();
      if (*got == 0) return fault(FaultKind::Unavailable, "the connection ended before where it broke the last time");
      left -= *got;
    }
    return llvm::Error::success();
  }

  /// Another attempt here, else the next endpoint; the last one's fault if there is none.
  llvm::Error recover(llvm::Error failure) {
    if (kindOf(failure) == FaultKind::Cancelled) return failure;
    llvm::Error error = endpoints_[at_]->again(attempts_, std::move(failure), asked_);
    if (!error || kindOf(error) == FaultKind::Cancelled) return error;
    if (at_ + 1 == endpoints_.size()) return withContext(std::move(error), "blob " + blob_.digest.str());
    llvm::consumeError(std::move(error));
    attempts_ = endpoints_[++at_]->attempts();
    return llvm::Error::success();
  }

  llvm::Expected<size_t> take(llvm::StringRef bytes) {
    if (bytes.size() > blob_.size - position_) return tooLong();
    hasher_.update(bytes);
    position_ += bytes.size();
    attempts_.progressed();
    if (position_ < blob_.size) return bytes.size();
    char more;  // also brings the exchange to its end, so that its connection can be used again
    auto got = stream_->read(&more, 1);
    if (!got)
      llvm::consumeError(got.takeError());  // nothing is missing
    else if (*got > 0)
      return tooLong();
    stream_.reset();
    if (auto ended = end(); !ended) return ended;
    return bytes.size();
  }

  llvm::Expected<size_t> end() {
    done_ = true;
    Digest digest = hasher_.finish();
    if (digest == expected_) return 0;
    std::string part = begin_ == 0 ? "" : " from byte " + std::to_string(begin_) + " on as " + expected_.str();
    return fault(FaultKind::Corrupt, endpoints_[at_]->host().domain() + ": expected blob " + blob_.digest.str() + part +
                                         ", got " + digest.str());
  }
  llvm::Error tooLong() {
    done_ = true;
    return fault(FaultKind::Corrupt, endpoints_[at_]->host().domain() + ": expected blob " + blob_.digest.str() +
                                         " of " + llvm::Twine(blob_.size) + " bytes, got more");
  }

  std::vector<Endpoint*> endpoints_;
  layerfs::Descriptor blob_;
  uint64_t begin_;   ///< of what is wanted
  Digest expected_;  ///< of what is wanted
  size_t at_ = 0;
  Attempts attempts_;
  std::unique_ptr<HttpStream> stream_;
  std::optional<std::chrono::milliseconds> asked_;
  BackgroundHasher hasher_;
  uint64_t position_;
  bool done_ = false;
};
}  // namespace

std::unique_ptr<ByteSource> makeBlobReader(std::vector<Endpoint*> endpoints, layerfs::Descriptor blob) {
  Digest digest = blob.digest;
  return std::make_unique<BlobReader>(std::move(endpoints), std::move(blob), 0, digest);
}

std::unique_ptr<ByteSource> makeBlobEndReader(std::vector<Endpoint*> endpoints, layerfs::Descriptor blob,
                                              uint64_t begin, const Digest& digest) {
  return std::make_unique<BlobReader>(std::move(endpoints), std::move(blob), begin, digest);
}

}  // namespace strata::registry
