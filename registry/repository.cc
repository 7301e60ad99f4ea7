#include "registry/repository.h"

#include "registry/challenge.h"
#include "support/fault.h"
#include "support/text.h"
#include "support/url.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Base64.h>

namespace strata::registry {

namespace {
constexpr llvm::StringLiteral kAccept =
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";
constexpr uint64_t kLargestDocument = 16 << 20;

/// Hosts of this very machine, to which nobody listens in.
bool isLocal(llvm::StringRef domain) {
  llvm::StringRef host = domain.starts_with("[") ? domain.split(']').first.drop_front() : domain.split(':').first;
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

/// The name under which a registry answers; docker.io is a name for people.
llvm::StringRef hostOf(llvm::StringRef domain) { return domain == "docker.io" ? "registry-1.docker.io" : domain; }

std::string escaped(llvm::StringRef text) {
  std::string result;
  for (unsigned char c : text) {
    if (llvm::isAlnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
      result += char(c);
    else
      result += "%" + llvm::utohexstr(c, /*LowerCase=*/false, /*Width=*/2);
  }
  return result;
}

/// Takes a document of bounded size.
class BoundedSink : public ByteSink {
public:
  llvm::Error write(llvm::StringRef bytes) override {
    if (text.size() + bytes.size() > kLargestDocument)
      return fault(FaultKind::Invalid, "the registry's answer is larger than 16 MiB");
    text += bytes;
    return llvm::Error::success();
  }
  std::string text;
};
}  // namespace

Repository::Repository(const Reference& reference, HttpClient& http, const CancelToken& cancel, Options options)
    : reference_(reference), http_(http), cancel_(cancel) {
  plainAllowed_ = options.insecure || isLocal(reference.domain);
}

/// Paths are relative to "<scheme>://<host>/v2/<repository>/"; whole URLs (where an upload goes on) stay as they are.
llvm::Expected<HttpResponse> Repository::sendOver(llvm::StringRef scheme, HttpRequest& request, ByteSink* body) {
  HttpRequest whole = request;
  llvm::StringRef host = hostOf(reference_.domain);
  bool elsewhere = false;  // an upload may go on at another host, which must not get our login
  if (llvm::StringRef(request.url).contains("://")) {
    auto url = parseUrl(request.url);
    if (!url) return url.takeError();
    elsewhere = url->authority() != host.lower();
  } else {
    whole.url = (scheme + "://" + host + "/v2/" + reference_.path + "/" + request.url).str();
  }
  std::string authorization;
  {
    std::lock_guard lock(mutex_);
    authorization = authorization_;
  }
  if (!authorization.empty() && !elsewhere) whole.headers.emplace_back("Authorization", authorization);
  return http_.send(whole, body, cancel_);
}

llvm::Expected<HttpResponse> Repository::send(HttpRequest request, ByteSink* body) {
  std::string scheme;
  {
    std::lock_guard lock(mutex_);
    scheme = scheme_;
  }
  auto answer = sendOver(scheme.empty() ? "https" : scheme, request, body);
  if (!answer && scheme.empty() && plainAllowed_) {  // perhaps it speaks no TLS
    auto error = answer.takeError();
    if (kindOf(error) != FaultKind::Unavailable && kindOf(error) != FaultKind::Denied) return error;
    auto plain = sendOver("http", request, body);
    if (!plain) return llvm::joinErrors(std::move(error), plain.takeError());
    llvm::consumeError(std::move(error));
    scheme = "http";
    answer = std::move(plain);
  }
  if (!answer) return answer;
  {
    std::lock_guard lock(mutex_);
    if (scheme_.empty()) scheme_ = scheme.empty() ? "https" : scheme;
    scheme = scheme_;
  }
  if (answer->status != 401) return answer;
  if (auto error = authenticate(*answer)) return error;
  return sendOver(scheme, request, body);
}

llvm::Error Repository::authenticate(const HttpResponse& refusal) {
  std::vector<Challenge> challenges = parseChallenges(refusal.header("www-authenticate").value_or(""));
  for (const Challenge& challenge : challenges) {
    if (challenge.scheme == "bearer") {
      auto token = tokenFrom(challenge.parameters);
      if (!token) return token.takeError();
      std::lock_guard lock(mutex_);
      authorization_ = "Bearer " + *token;
      return llvm::Error::success();
    }
    if (challenge.scheme == "basic") {
      auto credential = findCredential(reference_.domain);
      if (!credential) return credential.takeError();
      if (!*credential)
        return fault(FaultKind::Denied,
                     reference_.domain + " asks who we are; log in first (docker login " + reference_.domain + ")");
      std::lock_guard lock(mutex_);
      authorization_ = "Basic " + llvm::encodeBase64((*credential)->user + ":" + (*credential)->password);
      return llvm::Error::success();
    }
  }
  return fault(FaultKind::Denied, reference_.domain + " asks for a login of a kind that strata does not know: " +
                                      printable(refusal.header("www-authenticate").value_or("(none named)")));
}

llvm::Expected<std::string> Repository::tokenFrom(const std::map<std::string, std::string>& parameters) {
  auto get = [&](const char* name) {
    auto found = parameters.find(name);
    return found == parameters.end() ? std::string() : found->second;
  };
  auto realm = parseUrl(get("realm"));
  if (!realm) return withContext(realm.takeError(), reference_.domain + " names no place to get a token");
  if (realm->scheme != "https" && !(realm->scheme == "http" && plainAllowed_))
    return fault(FaultKind::Denied, reference_.domain + " wants our password sent in the clear to " + realm->bare());
  auto credential = findCredential(reference_.domain);
  if (!credential) return credential.takeError();

  std::string scope = "repository:" + reference_.path + ":pull,push";
  HttpRequest request{.url = realm->bare()};
  if (*credential && !(*credential)->identityToken.empty()) {
    request.method = "POST";
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = "grant_type=refresh_token&client_id=strata&service=" + escaped(get("service")) +
                   "&scope=" + escaped(scope) + "&refresh_token=" + escaped((*credential)->identityToken);
  } else {
    request.url += "?service=" + escaped(get("service")) + "&scope=" + escaped(scope);
    if (*credential)
      request.headers.emplace_back("Authorization",
                                   "Basic " + llvm::encodeBase64((*credential)->user + ":" + (*credential)->password));
  }
  BoundedSink body;
  auto answer = http_.send(request, &body, cancel_);
  if (!answer) return answer.takeError();
  if (!answer->succeeded())
    return withContext(statusFault(request.method, realm->bare(), *answer), "log in to " + reference_.domain);
  auto document = parseJson(body.text);
  const llvm::json::Object* object = document ? document->getAsObject() : nullptr;
  if (!document) return withContext(document.takeError(), "token of " + reference_.domain);
  for (const char* name : {"token", "access_token"})
    if (auto token = object ? object->getString(name) : std::nullopt; token && !token->empty()) return token->str();
  return fault(FaultKind::Invalid, realm->bare() + " answered without a token");
}

llvm::Expected<Repository::RawManifest> Repository::manifest(llvm::StringRef tagOrDigest) {
  BoundedSink body;
  HttpRequest request{.url = ("manifests/" + tagOrDigest).str(), .headers = {{"Accept", kAccept.str()}}};
  auto answer = send(request, &body);
  if (!answer) return answer.takeError();
  if (!answer->succeeded()) return statusFault("GET", answer->url, *answer);
  RawManifest manifest{.text = std::move(body.text)};
  manifest.descriptor.digest = digestOf(manifest.text);
  manifest.descriptor.size = manifest.text.size();
  manifest.descriptor.mediaType = answer->header("content-type").value_or("").split(';').first.trim().str();
  if (tagOrDigest.starts_with("sha256:") && manifest.descriptor.digest.str() != tagOrDigest)
    return fault(FaultKind::Corrupt, "expected manifest " + tagOrDigest + ", got " + manifest.descriptor.digest.str());
  return manifest;
}

llvm::Expected<bool> Repository::hasBlob(const Digest& digest) {
  HttpRequest request{.method = "HEAD", .url = "blobs/" + digest.str()};
  auto answer = send(request, nullptr);
  if (!answer) return answer.takeError();
  if (answer->status == 404) return false;
  if (!answer->succeeded()) return statusFault("HEAD", answer->url, *answer);
  return true;
}

llvm::Error Repository::fetchBlob(const layerfs::Descriptor& blob, ByteSink& sink) {
  HashingSink hashing(&sink);
  auto answer = send({.url = "blobs/" + blob.digest.str()}, &hashing);
  if (!answer) return answer.takeError();
  if (!answer->succeeded()) return statusFault("GET", answer->url, *answer);
  uint64_t size = hashing.size();
  Digest digest = hashing.finish();
  if (size != blob.size || digest != blob.digest)
    return fault(FaultKind::Corrupt, "expected blob " + blob.digest.str() + " of " + llvm::Twine(blob.size) +
                                         " bytes, got " + digest.str() + " of " + llvm::Twine(size));
  return llvm::Error::success();
}

/// Where an upload goes on: an absolute URL, or a path on the host that said it.
std::string Repository::absolute(llvm::StringRef location, const HttpResponse& from) const {
  if (location.contains("://")) return location.str();
  llvm::StringRef origin = from.url;
  size_t path = origin.find('/', origin.find("://") + 3);
  return (origin.take_front(path) + (location.starts_with("/") ? "" : "/") + location).str();
}

llvm::Expected<std::string> Repository::startUpload(llvm::StringRef query) {
  HttpRequest request{.method = "POST", .url = ("blobs/uploads/" + query).str(), .body = ""};
  auto answer = send(request, nullptr);
  if (!answer) return answer.takeError();
  if (answer->status == 201) return std::string();  // mounted
  auto location = answer->header("location");
  if (answer->status != 202 || !location) return statusFault("POST", answer->url, *answer);
  return absolute(*location, *answer);
}

llvm::Expected<bool> Repository::mountBlob(const Digest& digest, llvm::StringRef fromPath) {
  auto location = startUpload("?mount=" + escaped(digest.str()) + "&from=" + escaped(fromPath));
  if (!location) return location.takeError();
  if (location->empty()) return true;
  // The registry opened an upload instead; nobody goes on with it.
  if (auto dropped = send({.method = "DELETE", .url = *location}, nullptr); !dropped)
    llvm::consumeError(dropped.takeError());
  return false;
}

llvm::Error Repository::pushBlob(const layerfs::Descriptor& blob, ByteSource& content) {
  auto there = hasBlob(blob.digest);
  if (!there) return there.takeError();
  if (*there) return llvm::Error::success();
  auto location = startUpload("");
  if (!location) return location.takeError();
  HttpRequest request{.method = "PUT", .upload = &content, .uploadSize = blob.size, .followRedirects = false};
  request.url =
      *location + (llvm::StringRef(*location).contains('?') ? "&" : "?") + "digest=" + escaped(blob.digest.str());
  request.headers.emplace_back("Content-Type", "application/octet-stream");
  auto answer = send(std::move(request), nullptr);
  if (!answer) return answer.takeError();
  return answer->status == 201 ? llvm::Error::success() : statusFault("PUT", answer->url, *answer);
}

llvm::Error Repository::pushManifest(llvm::StringRef text, llvm::StringRef mediaType, llvm::StringRef tagOrDigest) {
  HttpRequest request{.method = "PUT", .url = ("manifests/" + tagOrDigest).str(), .body = text.str()};
  request.headers.emplace_back("Content-Type", mediaType.str());
  auto answer = send(std::move(request), nullptr);
  if (!answer) return answer.takeError();
  return answer->succeeded() ? llvm::Error::success() : statusFault("PUT", answer->url, *answer);
}

}  // namespace strata::registry
