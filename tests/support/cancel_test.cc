#include "support/cancel.h"

#include "tests/support/testing.h"

#include <poll.h>
#include <cerrno>
#include <csignal>

namespace strata::testing {
namespace {

bool isReadable(int fd) {
  pollfd wait{fd, POLLIN, 0};
  return ::poll(&wait, 1, 0) == 1 && (wait.revents & POLLIN);
}

TEST(CancelToken, IsSetOnceForAll) {
  CancelToken token;
  must(token.check());
  EXPECT_FALSE(isReadable(token.fd()));
  token.cancel();
  token.cancel();
  EXPECT_TRUE(token.cancelled());
  EXPECT_FAULT(token.check(), FaultKind::Cancelled);
  EXPECT_TRUE(isReadable(token.fd()));
}

CancelToken* signalled = nullptr;

TEST(CancelToken, ASignalHandlerSetsItAndLeavesErrnoAlone) {
  CancelToken token;
  signalled = &token;
  struct sigaction before {
  }, action{};
  action.sa_handler = [](int) {
    for (int i = 0; i < 3; ++i) signalled->cancel();
  };
  ::sigaction(SIGUSR1, &action, &before);
  errno = ENOTTY;
  ::raise(SIGUSR1);
  EXPECT_EQ(errno, ENOTTY);
  EXPECT_TRUE(token.cancelled());
  ::sigaction(SIGUSR1, &before, nullptr);
}

}  // namespace
}  // namespace strata::testing
