#include "builder/sources/git_source.h"

#include "builder/sources/git_checkout.h"
#include "support/database.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"
#include "support/url.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/Base64.h>

namespace strata::builder {

namespace {
std::string shown(const GitReference& reference) { return printable(reference.remote); }

bool isWeb(const GitReference& reference) {
  return reference.transport == GitReference::Transport::Http || reference.transport == GitReference::Transport::Https;
}

/// "name" -> value of a listing of `git ls-remote`.
std::map<std::string, std::string> readListing(llvm::StringRef listing) {
  std::map<std::string, std::string> commits;
  for (llvm::StringRef rest = listing; !rest.empty();) {
    auto [line, after] = rest.split('\n');
    rest = after;
    auto [id, name] = line.split('\t');
    if (isFullCommit(id)) commits[name.str()] = id.str();
  }
  return commits;
}

/// Names that a ref may have, in the order in which they count: a branch before a tag, a tag by what it stands for.
std::vector<std::string> candidatesFor(llvm::StringRef ref) {
  if (ref.empty()) return {"HEAD"};
  if (ref.starts_with("refs/") || ref == "HEAD") return {ref.str()};
  return {("refs/heads/" + ref).str(), ("refs/tags/" + ref).str(), ("refs/" + ref).str()};
}

llvm::Error checkCommit(const GitReference& reference, llvm::StringRef commit, llvm::StringRef tagObject = "") {
  if (commit.starts_with(reference.checksum) || (!tagObject.empty() && tagObject.starts_with(reference.checksum)))
    return llvm::Error::success();
  return fault(FaultKind::Invalid,
               shown(reference) + ": expected checksum to match " + reference.checksum + ", got " + commit);
}
}  // namespace

llvm::Expected<GitProgram> GitSource::program() {
  std::string home = joinPath(place_.staging, "git-home");
  if (auto error = makeDirectories(home)) return error;
  return GitProgram(home, cancel_);
}

/// ADD-30: over http the repository's own secrets before those for all, a whole header before a token.
llvm::Expected<GitAccess> GitSource::accessTo(const GitReference& reference) {
  GitAccess access{.knownHosts = joinPath(place_.directory, "known_hosts")};
  if (auto error = makeDirectories(place_.directory)) return error;
  auto agent = place_.sshAgent ? place_.sshAgent() : std::optional<std::string>();  // also for submodules behind ssh
  if (!agent) return agent.takeError();
  access.sshAuthSock = agent->value_or("");
  if (!isWeb(reference)) return access;
  auto secret = firstSecret(place_, {"GIT_AUTH_HEADER." + reference.host, "GIT_AUTH_TOKEN." + reference.host,
                                     "GIT_AUTH_HEADER", "GIT_AUTH_TOKEN"});
  if (!secret) return secret.takeError();
  std::string value;
  if (*secret) {
    bool isHeader = llvm::StringRef((*secret)->id).starts_with("GIT_AUTH_HEADER");
    value = isHeader ? (*secret)->value : "Basic " + llvm::encodeBase64("x-access-token:" + (*secret)->value);
  } else if (!reference.userInfo.empty()) {
    auto [user, password] = llvm::StringRef(reference.userInfo).split(':');
    value = "Basic " + llvm::encodeBase64(percentDecoded(user) + ":" + percentDecoded(password));
  }
  if (value.find_first_of("\r\n") != std::string::npos)
    return fault(FaultKind::Invalid, "the secret for " + reference.host + " has more than one line");
  auto url = parseUrl(reference.remote);
  if (!url) return url.takeError();
  if (!value.empty())
    access.config.emplace_back("http." + url->scheme + "://" + url->authority() + "/.extraHeader",
                               "Authorization: " + value);
  return access;
}

llvm::Expected<GitCommit> GitSource::askRemote(const GitReference& reference) {
  auto git = program();
  if (!git) return git.takeError();
  auto access = accessTo(reference);
  if (!access) return access.takeError();
  std::vector<std::string> names = candidatesFor(reference.ref);
  GitRun run{.arguments = {"ls-remote", "--", reference.remote}, .directory = place_.staging, .access = &*access};
  for (const std::string& name : names) {
    run.arguments.push_back(name);
    run.arguments.push_back(name + "^{}");
  }
  auto listing = git->run(run);
  if (!listing) return withContext(listing.takeError(), shown(reference));
  auto commits = readListing(*listing);
  for (const std::string& name : names) {
    auto found = commits.find(name);
    if (found == commits.end()) continue;
    auto peeled = commits.find(name + "^{}");
    const std::string& commit = peeled != commits.end() ? peeled->second : found->second;
    if (auto error = checkCommit(reference, commit, found->second)) return error;
    return GitCommit{commit, name};
  }
  std::string wanted = reference.ref.empty() ? "HEAD" : reference.ref;
  return fault(FaultKind::NotFound, shown(reference) + ": repository does not contain ref " + wanted);
}

llvm::Expected<GitCommit> GitSource::resolve(const GitReference& reference) {
  if (reference.fetchByCommit && isFullCommit(reference.checksum)) return GitCommit{reference.checksum, ""};
  if (isFullCommit(reference.ref)) {
    if (auto error = checkCommit(reference, reference.ref)) return error;
    return GitCommit{reference.ref, ""};
  }
  std::lock_guard lock(mutex_);
  std::string key = reference.remote + "#" + reference.ref;
  if (auto known = resolved_.find(key); known != resolved_.end()) {
    if (llvm::StringRef(known->second.id).starts_with(reference.checksum)) return known->second;
  }
  auto commit = askRemote(reference);
  if (commit) resolved_[key] = *commit;
  return commit;
}

Digest GitSource::identityOf(const GitReference& reference, const GitCommit& commit) {
  bool keep = reference.keepGitDir.value_or(false);
  Hasher hasher;
  hasher.field("strata-git-1").field(reference.remote).field(commit.id).number(keep);
  return hasher.number(reference.submodules.value_or(true)).number(reference.commitTime).finish();
}

namespace {
/// A bare mirror, and what brings a commit into it.
class Mirror {
public:
  Mirror(const GitProgram& git, const GitAccess& access, std::string path, std::string remote)
      : git_(git), access_(access), path_(std::move(path)), remote_(std::move(remote)) {}

  llvm::Error make(llvm::StringRef commit) {
    if (pathExists(joinPath(path_, "HEAD"))) return llvm::Error::success();
    if (auto error = makeDirectories(path_)) return error;
    std::string format = commit.size() == 64 ? "sha256" : "sha1";
    return local({"init", "--quiet", "--bare", "--object-format=" + format, path_});
  }

  llvm::Expected<bool> has(const std::string& commit) {
    auto result = git_.tryRun({.arguments = {"cat-file", "-e", commit + "^{commit}"}, .directory = path_});
    if (!result) return result.takeError();
    return result->exitCode == 0;
  }

  /// By its name, which every server allows; by itself, should the name have moved on; and at last with all there is.
  llvm::Error bring(const GitCommit& commit) {
    std::string kept = "refs/strata/" + commit.id;
    std::vector<std::vector<std::string>> ways;
    if (!commit.refName.empty()) ways.push_back({"--depth=1", commit.refName});
    ways.push_back({"--depth=1", commit.id});
    ways.push_back({"+refs/heads/*:refs/remote/heads/*", "+refs/tags/*:refs/remote/tags/*"});
    ProcessResult last;
    for (const auto& way : ways) {
      auto result = fetch(way);
      if (!result) return result.takeError();
      auto there = has(commit.id);
      if (!there) return there.takeError();
      if (*there) return local({"update-ref", kept, commit.id});
      if (result->exitCode != 0) last = std::move(*result);
    }
    if (last.exitCode != 0) return gitFault("git fetch", last);
    return fault(FaultKind::NotFound, "repository does not contain commit " + commit.id);
  }

private:
  llvm::Expected<ProcessResult> fetch(const std::vector<std::string>& way) {
    GitRun run{.arguments = {"fetch", "--quiet", "--force", "--no-tags"}, .directory = path_, .access = &access_};
    bool shallow = llvm::StringRef(way[0]).starts_with("--depth");
    if (!shallow && pathExists(joinPath(path_, "shallow"))) run.arguments.push_back("--unshallow");
    if (shallow) run.arguments.push_back(way[0]);
    run.arguments.push_back("--");
    run.arguments.push_back(remote_);
    run.arguments.insert(run.arguments.end(), way.begin() + shallow, way.end());
    return git_.tryRun(run);
  }
  llvm::Error local(std::vector<std::string> arguments) {
    auto output = git_.run({.arguments = std::move(arguments), .directory = path_});
    return output ? llvm::Error::success() : output.takeError();
  }

  const GitProgram& git_;
  const GitAccess& access_;
  std::string path_, remote_;
};
}  // namespace

namespace {
/// Tries with the mirror that is there, and should that fail with one made anew: it may be damaged. The old one comes
/// back where the new one is no better.
llvm::Error withMirror(const SourcePlace& place, const std::string& mirror, llvm::function_ref<llvm::Error()> work) {
  bool had = pathExists(mirror);
  auto error = work();
  if (!error || !had || kindOf(error) == FaultKind::Cancelled) return error;
  auto aside = TempDir::make(place.staging, "mirror-");
  if (!aside) return llvm::joinErrors(std::move(error), aside.takeError());
  std::string old = joinPath(aside->path(), "old");
  if (renamePath(mirror, old) != 0) return error;
  if (auto again = work()) {
    llvm::consumeError(std::move(again));
    llvm::consumeError(removeTree(mirror));
    renamePath(old, mirror);
    return error;
  }
  std::string problem = messageOf(std::move(error));
  if (place.database)
    place.database->reportDamage({"source", ("git/" + llvm::StringRef(mirror).rsplit('/').second).str(), problem});
  return llvm::Error::success();
}
}  // namespace

/// The mirror's path, with the commit in it.
llvm::Expected<std::string> GitSource::mirrorWith(const GitReference& reference, const GitCommit& commit) {
  auto git = program();
  if (!git) return git.takeError();
  auto access = accessTo(reference);
  if (!access) return access.takeError();
  std::string mirrors = joinPath(place_.directory, "git");
  if (auto error = makeDirectories(mirrors)) return error;
  std::string name = digestOf(reference.remote).hex().substr(0, 40) + (commit.id.size() == 64 ? "-sha256" : "");
  std::string path = joinPath(mirrors, name);
  auto lock = FileLock::acquire(path + ".lock", FileLock::Mode::Exclusive);
  if (!lock) return lock.takeError();
  Mirror mirror(*git, *access, path, reference.remote);
  auto error = withMirror(place_, path, [&]() -> llvm::Error {
    if (auto failed = mirror.make(commit.id)) return failed;
    auto there = pathExists(joinPath(path, "refs/strata/" + commit.id)) ? mirror.has(commit.id) : false;
    if (!there) return there.takeError();
    return *there ? llvm::Error::success() : mirror.bring(commit);
  });
  if (error) return withContext(std::move(error), shown(reference));
  return path;
}

llvm::Expected<std::string> GitSource::checkOut(const GitReference& reference, const GitCommit& commit) {
  std::string trees = joinPath(place_.directory, "trees");
  std::string tree = joinPath(trees, identityOf(reference, commit).hex());
  if (pathExists(tree)) return tree;
  if (auto error = makeDirectories(trees)) return error;
  auto mirror = mirrorWith(reference, commit);
  if (!mirror) return mirror.takeError();
  auto git = program();
  if (!git) return git.takeError();
  auto access = accessTo(reference);
  if (!access) return access.takeError();
  auto stage = TempDir::make(place_.staging, "git-");
  if (!stage) return stage.takeError();
  GitCheckout checkout{.mirror = *mirror,
                       .commit = commit.id,
                       .remote = reference.remote,
                       .directory = joinPath(stage->path(), "tree"),
                       .scratch = stage->path(),
                       .keepGitDir = reference.keepGitDir.value_or(false),
                       .submodules = reference.submodules.value_or(true)};
  if (auto error = makeDirectories(checkout.directory)) return error;
  if (reference.commitTime) {
    auto time = commitTime(reference, commit);
    if (!time) return time.takeError();
    checkout.time = *time;
  }
  if (auto error = writeCheckout(*git, *access, checkout)) return withContext(std::move(error), shown(reference));
  if (auto error = putInPlace(checkout.directory, tree)) return error;
  return tree;
}

llvm::Expected<int64_t> GitSource::commitTime(const GitReference& reference, const GitCommit& commit) {
  auto mirror = mirrorWith(reference, commit);
  if (!mirror) return mirror.takeError();
  auto git = program();
  if (!git) return git.takeError();
  auto text = git->run({.arguments = {"show", "--no-patch", "--format=%ct", commit.id}, .directory = *mirror});
  if (!text) return text.takeError();
  int64_t seconds = 0;
  if (llvm::StringRef(*text).trim().getAsInteger(10, seconds))
    return fault(FaultKind::Invalid, shown(reference) + ": the commit has no time");
  return seconds;
}

}  // namespace strata::builder
