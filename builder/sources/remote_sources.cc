#include "builder/sources/remote_sources.h"

#include "support/url.h"

namespace strata::builder {

llvm::Expected<std::optional<RemoteReference>> parseRemote(llvm::StringRef text, GitForm form) {
  auto git = parseGitReference(text, form);
  if (!git) return git.takeError();
  if (*git) return RemoteReference(std::move(**git));
  if (!text.starts_with_insensitive("http://") && !text.starts_with_insensitive("https://")) return std::nullopt;
  if (auto url = parseUrl(text); !url) return url.takeError();
  return RemoteReference(HttpReference{.url = text.str()});
}

std::string shownName(const RemoteReference& reference) {
  if (const auto* http = std::get_if<HttpReference>(&reference)) return redactUrl(http->url);
  const auto& git = std::get<GitReference>(reference);
  std::string shown = git.remote;
  if (!git.ref.empty() || !git.subdir.empty()) shown += "#" + git.ref;
  if (!git.subdir.empty()) shown += ":" + git.subdir;
  return shown;
}

llvm::Expected<std::unique_ptr<RemoteSources>> RemoteSources::open(SourcePlace place, const CancelToken& cancel) {
  std::unique_ptr<RemoteSources> sources(new RemoteSources(std::move(place), cancel));
  auto http = HttpSource::open(sources->place_, cancel);
  if (!http) return http.takeError();
  sources->http_ = std::move(*http);
  return sources;
}

llvm::Expected<Digest> RemoteSources::resolve(const RemoteReference& reference) {
  if (const auto* http = std::get_if<HttpReference>(&reference)) {
    auto file = http_->resolve(*http);
    if (!file) return file.takeError();
    return HttpSource::identityOf(*http, *file);
  }
  const auto& git = std::get<GitReference>(reference);
  auto commit = git_.resolve(git);
  if (!commit) return commit.takeError();
  return Hasher().field(GitSource::identityOf(git, *commit).raw()).field(git.subdir).finish();
}

llvm::Expected<FetchedFiles> RemoteSources::fetch(const RemoteReference& reference) {
  if (const auto* http = std::get_if<HttpReference>(&reference)) {
    auto file = http_->resolve(*http);
    if (!file) return file.takeError();
    auto directory = http_->fetch(*http, *file);
    if (!directory) return directory.takeError();
    return FetchedFiles{.directory = std::move(*directory), .isFile = true};
  }
  GitReference git = std::get<GitReference>(reference);
  if (!git.subdir.empty()) git.keepGitDir = false;  // ADD-26
  auto commit = git_.resolve(git);
  if (!commit) return commit.takeError();
  auto directory = git_.checkOut(git, *commit);
  if (!directory) return directory.takeError();
  return FetchedFiles{.directory = std::move(*directory), .subdir = git.subdir};
}

llvm::Expected<std::optional<int64_t>> RemoteSources::timeOf(const RemoteReference& reference) {
  if (const auto* http = std::get_if<HttpReference>(&reference)) return http_->lastModified(*http);
  const auto& git = std::get<GitReference>(reference);
  auto commit = git_.resolve(git);
  if (!commit) return commit.takeError();
  return git_.commitTime(git, *commit);
}

}  // namespace strata::builder
