#include "registry/repository.h"

#include "registry/blob_reader.h"
#include "registry/transport/url_text.h"
#include "support/fault.h"
#include "support/text.h"

#include <algorithm>

namespace strata::registry {

namespace {
constexpr llvm::StringLiteral kAccept =
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

bool isDigest(llvm::StringRef tagOrDigest) { return tagOrDigest.starts_with("sha256:"); }

std::string mediaTypeOf(const HttpResponse& response) {
  return response.header("content-type").value_or("").split(';').first.trim().str();
}

llvm::Expected<Repository::RawManifest> manifestFrom(Endpoint& endpoint, llvm::StringRef tagOrDigest) {
  auto answer = endpoint.send({.where = ("manifests/" + tagOrDigest).str(), .headers = {{"Accept", kAccept.str()}}});
  if (!answer) return answer.takeError();
  if (!answer->http.succeeded()) return registryFault("GET", answer->http);
  Repository::RawManifest manifest{.text = std::move(answer->text)};
  manifest.descriptor.digest = digestOf(manifest.text);
  manifest.descriptor.size = manifest.text.size();
  manifest.descriptor.mediaType = mediaTypeOf(answer->http);
  if (isDigest(tagOrDigest) && manifest.descriptor.digest.str() != tagOrDigest)
    return fault(FaultKind::Corrupt, endpoint.host().domain() + ": expected manifest " + tagOrDigest + ", got " +
                                         manifest.descriptor.digest.str());
  return manifest;
}

/// Registries that leave out the digest or the length of a HEAD are asked for the whole.
llvm::Expected<layerfs::Descriptor> descriptorFrom(Endpoint& endpoint, llvm::StringRef tagOrDigest) {
  auto answer = endpoint.send(
      {.method = "HEAD", .where = ("manifests/" + tagOrDigest).str(), .headers = {{"Accept", kAccept.str()}}});
  if (!answer) return answer.takeError();
  if (!answer->http.succeeded()) return registryFault("HEAD", answer->http);
  layerfs::Descriptor descriptor{.mediaType = mediaTypeOf(answer->http)};
  auto digest = Digest::parse(answer->http.header("docker-content-digest").value_or(""));
  bool sized = !answer->http.header("content-length").value_or("").getAsInteger(10, descriptor.size);
  if (digest && sized && (!isDigest(tagOrDigest) || digest->str() == tagOrDigest)) {
    descriptor.digest = *digest;
    return descriptor;
  }
  if (!digest) llvm::consumeError(digest.takeError());
  auto whole = manifestFrom(endpoint, tagOrDigest);
  if (!whole) return whole.takeError();
  return whole->descriptor;
}
}  // namespace

Repository::Repository(Reference reference, std::vector<PullSource> sources, std::unique_ptr<Endpoint> home)
    : reference_(std::move(reference)), sources_(std::move(sources)), home_(std::move(home)) {}

/// The one that answered last comes first. A repository with no source for this kind of question is asked at home.
std::vector<Endpoint*> Repository::endpointsFor(llvm::StringRef tagOrDigest) {
  std::vector<Endpoint*> endpoints;
  size_t preferred = preferred_;
  for (size_t i = 0; i < sources_.size(); ++i) {
    if (!(isDigest(tagOrDigest) ? sources_[i].digests : sources_[i].tags)) continue;
    auto at = i == preferred ? endpoints.begin() : endpoints.end();
    endpoints.insert(at, sources_[i].endpoint.get());
  }
  if (endpoints.empty()) endpoints.push_back(home_.get());
  return endpoints;
}

llvm::Error Repository::fromAny(llvm::StringRef tagOrDigest, llvm::function_ref<llvm::Error(Endpoint&)> ask) {
  std::string mirrors;
  std::vector<Endpoint*> endpoints = endpointsFor(tagOrDigest);
  for (Endpoint* endpoint : endpoints) {
    llvm::Error error = ask(*endpoint);
    if (!error) {
      for (size_t i = 0; i < sources_.size(); ++i)
        if (sources_[i].endpoint.get() == endpoint) preferred_ = i;
      return error;
    }
    FaultKind kind = kindOf(error);
    bool last = endpoint == endpoints.back() || kind == FaultKind::Cancelled;
    if (last && mirrors.empty()) return error;
    std::string message = messageOf(std::move(error));
    if (last) return fault(kind, message + "; before that (" + mirrors + ")");
    mirrors += (mirrors.empty() ? "" : ", ") + endpoint->host().domain() + ": " + message;
  }
  return llvm::Error::success();
}

llvm::Expected<Repository::RawManifest> Repository::manifest(llvm::StringRef tagOrDigest) {
  RawManifest found;
  llvm::Error error = fromAny(tagOrDigest, [&](Endpoint& endpoint) -> llvm::Error {
    auto manifest = manifestFrom(endpoint, tagOrDigest);
    if (manifest) found = std::move(*manifest);
    return manifest.takeError();
  });
  if (error) return error;
  return found;
}

llvm::Expected<std::optional<layerfs::Descriptor>> Repository::resolve(llvm::StringRef tagOrDigest) {
  layerfs::Descriptor found;
  llvm::Error error = fromAny(tagOrDigest, [&](Endpoint& endpoint) -> llvm::Error {
    auto descriptor = descriptorFrom(endpoint, tagOrDigest);
    if (descriptor) found = std::move(*descriptor);
    return descriptor.takeError();
  });
  if (takeIf(error, FaultKind::NotFound)) return std::nullopt;
  if (error) return error;
  return found;
}

llvm::Expected<std::unique_ptr<ByteSource>> Repository::openBlob(const layerfs::Descriptor& blob) {
  return makeBlobReader(endpointsFor(blob.digest.str()), blob);
}

llvm::Expected<std::unique_ptr<ByteSource>> Repository::openBlobEnd(const layerfs::Descriptor& blob, uint64_t begin,
                                                                    const Digest& digest) {
  return makeBlobEndReader(endpointsFor(blob.digest.str()), blob, begin, digest);
}

llvm::Error Repository::fetchBlob(const layerfs::Descriptor& blob, ByteSink& sink) {
  auto reader = openBlob(blob);
  if (!reader) return reader.takeError();
  return copyAll(**reader, sink).takeError();
}

llvm::Expected<bool> Repository::hasBlob(const Digest& digest) {
  auto answer = home_->send({.method = "HEAD", .where = "blobs/" + digest.str(), .access = Access::Write});
  if (!answer) return answer.takeError();
  if (answer->http.status == 404) return false;
  if (!answer->http.succeeded()) return registryFault("HEAD", answer->http);
  return true;
}

llvm::Expected<bool> Repository::hasManifest(const Digest& digest, llvm::StringRef tagOrDigest) {
  {
    std::lock_guard lock(askedMutex_);
    if (auto asked = asked_.find(tagOrDigest); asked != asked_.end()) return asked->second == digest;
  }
  Digest found;
  if (auto there = descriptorFrom(*home_, tagOrDigest)) {
    found = there->digest;
  } else {
    auto error = there.takeError();
    FaultKind kind = kindOf(error);
    if (kind == FaultKind::Unavailable || kind == FaultKind::Cancelled) return error;
    llvm::consumeError(std::move(error));
  }
  std::lock_guard lock(askedMutex_);
  asked_[tagOrDigest.str()] = found;
  return found == digest;
}

llvm::Error Repository::pushBlob(const layerfs::Descriptor& blob, Open open, llvm::StringRef mountFrom) {
  auto there = hasBlob(blob.digest);
  if (!there) return there.takeError();
  if (*there) return llvm::Error::success();
  std::string session;
  if (!mountFrom.empty()) {
    auto begun = mountOrBegin(blob.digest, mountFrom);
    if (!begun) return begun.takeError();
    if (begun->empty()) return llvm::Error::success();
    session = std::move(*begun);
  }
  return sendBlob(blob, open, std::move(session));
}

/// `session`: an upload that is open already.
llvm::Error Repository::sendBlob(const layerfs::Descriptor& blob, Open open, std::string session) {
  auto produce = [&](ByteSink& sink) -> llvm::Error {
    auto source = open();
    if (!source) return source.takeError();
    return copyAll(**source, sink).takeError();
  };
  auto sent = BlobUpload(*home_, blob, produce, std::move(session)).run();
  return withContext(sent.takeError(), "blob " + blob.digest.str());
}

llvm::Error Repository::pushBlob(const layerfs::Descriptor& blob, llvm::StringRef content) {
  return pushBlob(
      blob, [&]() -> llvm::Expected<std::unique_ptr<ByteSource>> { return std::make_unique<StringSource>(content); });
}

llvm::Expected<layerfs::Descriptor> Repository::pushStream(Produce produce) {
  return BlobUpload(*home_, std::nullopt, produce).run();
}

/// Where the upload goes on that the registry opened instead; "": the blob is mounted.
llvm::Expected<std::string> Repository::mountOrBegin(const Digest& digest, llvm::StringRef fromPath) {
  std::string query = "?mount=" + escapedForQuery(digest.str()) + "&from=" + escapedForQuery(fromPath);
  auto answer = home_->send({.method = "POST",
                             .where = "blobs/uploads/" + query,
                             .body = "",
                             .access = Access::Write,
                             .alsoRead = fromPath.str()});
  if (!answer) return answer.takeError();
  if (answer->http.status == 201) return std::string();
  auto location = answer->http.header("location");
  if (answer->http.status != 202 || !location) return registryFault("POST", answer->http);
  return resolvedLocation(*location, answer->http.url);
}

llvm::Expected<bool> Repository::mountBlob(const Digest& digest, llvm::StringRef fromPath) {
  auto session = mountOrBegin(digest, fromPath);
  if (!session) return session.takeError();
  if (session->empty()) return true;
  // Nobody goes on with the upload.
  auto dropped = home_->open({.method = "DELETE", .where = *session, .access = Access::Delete});
  llvm::consumeError(dropped.takeError());
  return false;
}

llvm::Error Repository::pushManifest(llvm::StringRef text, llvm::StringRef mediaType, llvm::StringRef tagOrDigest,
                                     std::optional<Digest> ifMatch) {
  Call call{.method = "PUT",
            .where = ("manifests/" + tagOrDigest).str(),
            .headers = {{"Content-Type", mediaType.str()}},
            .body = text.str(),
            .access = Access::Write};
  if (ifMatch) call.headers.emplace_back("If-Match", "\"" + ifMatch->str() + "\"");
  {
    std::lock_guard lock(askedMutex_);
    asked_.erase(tagOrDigest.str());
  }
  auto answer = home_->send(call);
  if (!answer) return answer.takeError();
  if (answer->http.status == 412) return fault(FaultKind::Exists, messageOf(registryFault("PUT", answer->http)));
  if (!answer->http.succeeded()) return registryFault("PUT", answer->http);
  auto said = answer->http.header("docker-content-digest");
  if (said && said->starts_with("sha256:") && *said != digestOf(text).str())
    return fault(FaultKind::Corrupt,
                 domain() + " was sent manifest " + digestOf(text).str() + " and has " + printable(*said));
  return llvm::Error::success();
}

llvm::Error Repository::deleteManifest(const Digest& digest) {
  auto answer = home_->send({.method = "DELETE", .where = "manifests/" + digest.str(), .access = Access::Delete});
  if (!answer) return answer.takeError();
  if (answer->http.status == 405)
    return fault(FaultKind::Unsupported,
                 domain() + " deletes nothing: " + messageOf(registryFault("DELETE", answer->http)));
  return answer->http.succeeded() ? llvm::Error::success() : registryFault("DELETE", answer->http);
}

}  // namespace strata::registry
