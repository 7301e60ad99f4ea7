#pragma once
/// \file A git repository made by a test, with commits at fixed times.

#include "support/process.h"
#include "tests/support/testing.h"

#include <string>
#include <vector>

namespace strata::testing {

class GitRepository {
public:
  /// `format`: sha1 or sha256.
  explicit GitRepository(const std::string& format = "sha1") {
    git({"init", "-q", "-b", "main", "--object-format=" + format, "."});
  }

  const std::string& directory() const { return directory_.path(); }

  std::string git(std::vector<std::string> arguments) const {
    ProcessSpec spec{.argv = {"git"}, .directory = directory_.path()};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    spec.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                        "HOME=" + directory_.path(),
                        "GIT_CONFIG_NOSYSTEM=1",
                        "GIT_AUTHOR_NAME=Test",
                        "GIT_AUTHOR_EMAIL=test@example.com",
                        "GIT_COMMITTER_NAME=Test",
                        "GIT_COMMITTER_EMAIL=test@example.com",
                        "GIT_AUTHOR_DATE=1700000000 +0000",
                        "GIT_COMMITTER_DATE=1700000000 +0000",
                        "GIT_ALLOW_PROTOCOL=file:http"};
    auto result = must(runProcess(spec));
    if (result.exitCode != 0) ADD_FAILURE() << spec.argv[1] << " " << arguments[0] << ": " << result.errors;
    return llvm::StringRef(result.output).trim().str();
  }

  void file(const std::string& name, llvm::StringRef content, mode_t mode = 0644) {
    writeFile(directory_.path() + "/" + name, content, mode);
  }
  /// All that is there, as a commit; its id.
  std::string commit(const std::string& message = "more") {
    git({"add", "-A"});
    git({"commit", "-q", "--allow-empty", "-m", message});
    return git({"rev-parse", "HEAD"});
  }
  /// A bare copy for a server.
  void publish(const std::string& path) const {
    must(removeTree(path));
    must(makeDirectories(path.substr(0, path.rfind('/'))));
    git({"clone", "-q", "--bare", "file://" + directory_.path(), path});
    must(runProcess({.argv = {"git", "-C", path, "update-server-info"}}));
  }

private:
  TempDir directory_ = makeTempDir();
};

}  // namespace strata::testing
