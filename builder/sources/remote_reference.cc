#include "builder/sources/remote_reference.h"

#include "support/fault.h"
#include "support/text.h"
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

llvm::Expected<Digest> parseChecksum(llvm::StringRef text) {
  auto wrong = [&](FaultKind kind, const llvm::Twine& why) {
    return fault(kind, "invalid checksum \"" + printable(text) + "\": " + why);
  };
  auto [algorithm, hex] = text.split(':');
  if (!text.contains(':')) return wrong(FaultKind::Invalid, "it names no algorithm; write sha256:<64 hex digits>");
  if (algorithm == "sha384" || algorithm == "sha512")
    return wrong(FaultKind::Unsupported, "unsupported digest algorithm " + algorithm + "; only sha256 is");
  if (algorithm != "sha256") return wrong(FaultKind::Invalid, "unknown digest algorithm " + printable(algorithm));
  auto digest = Digest::parseHex(hex);
  if (digest) return digest;
  llvm::consumeError(digest.takeError());
  return wrong(FaultKind::Invalid, "sha256 has 64 lower-case hex digits");
}

std::string fileNameOf(llvm::StringRef url) {
  constexpr llvm::StringLiteral kUnnamed = "__unnamed__";
  auto parsed = parseUrl(url);
  if (!parsed) {
    llvm::consumeError(parsed.takeError());
    return kUnnamed.str();
  }
  std::string path = percentDecoded(parsed->path);
  llvm::StringRef name = llvm::StringRef(path).rtrim('/').rsplit('/').second;
  return name.empty() || name == "." || name == ".." ? kUnnamed.str() : name.str();
}

}  // namespace strata::builder
