#pragma once
/// \file A real server on 127.0.0.1 for tests: tests/support/remote_server.py, which says what it can do.

#include "support/text.h"
#include "tests/support/testing.h"

#include <llvm/Support/JSON.h>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <string>
#include <vector>

extern char** environ;

namespace strata::testing {

class RemoteServer {
public:
  /// With a certificate and its key it speaks TLS.
  explicit RemoteServer(std::vector<std::string> certificateAndKey = {}) : tls_(!certificateAndKey.empty()) {
    std::vector<std::string> argv{"python3", STRATA_SOURCE_DIR "/tests/support/remote_server.py", directory_.path()};
    argv.insert(argv.end(), certificateAndKey.begin(), certificateAndKey.end());
    std::vector<char*> pointers;
    for (std::string& word : argv) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    if (::posix_spawnp(&process_, "python3", &actions, nullptr, pointers.data(), environ) != 0) std::abort();
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    for (char digit = 0; digit != '\n'; port_ += digit)
      if (::read(ends[0], &digit, 1) != 1) std::abort();
    ::close(ends[0]);
    port_.pop_back();
  }
  RemoteServer(const RemoteServer&) = delete;
  ~RemoteServer() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }

  const std::string& directory() const { return directory_.path(); }
  std::string authority() const { return "127.0.0.1:" + port_; }
  std::string url(llvm::StringRef path) const { return (tls_ ? "https://" : "http://") + authority() + path.str(); }

  void file(llvm::StringRef name, llvm::StringRef content) { writeFile(directory() + "/" + name.str(), content); }
  /// Members as remote_server.py lists them.
  void behave(llvm::StringRef path, std::initializer_list<llvm::json::Object::KV> members) {
    settings_[path] = llvm::json::Object(members);
    save();
  }
  void needGitAuth(llvm::StringRef authorization) {
    settings_["gitAuth"] = authorization;
    save();
  }

  struct Request {
    std::string method, path;
    llvm::json::Object headers;
    std::string header(llvm::StringRef name) const { return headers.getString(name).value_or("").str(); }
  };
  std::vector<Request> requests() const {
    std::vector<Request> requests;
    if (!pathExists(directory() + "/requests.log")) return requests;
    std::string text = must(readFile(directory() + "/requests.log"));
    for (llvm::StringRef rest = text; !rest.empty();) {
      auto [line, after] = rest.split('\n');
      rest = after;
      auto value = must(parseJson(line));
      auto& object = *value.getAsObject();
      requests.push_back({object.getString("method")->str(), object.getString("path")->str(),
                          std::move(*object.getObject("headers"))});
    }
    return requests;
  }
  void forgetRequests() { must(removeTree(directory() + "/requests.log")); }

private:
  void save() { file("server.json", printJson(llvm::json::Object(settings_))); }

  TempDir directory_ = makeTempDir();
  llvm::json::Object settings_;
  std::string port_;
  bool tls_;
  pid_t process_ = -1;
};

}  // namespace strata::testing
