// What a repository says of itself: its tags, and what refers to a manifest of it. Answers come in pages.

#include "registry/repository.h"
#include "registry/transport/url_text.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::registry {

namespace {
constexpr int kMostPages = 10'000;

/// `</v2/app/tags/list?last=x>; rel="next"` -> the URL; nothing on the last page. Source: RFC 8288.
std::optional<std::string> nextPage(const HttpResponse& response) {
  llvm::StringRef link = response.header("link").value_or("");
  auto [target, parameters] = link.split('>');
  if (!target.consume_front("<") || !parameters.contains("next")) return std::nullopt;
  return resolvedLocation(target, response.url);
}

/// Hands each page's JSON object to `take`.
llvm::Error eachPage(Endpoint& endpoint, Call call,
                     llvm::function_ref<llvm::Error(const llvm::json::Object&, const HttpResponse&)> take) {
  for (int pages = 0; pages < kMostPages; ++pages) {
    auto answer = endpoint.send(call);
    if (!answer) return answer.takeError();
    if (!answer->http.succeeded()) return registryFault("GET", answer->http);
    auto document = parseJson(answer->text);
    if (!document) return withContext(document.takeError(), answer->http.url);
    const llvm::json::Object* object = document->getAsObject();
    if (!object) return fault(FaultKind::Invalid, answer->http.url + ": not a JSON object");
    if (auto error = take(*object, answer->http)) return error;
    auto next = nextPage(answer->http);
    if (!next || *next == call.where) return llvm::Error::success();
    call.where = *next;
  }
  return fault(FaultKind::Invalid, endpoint.host().domain() + " lists without end");
}

using Descriptors = std::vector<layerfs::Descriptor>;

llvm::Error addDescriptors(const llvm::json::Object& index, Descriptors& all) {
  const llvm::json::Array* manifests = index.getArray("manifests");
  if (!manifests) return llvm::Error::success();
  for (const llvm::json::Value& value : *manifests) {
    auto descriptor = layerfs::parseDescriptor(value);
    if (!descriptor) return descriptor.takeError();
    if (const llvm::json::Object* object = value.getAsObject())
      if (auto type = object->getString("artifactType")) descriptor->artifactType = type->str();
    all.push_back(std::move(*descriptor));
  }
  return llvm::Error::success();
}

/// Registries without the referrers API: an index under the tag "sha256-<hex>". Source: distribution-spec,
/// "Unavailable Referrers API".
llvm::Expected<Descriptors> referrersByTag(Endpoint& endpoint, const Digest& subject) {
  Descriptors all;
  Call call{.where = "manifests/sha256-" + subject.hex(), .headers = {{"Accept", layerfs::media::kOciIndex.str()}}};
  llvm::Error error = eachPage(
      endpoint, call, [&](const llvm::json::Object& index, const HttpResponse&) { return addDescriptors(index, all); });
  if (error && !takeIf(error, FaultKind::NotFound)) return error;
  return all;
}

llvm::Expected<Descriptors> referrersFrom(Endpoint& endpoint, const Digest& subject, llvm::StringRef type) {
  Descriptors all;
  Call call{.where = "referrers/" + subject.str(), .headers = {{"Accept", layerfs::media::kOciIndex.str()}}};
  if (!type.empty()) call.where += "?artifactType=" + escapedForQuery(type);
  llvm::Error error = eachPage(
      endpoint, call, [&](const llvm::json::Object& index, const HttpResponse&) { return addDescriptors(index, all); });
  if (takeIf(error, FaultKind::NotFound)) return referrersByTag(endpoint, subject);
  if (error) return error;
  return all;
}
}  // namespace

llvm::Expected<std::vector<std::string>> Repository::tags() {
  Endpoint& endpoint = *home_;
  std::vector<std::string> tags;
  auto add = [&](const llvm::json::Object& page, const HttpResponse&) -> llvm::Error {
    if (const llvm::json::Array* names = page.getArray("tags"))
      for (const llvm::json::Value& name : *names)
        if (auto text = name.getAsString()) tags.push_back(text->str());
    return llvm::Error::success();
  };
  if (auto error = eachPage(endpoint, {.where = "tags/list"}, add)) return error;
  return tags;
}

llvm::Expected<Descriptors> Repository::referrers(const Digest& subject, llvm::StringRef artifactType) {
  Descriptors all;
  llvm::Error error = fromAny(subject.str(), [&](Endpoint& endpoint) -> llvm::Error {
    auto found = referrersFrom(endpoint, subject, artifactType);
    if (found) all = std::move(*found);
    return found.takeError();
  });
  if (error) return error;
  if (artifactType.empty()) return all;
  llvm::erase_if(all, [&](const layerfs::Descriptor& one) { return one.artifactType != artifactType; });
  return all;
}

}  // namespace strata::registry
