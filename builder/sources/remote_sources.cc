#include "builder/sources/remote_sources.h"

namespace strata::builder {

llvm::Expected<HttpSource*> RemoteSources::http() {
  std::lock_guard lock(mutex_);
  if (!http_) {
    auto opened = HttpSource::open(place_, cancel_);
    if (!opened) return opened.takeError();
    http_ = std::move(*opened);
  }
  return http_.get();
}

llvm::Expected<Digest> RemoteSources::resolve(const RemoteReference& reference) {
  if (const auto* http = std::get_if<HttpReference>(&reference)) {
    auto source = this->http();
    if (!source) return source.takeError();
    auto file = (*source)->resolve(*http);
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
    auto source = this->http();
    if (!source) return source.takeError();
    auto file = (*source)->resolve(*http);
    if (!file) return file.takeError();
    auto directory = (*source)->fetch(*http, *file);
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
  if (const auto* http = std::get_if<HttpReference>(&reference)) {
    auto source = this->http();
    if (!source) return source.takeError();
    return (*source)->lastModified(*http);
  }
  const auto& git = std::get<GitReference>(reference);
  auto commit = git_.resolve(git);
  if (!commit) return commit.takeError();
  return git_.commitTime(git, *commit);
}

}  // namespace strata::builder
