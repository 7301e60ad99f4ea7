#pragma once
/// \file A real registry for tests: Debian's docker-registry on a free port of 127.0.0.1, open to all, with a password
/// file, with tokens from tests/support/token_issuer.py, or over TLS with a certificate of an authority made for the
/// test. The user is "ada", the password "open sesame".

#include "support/process.h"
#include "tests/support/testing.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <string>
#include <vector>

extern char** environ;

namespace strata::testing {

/// A program that lives as long as this does; `output` gets its first line.
class Daemon {
public:
  Daemon(std::vector<std::string> argv, const std::string& log, std::string* output = nullptr) {
    std::vector<char*> pointers;
    for (std::string& word : argv) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (::posix_spawnp(&process_, pointers[0], &actions, nullptr, pointers.data(), environ) != 0) std::abort();
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    for (char c = 0; output && ::read(ends[0], &c, 1) == 1 && c != '\n';) *output += c;
    output_ = ends[0];
  }
  Daemon(const Daemon&) = delete;
  ~Daemon() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    ::close(output_);
  }

private:
  pid_t process_ = -1;
  int output_ = -1;
};

/// An authority in ca.crt, a server's certificate for 127.0.0.1 in server.crt and server.key, and a client's in
/// client.cert and client.key.
inline void makeCertificates(const std::string& directory) {
  auto run = [&](const std::string& script) {
    auto made = must(runProcess({.argv = {"sh", "-ec", script}, .directory = directory}));
    if (made.exitCode != 0) ADD_FAILURE() << made.errors;
  };
  run("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.crt");
  for (const char* who : {"server", "client"})
    run(std::string("openssl req -newkey rsa:2048 -nodes -subj /CN=") + who + " -keyout " + who + ".key -out " + who +
        ".csr; echo subjectAltName=IP:127.0.0.1,DNS:localhost > ext; openssl x509 -req -in " + who +
        ".csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out " + who + ".crt");
  run("mv client.crt client.cert");
}

class RegistryServer {
public:
  /// MutualTls also wants a client's certificate.
  enum class Access { Open, Password, Token, Tls, MutualTls };
  explicit RegistryServer(Access access = Access::Open) {
    port_ = freePort();
    std::string auth, tls;
    if (access == Access::Tls || access == Access::MutualTls) {
      makeCertificates(directory());
      tls = "  tls:\n    certificate: " + directory() + "/server.crt\n    key: " + directory() + "/server.key\n";
      if (access == Access::MutualTls) tls += "    clientcas: [" + directory() + "/ca.crt]\n";
    }
    if (access == Access::Password) {
      // bcrypt of "open sesame"
      at("htpasswd", "ada:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n");
      auth = "auth:\n  htpasswd:\n    realm: test\n    path: " + directory() + "/htpasswd\n";
    } else if (access == Access::Token) {
      std::string issuer = startIssuer();
      auth = "auth:\n  token:\n    realm: http://127.0.0.1:" + issuer +
             "/token\n    service: registry\n    issuer: issuer\n    rootcertbundle: " + directory() + "/issuer.crt\n";
    }
    storageSettings_ =
        "storage:\n  delete:\n    enabled: true\n  filesystem:\n    rootdirectory: " + storage_.path() + "\n";
    otherSettings_ = "version: 0.1\nlog:\n  level: error\n  accesslog:\n    disabled: true\nhttp:\n  addr: 127.0.0.1:" +
                     std::to_string(port_) + "\n" + tls + auth;
    start("");
  }

  /// From now on uploads and new tags are turned away.
  void refuseWrites() { start("  maintenance:\n    readonly:\n      enabled: true\n"); }

  const std::string& directory() const { return directory_.path(); }
  std::string domain() const { return "127.0.0.1:" + std::to_string(port_); }

private:
  void start(const std::string& moreOfStorage) {
    server_.reset();
    at("config.yml", otherSettings_ + storageSettings_ + moreOfStorage);
    server_ = std::make_unique<Daemon>(
        std::vector<std::string>{"docker-registry", "serve", directory() + "/config.yml"}, directory() + "/log");
    awaitAnswer();
  }

  void at(const std::string& name, const std::string& content) { writeFile(directory() + "/" + name, content); }

  static int freePort() {
    int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof(address);
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0) std::abort();
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(listener);
    return ntohs(address.sin_port);
  }

  std::string startIssuer() {
    std::string key = directory() + "/issuer.key", certificate = directory() + "/issuer.crt", port;
    must(runProcess({.argv = {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=issuer",
                              "-keyout", key, "-out", certificate}}));
    issuer_ =
        std::make_unique<Daemon>(std::vector<std::string>{"python3", STRATA_SOURCE_DIR "/tests/support/token_issuer.py",
                                                          directory(), key, certificate},
                                 directory() + "/issuer.log", &port);
    return port;
  }

  void awaitAnswer() {
    sockaddr_in address{.sin_family = AF_INET,
                        .sin_port = htons(uint16_t(port_)),
                        .sin_addr = {htonl(INADDR_LOOPBACK)},
                        .sin_zero = {}};
    for (int i = 0; i < 500; ++i) {
      int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      bool answers = ::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
      ::close(client);
      if (answers) return;
      ::usleep(20'000);
    }
    ADD_FAILURE() << "docker-registry does not answer: " << must(readFile(directory() + "/log"));
  }

  TempDir directory_ = makeTempDir();
  /// In memory: the registry waits for the disk at every blob.
  TempDir storage_ = must(TempDir::make(pathExists("/dev/shm") ? "/dev/shm" : "/var/tmp", "strata-registry-"));
  int port_ = 0;
  std::string storageSettings_, otherSettings_;
  std::unique_ptr<Daemon> issuer_, server_;
};

}  // namespace strata::testing
