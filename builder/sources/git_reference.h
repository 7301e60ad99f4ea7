#pragma once
/// \file What an ADD, a build context or a named context says about a git repository: which one, which commit of it,
/// which of its directories. Text alone; nothing is looked up. Source: spec ADD-20 to ADD-24, CTX-4.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <optional>
#include <string>

namespace strata::builder {

struct GitReference {
  enum class Transport { Http, Https, Git, Ssh };
  Transport transport = Transport::Https;
  std::string remote;    ///< as git takes it: without user and password (but ssh's user), query and fragment
  std::string userInfo;  ///< of an http(s) URL, still encoded; sent as a header, shown nowhere
  std::string host;      ///< with its port, if one is said: names the secrets

  std::string ref;       ///< "refs/heads/x", "x", a full commit; "": the remote's default branch
  std::string subdir;    ///< clean, without leading '/'; "": the root
  std::string checksum;  ///< lower-case hex digits that the commit must begin with; "": any
  std::optional<bool> keepGitDir;
  std::optional<bool> submodules;  ///< fetched unless false
  bool commitTime = false;         ///< files get the commit's time, not that of their writing
  bool fetchByCommit = false;      ///< `checksum`, a full commit, is fetched; `ref` only says where to look
  bool operator==(const GitReference&) const = default;
};

/// Where the text stands: an ADD takes "github.com/org/repo" as a path (ADD-2), a context takes it as a repository.
enum class GitForm { Source, Context };

/// Nothing if this is no git reference but a path or a plain URL. Faults: Invalid for a reference that contradicts
/// itself or could be read as an option or another transport.
llvm::Expected<std::optional<GitReference>> parseGitReference(llvm::StringRef text, GitForm form);

/// ADD's own flags (ADD-23). Faults: Invalid where they contradict the reference.
[[nodiscard]] llvm::Error applyFlags(GitReference& reference, llvm::StringRef checksum, std::optional<bool> keepGitDir);

/// 40 or 64 lower-case hex digits.
bool isFullCommit(llvm::StringRef text);

}  // namespace strata::builder
