#include "runtime/containers/supervisor_task.h"

#include "support/files.h"
#include "support/pipe.h"

#include <gtest/gtest.h>

#include <sys/socket.h>

namespace strata::runtime {
namespace {

struct Sockets {
  UniqueFd ours, theirs;
  Sockets() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
};

Pipe makePipe() { return llvm::cantFail(Pipe::make()); }

/// What is written into `to` comes out of `pipe`.
void expectConnected(const UniqueFd& to, Pipe& pipe) {
  ASSERT_EQ(::write(to.get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(::read(pipe.read.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
}

TEST(SupervisorTask, HandsOverDescriptorsInTheirOrder) {
  Sockets sockets;
  Pipe lock = makePipe(), report = makePipe(), client = makePipe();
  ASSERT_FALSE(sendTask(sockets.ours.get(), lock.write.get(), report.write.get(), client.write.get()));
  auto task = receiveTask(sockets.theirs.get());
  ASSERT_TRUE(task);
  expectConnected(task->lock, lock);
  expectConnected(task->report, report);
  expectConnected(task->client, client);
}

TEST(SupervisorTask, MayHaveNoClient) {
  Sockets sockets;
  Pipe lock = makePipe(), report = makePipe();
  ASSERT_FALSE(sendTask(sockets.ours.get(), lock.write.get(), report.write.get(), -1));
  auto task = receiveTask(sockets.theirs.get());
  ASSERT_TRUE(task);
  expectConnected(task->report, report);
  EXPECT_FALSE(task->client);
}

TEST(SupervisorTask, WhatIsReceivedClosesOnExec) {
  Sockets sockets;
  Pipe lock = makePipe(), report = makePipe();
  ASSERT_FALSE(sendTask(sockets.ours.get(), lock.write.get(), report.write.get(), -1));
  auto task = receiveTask(sockets.theirs.get());
  ASSERT_TRUE(task);
  EXPECT_TRUE(::fcntl(task->lock.get(), F_GETFD) & FD_CLOEXEC);
  EXPECT_TRUE(::fcntl(task->report.get(), F_GETFD) & FD_CLOEXEC);
}

TEST(SupervisorTask, IsNothingWhenTheCommandHasGone) {
  Sockets sockets;
  sockets.ours.reset();
  EXPECT_FALSE(receiveTask(sockets.theirs.get()));
}

TEST(SupervisorTask, CannotBeSentToASupervisorThatHasGone) {
  Sockets sockets;
  sockets.theirs.reset();
  Pipe lock = makePipe();
  llvm::Error error = sendTask(sockets.ours.get(), lock.write.get(), lock.write.get(), -1);
  EXPECT_TRUE(bool(error));
  llvm::consumeError(std::move(error));
}

}  // namespace
}  // namespace strata::runtime
