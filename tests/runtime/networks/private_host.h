#pragma once
/// \file A host of a test's own: a network namespace with nothing in it but "lo", in which the test's thread is. What
/// is made there disturbs neither this machine nor other tests, and goes with it.

#include "runtime/networks/netlink.h"
#include "support/process.h"
#include "tests/support/testing.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

namespace strata::runtime {

class PrivateHostTest : public ::testing::Test {
protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: network namespaces";
    home_ = testing::must(openFile("/proc/thread-self/ns/net", O_RDONLY));
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
    host_ = testing::must(openFile("/proc/thread-self/ns/net", O_RDONLY));
    testing::must(testing::must(Netlink::open()).bringUp("lo"));
  }
  void TearDown() override {
    if (home_) {
      ASSERT_EQ(::setns(home_.get(), CLONE_NEWNET), 0);
    }
  }

  /// Standard output of a program that must succeed.
  static std::string run(std::vector<std::string> argv) {
    ProcessSpec spec;
    spec.argv = std::move(argv);
    ProcessResult result = testing::must(runProcess(spec));
    EXPECT_EQ(result.exitCode, 0) << spec.argv[0] << ": " << result.errors;
    return result.output;
  }
  static std::string ip(std::vector<std::string> words) {
    words.insert(words.begin(), "ip");
    return run(std::move(words));
  }
  static std::string ipIn(const UniqueFd& netNamespace, std::vector<std::string> words) {
    std::string place = "--net=/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(netNamespace.get());
    words.insert(words.begin(), {"nsenter", place, "ip"});
    return run(std::move(words));
  }

  /// A socket of a namespace, wherever the thread is afterwards.
  UniqueFd socketIn(const UniqueFd& netNamespace, int type) {
    EXPECT_EQ(::setns(netNamespace.get(), CLONE_NEWNET), 0);
    UniqueFd made(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::setns(host_.get(), CLONE_NEWNET), 0);
    timeval patience{3, 0};
    ::setsockopt(made.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(made.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return made;
  }
  static sockaddr_in at(llvm::StringRef address, uint16_t port) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(port);
    ::inet_pton(AF_INET, address.str().c_str(), &place.sin_addr);
    return place;
  }
  /// A server on every address of a namespace.
  UniqueFd serverIn(const UniqueFd& netNamespace, uint16_t port, int type = SOCK_STREAM) {
    UniqueFd server = socketIn(netNamespace, type);
    sockaddr_in place = at("0.0.0.0", port);
    EXPECT_EQ(::bind(server.get(), reinterpret_cast<sockaddr*>(&place), sizeof place), 0);
    if (type == SOCK_STREAM) {
      EXPECT_EQ(::listen(server.get(), 8), 0);
    }
    return server;
  }
  /// Who has come, "" for nobody within the patience of the socket.
  static std::string visitor(const UniqueFd& server) {
    sockaddr_in from{};
    socklen_t size = sizeof from;
    UniqueFd connection(::accept4(server.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC));
    if (!connection) return "";
    char text[INET_ADDRSTRLEN];
    return ::inet_ntop(AF_INET, &from.sin_addr, text, sizeof text);
  }
  bool reaches(const UniqueFd& from, llvm::StringRef address, uint16_t port) {
    UniqueFd client = socketIn(from, SOCK_STREAM);
    timeval patience{1, 0};  // a connection that a firewall swallows
    ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in place = at(address, port);
    return ::connect(client.get(), reinterpret_cast<sockaddr*>(&place), sizeof place) == 0;
  }

  UniqueFd home_, host_;
};

}  // namespace strata::runtime
