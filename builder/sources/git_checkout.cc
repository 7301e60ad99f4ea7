#include "builder/sources/git_checkout.h"

#include "support/fault.h"
#include "support/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace strata::builder {

namespace {
/// What of a tree's metadata git leaves to the umask and the clock.
class Finisher {
public:
  Finisher(bool dropGitDirs, std::optional<int64_t> time) : dropGitDirs_(dropGitDirs), time_(time) {}

  llvm::Error directory(const std::string& path) {
    DIR* stream = ::opendir(path.c_str());
    if (!stream) return errnoFault("list " + path);
    llvm::Error error = llvm::Error::success();
    while (const dirent* entry = error ? nullptr : ::readdir(stream)) {
      llvm::StringRef name(entry->d_name);
      if (name != "." && name != "..") error = child(joinPath(path, name), name);
    }
    ::closedir(stream);
    if (error) return error;
    return settle(path, 0755);
  }

private:
  llvm::Error child(const std::string& path, llvm::StringRef name) {
    if (name == ".git") return dropGitDirs_ ? removeTree(path) : llvm::Error::success();
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0) return errnoFault("stat " + path);
    if (S_ISDIR(status.st_mode)) return directory(path);
    if (S_ISLNK(status.st_mode)) return setTime(path);
    return settle(path, status.st_mode & 0100 ? 0755 : 0644);
  }
  llvm::Error settle(const std::string& path, mode_t mode) {
    if (::chmod(path.c_str(), mode) != 0) return errnoFault("set the mode of " + path);
    return setTime(path);
  }
  llvm::Error setTime(const std::string& path) {
    if (!time_) return llvm::Error::success();
    timespec times[2] = {{time_t(*time_), 0}, {time_t(*time_), 0}};
    if (::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
      return errnoFault("set the time of " + path);
    return llvm::Error::success();
  }

  bool dropGitDirs_;
  std::optional<int64_t> time_;
};

llvm::Error runAll(const GitProgram& git, const std::string& directory,
                   llvm::ArrayRef<std::vector<std::string>> commands) {
  for (const auto& command : commands)
    if (auto output = git.run({.arguments = command, .directory = directory}); !output) return output.takeError();
  return llvm::Error::success();
}

/// Straight out of the mirror, with an index that nobody keeps.
llvm::Error writeFiles(const GitProgram& git, const GitCheckout& checkout) {
  std::vector<std::string> environment{"GIT_DIR=" + checkout.mirror, "GIT_WORK_TREE=" + checkout.directory,
                                       "GIT_INDEX_FILE=" + joinPath(checkout.scratch, "index")};
  for (std::vector<std::string> command :
       {std::vector<std::string>{"read-tree", checkout.commit}, {"checkout-index", "--all", "--force", "--quiet"}}) {
    auto output = git.run({.arguments = command, .directory = checkout.directory, .environment = environment});
    if (!output) return output.takeError();
  }
  return llvm::Error::success();
}

/// A repository of one commit whose origin is the remote.
llvm::Error writeRepository(const GitProgram& git, const GitCheckout& checkout) {
  std::string format = checkout.commit.size() == 64 ? "sha256" : "sha1";
  if (auto error = runAll(git, checkout.directory,
                          {{"init", "--quiet", "--object-format=" + format},
                           {"remote", "add", "--", "origin", checkout.remote},
                           {"fetch", "--quiet", "--depth=1", "--no-tags", "file://" + checkout.mirror,
                            "refs/strata/" + checkout.commit},
                           {"checkout", "--quiet", "--force", "--detach", "FETCH_HEAD"}}))
    return error;
  std::string gitDir = joinPath(checkout.directory, ".git");
  for (const char* left : {"FETCH_HEAD", "ORIG_HEAD", "logs"})
    if (auto error = removeTree(joinPath(gitDir, left))) return error;
  return llvm::Error::success();
}

llvm::Error fetchSubmodules(const GitProgram& git, const GitAccess& access, const GitCheckout& checkout) {
  GitRun run{.arguments = {"submodule", "update", "--quiet", "--init", "--recursive", "--depth=1"},
             .directory = checkout.directory,
             .access = &access};
  auto shallow = git.tryRun(run);
  if (!shallow) return shallow.takeError();
  if (shallow->exitCode == 0) return llvm::Error::success();
  run.arguments.pop_back();  // not every server gives a commit without its history
  auto whole = git.run(run);
  return whole ? llvm::Error::success() : withContext(whole.takeError(), "fetch submodules");
}

/// Whether the commit has a file of this name at its root.
llvm::Expected<bool> hasFile(const GitProgram& git, const GitCheckout& checkout, const std::string& name) {
  auto result =
      git.tryRun({.arguments = {"cat-file", "-e", checkout.commit + ":" + name}, .directory = checkout.mirror});
  if (!result) return result.takeError();
  return result->exitCode == 0;
}
}  // namespace

llvm::Error writeCheckout(const GitProgram& git, const GitAccess& access, const GitCheckout& checkout) {
  auto modules = checkout.submodules ? hasFile(git, checkout, ".gitmodules") : llvm::Expected<bool>(false);
  if (!modules) return modules.takeError();
  bool asRepository = checkout.keepGitDir || *modules;
  if (auto error = asRepository ? writeRepository(git, checkout) : writeFiles(git, checkout)) return error;
  if (*modules)
    if (auto error = fetchSubmodules(git, access, checkout)) return error;
  return Finisher(!checkout.keepGitDir, checkout.time).directory(checkout.directory);
}

}  // namespace strata::builder
