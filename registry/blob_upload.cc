#include "registry/blob_upload.h"

#include "registry/transport/url_text.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::registry {

namespace {
using layerfs::Descriptor;

constexpr size_t kLargestPiece = 64 << 20;
constexpr int kMostUploadRefusals = 2;

/// Statuses of a registry, or of a proxy before it, that wants the blob in pieces of known length.
bool wantsPieces(int status) { return llvm::is_contained({405, 411, 413, 501}, status); }

/// The session is no more, or stands where we do not think it stands.
bool lostSession(const HttpResponse& response) {
  llvm::StringRef text = response.text;
  return response.status == 404 || response.status == 416 ||
         (response.status == 400 && (text.contains("BLOB_UPLOAD_INVALID") || text.contains("BLOB_UPLOAD_UNKNOWN")));
}
}  // namespace

/// The bytes of one call of `produce`: counted, hashed if need be, the part that the registry has left out.
class BlobUpload::Pass : public ByteSink {
public:
  Pass(uint64_t skip, bool hashes) : skip_(skip) {
    if (hashes) hasher_.emplace();
  }
  ByteSink* next = nullptr;

  llvm::Error write(llvm::StringRef bytes) override {
    if (hasher_) hasher_->update(bytes);
    uint64_t known = skip_ > size_ ? std::min<uint64_t>(skip_ - size_, bytes.size()) : 0;
    size_ += bytes.size();
    if (known == bytes.size()) return llvm::Error::success();
    llvm::Error error = next->write(bytes.drop_front(known));
    broken_ = bool(error);
    return error;
  }
  uint64_t size() const { return size_; }
  bool broken() const { return broken_; }  ///< the fault was the connection's
  Digest digest() { return hasher_->finish(); }

private:
  uint64_t skip_, size_ = 0;
  std::optional<BackgroundHasher> hasher_;
  bool broken_ = false;
};

BlobUpload::BlobUpload(Endpoint& endpoint, std::optional<Descriptor> known, Produce produce, std::string session)
    : endpoint_(endpoint),
      known_(std::move(known)),
      produce_(produce),
      form_(known_ ? Form::Whole : Form::Stream),
      location_(std::move(session)),
      fresh_(!location_.empty()) {}

llvm::Expected<Descriptor> BlobUpload::run() {
  Attempts attempts = endpoint_.attempts();
  for (uint64_t before = 0;; before = offset_) {
    asked_.reset();
    auto done = attempt();
    if (done) return done;
    llvm::Error failure = done.takeError();
    if (offset_ > before) attempts.progressed();
    if (!final_) failure = endpoint_.again(attempts, std::move(failure), asked_);
    if (!failure) {
      if (arrivedAnyway()) return *known_;
      continue;
    }
    if (!location_.empty() && kindOf(failure) != FaultKind::Cancelled)  // leave nothing half done
      llvm::consumeError(
          endpoint_.open({.method = "DELETE", .where = location_, .access = Access::Delete}).takeError());
    return failure;
  }
}

/// The answer may be what was lost.
bool BlobUpload::arrivedAnyway() {
  if (!known_) return false;
  auto answer = endpoint_.send({.method = "HEAD", .where = "blobs/" + known_->digest.str(), .access = Access::Write});
  if (answer) return answer->http.status == 200;
  llvm::consumeError(answer.takeError());
  return false;
}

llvm::Expected<Descriptor> BlobUpload::attempt() {
  bool open = !location_.empty();
  if (!std::exchange(fresh_, false))
    if (auto error = open ? findOffset() : begin()) return error;
  if (location_.empty())
    if (auto error = begin()) return error;
  return sendAll();
}

llvm::Error BlobUpload::begin() {
  offset_ = 0;
  auto answer = endpoint_.send({.method = "POST", .where = "blobs/uploads/", .body = "", .access = Access::Write});
  if (!answer) {
    final_ = true;  // send() has tried as often as the budget allows
    return answer.takeError();
  }
  if (answer->http.status != 202) return judge("POST", answer->http);
  size_t least = 0;
  if (auto asked = answer->http.header("oci-chunk-min-length"); asked && !asked->getAsInteger(10, least))
    piece_ = std::min(std::max(piece_, least), kLargestPiece);
  return takeLocation(answer->http);
}

/// Asks the session how far it is. What cannot be told for sure ends the session: a first byte may be there or not.
llvm::Error BlobUpload::findOffset() {
  auto answer = endpoint_.send({.where = location_, .access = Access::Write});
  if (!answer) {
    final_ = true;
    return answer.takeError();
  }
  llvm::StringRef range = answer->http.header("range").value_or("");
  range.consume_front("bytes=");
  uint64_t last = 0;
  bool told = answer->http.status == 204 && range.consume_front("0-") && !range.getAsInteger(10, last) && last > 0 &&
              (!known_ || last < known_->size);
  offset_ = told ? last + 1 : 0;
  if (told) return answer->http.header("location") ? takeLocation(answer->http) : llvm::Error::success();
  location_.clear();
  return llvm::Error::success();
}

llvm::Expected<Descriptor> BlobUpload::sendAll() {
  Pass pass(offset_, !known_);
  if (form_ == Form::Pieces) {
    if (auto error = sendPieces(pass)) return error;
  } else {
    HttpResponse answer;
    bool whole = form_ == Form::Whole && offset_ == 0;
    if (auto error = sendStream(pass, answer)) return error;
    if (auto error = whole && answer.status == 201          ? checkDigest(answer, known_->digest)
                     : answer.status != (whole ? 201 : 202) ? judge(whole ? "PUT" : "PATCH", answer)
                                                            : takeLocation(answer))
      return error;
    if (whole) return *known_;
  }
  Descriptor sent = known_ ? *known_ : Descriptor{.digest = pass.digest(), .size = pass.size()};
  if (!known_) known_ = sent;  // from now on a lost answer can be asked after
  if (auto error = closeWith(sent.digest)) return error;
  return sent;
}

llvm::Error BlobUpload::sendStream(Pass& pass, HttpResponse& answer) {
  bool whole = form_ == Form::Whole && offset_ == 0;
  Call call{.method = whole ? "PUT" : "PATCH",
            .where = whole ? withDigest(known_->digest) : location_,
            .headers = {{"Content-Type", "application/octet-stream"}},
            .access = Access::Write};
  std::optional<uint64_t> left;
  if (known_) left = known_->size - offset_;
  if (known_ && offset_ > 0)
    call.headers.emplace_back("Content-Range", std::to_string(offset_) + "-" + std::to_string(known_->size - 1));
  auto upload = endpoint_.upload(call, left);
  if (!upload) return upload.takeError();
  pass.next = upload->get();
  llvm::Error failure = produce_(pass);
  if (failure && !pass.broken()) {
    final_ = true;
    return failure;
  }
  if (!failure && known_ && pass.size() != known_->size) {
    final_ = true;
    return fault(FaultKind::Corrupt, "blob " + known_->digest.str() + " has " + llvm::Twine(pass.size()) +
                                         " bytes, not " + llvm::Twine(known_->size));
  }
  auto finished = (*upload)->finish();
  if (!finished) {
    llvm::Error late = finished.takeError();
    if (!failure) return late;
    llvm::consumeError(std::move(late));
    return failure;
  }
  llvm::consumeError(std::move(failure));  // the answer says why it came early
  answer = std::move(*finished);
  return llvm::Error::success();
}

llvm::Error BlobUpload::sendPieces(Pass& pass) {
  /// Sends what has gathered as soon as it is a piece.
  struct Pieces : ByteSink {
    explicit Pieces(BlobUpload& upload) : upload(upload) {}
    llvm::Error write(llvm::StringRef bytes) override {
      while (!bytes.empty()) {
        llvm::StringRef part = bytes.take_front(upload.piece_ - gathered.size());
        gathered += part;
        bytes = bytes.drop_front(part.size());
        if (gathered.size() == upload.piece_)
          if (auto error = send()) return error;
      }
      return llvm::Error::success();
    }
    llvm::Error send() {
      if (gathered.empty()) return llvm::Error::success();
      uint64_t end = upload.offset_ + gathered.size();
      Call call{.method = "PATCH",
                .where = upload.location_,
                .headers = {{"Content-Type", "application/octet-stream"},
                            {"Content-Range", std::to_string(upload.offset_) + "-" + std::to_string(end - 1)}},
                .body = std::move(gathered),
                .access = Access::Write};
      gathered.clear();
      auto stream = upload.endpoint_.open(call);
      if (!stream) return stream.takeError();
      if ((*stream)->response().status != 202) return upload.judge("PATCH", (*stream)->response());
      upload.offset_ = end;
      return upload.takeLocation((*stream)->response());
    }
    BlobUpload& upload;
    std::string gathered;
  } pieces(*this);
  pass.next = &pieces;
  if (auto error = produce_(pass)) {
    if (!pass.broken()) final_ = true;
    return error;
  }
  return pieces.send();
}

llvm::Error BlobUpload::closeWith(const Digest& digest) {
  auto stream = endpoint_.open({.method = "PUT", .where = withDigest(digest), .body = "", .access = Access::Write});
  if (!stream) return stream.takeError();
  const HttpResponse& response = (*stream)->response();
  return response.status == 201 ? checkDigest(response, digest) : judge("PUT", response);
}

/// What an unexpected answer means for the session and for another attempt, which Unavailable asks for.
llvm::Error BlobUpload::judge(llvm::StringRef method, const HttpResponse& response) {
  llvm::Error error = registryFault(method, response);
  auto tryAgain = [&] { return fault(FaultKind::Unavailable, messageOf(std::move(error))); };
  if (response.status == 401 && ++refusals_ <= kMostUploadRefusals) {
    if (auto denied = endpoint_.refused(response)) {
      llvm::consumeError(std::move(error));
      return denied;
    }
    return tryAgain();
  }
  if (wantsPieces(response.status) && form_ != Form::Pieces) {
    form_ = Form::Pieces;
    location_.clear();
    return tryAgain();
  }
  if (mayPass(response.status)) {
    asked_ = retryAfter(response, nowNanoseconds() / 1'000'000'000);
    return error;
  }
  if (lostSession(response) && !location_.empty() && method != "POST") {
    location_.clear();
    return tryAgain();
  }
  final_ = true;
  return error;
}

llvm::Error BlobUpload::checkDigest(const HttpResponse& response, const Digest& digest) const {
  auto said = response.header("docker-content-digest");
  if (!said || !said->starts_with("sha256:") || *said == digest.str()) return llvm::Error::success();
  return fault(FaultKind::Corrupt,
               endpoint_.host().domain() + " was sent blob " + digest.str() + " and has " + printable(*said));
}

llvm::Error BlobUpload::takeLocation(const HttpResponse& response) {
  auto location = response.header("location");
  if (!location) return fault(FaultKind::Invalid, endpoint_.host().domain() + " does not say where the upload goes on");
  location_ = resolvedLocation(*location, response.url);
  return llvm::Error::success();
}

std::string BlobUpload::withDigest(const Digest& digest) const {
  return location_ + (llvm::StringRef(location_).contains('?') ? "&" : "?") + "digest=" + escapedForQuery(digest.str());
}

}  // namespace strata::registry
