#include "builder/sources/git_reference.h"

#include "support/clean_path.h"
#include "support/fault.h"
#include "support/text.h"
#include "support/url.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringSwitch.h>

#include <map>

namespace strata::builder {

namespace {
using Transport = GitReference::Transport;

llvm::Error invalidReference(const llvm::Twine& message) { return fault(FaultKind::Invalid, message); }

llvm::Error conflict(llvm::StringRef what, llvm::StringRef a, llvm::StringRef b) {
  return invalidReference(what + " conflicts: \"" + printable(a) + "\" and \"" + printable(b) + "\"");
}

/// Sets a value that may be said in several ways, as long as all agree.
llvm::Error agree(llvm::StringRef what, std::string& value, llvm::StringRef said) {
  if (!value.empty() && value != said) return conflict(what, value, said);
  value = said.str();
  return llvm::Error::success();
}

/// What git takes as a name, and nothing that could be an option, a range, a pattern or a refspec.
bool isRef(llvm::StringRef ref) {
  if (ref.empty() || ref.starts_with("-") || ref.starts_with("/") || ref.contains("..") || ref.contains("@{"))
    return false;
  return llvm::none_of(
      ref, [](char c) { return uint8_t(c) <= 0x20 || c == 0x7f || llvm::StringRef("~^:?*[\\").contains(c); });
}

llvm::Expected<bool> parseBoolean(llvm::StringRef key, llvm::StringRef value) {
  if (value.empty()) return true;
  if (auto known = booleanOf(value)) return *known;
  return invalidReference("invalid boolean value \"" + printable(value) + "\" for query \"" + key + "\"");
}

/// "#ref:subdir".
llvm::Error readFragment(GitReference& reference, llvm::StringRef fragment) {
  auto [ref, subdir] = fragment.split(':');
  reference.ref = ref.str();
  reference.subdir = cleanPath(subdir);
  return llvm::Error::success();
}

class QueryReader {
public:
  explicit QueryReader(GitReference& reference) : reference_(reference) {}

  llvm::Error read(llvm::StringRef query) {
    for (const auto& [key, value] : queryPairs(query)) {
      if (!seen_.try_emplace(key, value).second)
        return invalidReference("query \"" + printable(key) + "\" has multiple values");
      if (auto error = take(key, value)) return error;
    }
    return joinNames();
  }

private:
  llvm::Error take(llvm::StringRef key, llvm::StringRef value) {
    if (key == "keep-git-dir") return takeBoolean(key, value, reference_.keepGitDir);
    if (key == "submodules") return takeBoolean(key, value, reference_.submodules);
    if (key == "fetch-by-commit") {
      std::optional<bool> wanted;
      auto error = takeBoolean(key, value, wanted);
      reference_.fetchByCommit = wanted.value_or(false);
      return error;
    }
    if (!llvm::is_contained({"ref", "tag", "branch", "subdir", "commit", "checksum", "mtime"}, key))
      return invalidReference("unexpected query \"" + printable(key) + "\"");
    if (value.empty()) return invalidReference("query \"" + key + "\" has no value");
    if (key == "ref") return agree("ref", reference_.ref, value);
    if (key == "subdir") return agree("subdir", reference_.subdir, cleanPath(value));
    if (key == "commit" || key == "checksum") return agree("checksum", reference_.checksum, value.lower());
    if (key == "mtime") return takeTime(value);
    return llvm::Error::success();  // tag and branch: see joinNames()
  }

  llvm::Error takeBoolean(llvm::StringRef key, llvm::StringRef value, std::optional<bool>& out) {
    auto wanted = parseBoolean(key, value);
    if (!wanted) return wanted.takeError();
    out = *wanted;
    return llvm::Error::success();
  }

  llvm::Error takeTime(llvm::StringRef value) {
    if (value != "checkout" && value != "commit")
      return invalidReference("invalid mtime \"" + printable(value) + "\"; use checkout or commit");
    reference_.commitTime = value == "commit";
    return llvm::Error::success();
  }

  /// A tag and a branch are refs of their own kind.
  llvm::Error joinNames() {
    auto full = [&](llvm::StringRef key, llvm::StringRef prefix) -> std::string {
      auto found = seen_.find(key.str());
      if (found == seen_.end()) return "";
      return llvm::StringRef(found->second).starts_with(prefix) ? found->second : prefix.str() + found->second;
    };
    std::string tag = full("tag", "refs/tags/"), branch = full("branch", "refs/heads/");
    if (!tag.empty() && !branch.empty()) return invalidReference("branch conflicts with tag: give one of them");
    for (const std::string& name : {tag, branch})
      if (!name.empty())
        if (auto error = agree("ref", reference_.ref, name)) return error;
    return llvm::Error::success();
  }

  GitReference& reference_;
  std::map<std::string, std::string> seen_;
};

llvm::Error check(const GitReference& reference) {
  if (!reference.ref.empty() && !isRef(reference.ref))
    return invalidReference("invalid git ref \"" + printable(reference.ref) + "\"");
  if (!llvm::all_of(reference.checksum, llvm::isHexDigit) || reference.checksum.size() > 64)
    return invalidReference("invalid checksum \"" + printable(reference.checksum) +
                            "\" for a git source: expected the hex digits of a commit");
  if (reference.fetchByCommit && !isFullCommit(reference.checksum) && !isFullCommit(reference.ref))
    return invalidReference("fetch-by-commit needs a full commit id: give ?commit= with 40 or 64 hex digits");
  return llvm::Error::success();
}

llvm::Expected<std::optional<GitReference>> finish(GitReference reference, llvm::StringRef query,
                                                   llvm::StringRef fragment) {
  if (auto error = readFragment(reference, fragment)) return error;
  if (auto error = QueryReader(reference).read(query)) return error;
  if (auto error = check(reference)) return error;
  return reference;
}

/// "user@host:path": no scheme, and a colon before any slash.
llvm::Expected<std::optional<GitReference>> parseScp(llvm::StringRef text) {
  auto [beforeFragment, fragment] = text.split('#');
  auto [place, query] = beforeFragment.split('?');
  auto [user, rest] = place.split('@');
  auto [host, path] = rest.split(':');
  auto isName = [](llvm::StringRef name) {
    return !name.empty() && name.front() != '-' &&
           llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '-' || c == '_' || c == '.'; });
  };
  if (!isName(user) || !isName(host) || path.empty()) return std::nullopt;
  if (path.starts_with("-") || llvm::any_of(path, [](char c) { return uint8_t(c) < 0x20 || c == 0x7f; }))
    return invalidReference("invalid git repository \"" + printable(place) + "\"");
  GitReference reference{.transport = Transport::Ssh, .remote = place.str(), .host = host.str()};
  return finish(std::move(reference), query, fragment);
}

llvm::Expected<std::optional<GitReference>> parseUrlForm(llvm::StringRef text, Transport transport) {
  auto url = parseUrl(text);
  if (!url) return url.takeError();
  bool web = transport == Transport::Http || transport == Transport::Https;
  if (web && !llvm::StringRef(url->path).ends_with(".git")) return std::nullopt;
  if (url->path.size() < 2)
    return invalidReference("git repository \"" + printable(redactUrl(text)) + "\" has no path");
  GitReference reference{.transport = transport, .remote = url->bare(), .host = url->authority()};
  if (web) {
    reference.userInfo = url->userInfo;
  } else if (!url->userInfo.empty() && transport == Transport::Ssh) {
    llvm::StringRef user = llvm::StringRef(url->userInfo).split(':').first;
    if (user.starts_with("-")) return invalidReference("invalid user in \"" + printable(redactUrl(text)) + "\"");
    reference.remote = "ssh://" + user.str() + "@" + url->authority() + url->path;
  }
  return finish(std::move(reference), url->query, percentDecoded(url->fragment));
}
}  // namespace

bool isFullCommit(llvm::StringRef text) {
  return (text.size() == 40 || text.size() == 64) &&
         llvm::all_of(text, [](char c) { return llvm::isDigit(c) || (c >= 'a' && c <= 'f'); });
}

llvm::Expected<std::optional<GitReference>> parseGitReference(llvm::StringRef text, GitForm form) {
  if (form == GitForm::Context && text.starts_with("github.com/")) {
    // Of a host that is known to have nothing else ".git" may be left out.
    auto [beforeFragment, fragment] = text.split('#');
    auto [place, query] = beforeFragment.split('?');
    auto url = parseUrl("https://" + place.str());
    if (!url) return url.takeError();
    GitReference reference{.remote = url->bare(), .host = url->host};
    return finish(std::move(reference), query, fragment);
  }
  if (!text.contains(':')) return std::nullopt;  // most sources of an ADD or a COPY
  auto transport = llvm::StringSwitch<std::optional<Transport>>(text.take_front(text.find("://")).lower())
                       .Case("http", Transport::Http)
                       .Case("https", Transport::Https)
                       .Case("git", Transport::Git)
                       .Case("ssh", Transport::Ssh)
                       .Default(std::nullopt);
  if (text.contains("://")) {
    if (!transport) return std::nullopt;
    return parseUrlForm(text, *transport);
  }
  return parseScp(text);
}

llvm::Error applyFlags(GitReference& reference, llvm::StringRef checksum, std::optional<bool> keepGitDir) {
  if (!checksum.empty())
    if (auto error = agree("checksum", reference.checksum, checksum.lower())) return error;
  if (keepGitDir && reference.keepGitDir && *keepGitDir != *reference.keepGitDir)
    return invalidReference("keep-git-dir conflicts: the flag and the query of the source disagree");
  if (keepGitDir) reference.keepGitDir = keepGitDir;
  return check(reference);
}

}  // namespace strata::builder
