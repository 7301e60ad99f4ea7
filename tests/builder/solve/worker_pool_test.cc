#include "builder/solve/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>

namespace strata::builder {
namespace {

TEST(WorkerPool, EveryPieceOfWorkEndsOnce) {
  WorkerPool pool({2, 4});
  std::atomic<int> ran = 0;
  for (uint32_t i = 0; i < 1000; ++i)
    pool.submit(i % 2 ? WorkerPool::Kind::Cpu : WorkerPool::Kind::Blocking, i, [&] { ++ran; });
  std::set<uint32_t> ended;
  for (int i = 0; i < 1000; ++i) ended.insert(pool.nextFinished());
  EXPECT_EQ(ran, 1000);
  EXPECT_EQ(ended.size(), 1000u);
}

TEST(WorkerPool, WaitingWorkNeverHoldsUpComputing) {
  WorkerPool pool({1, 1});
  std::atomic<bool> computed = false, sawIt = false;
  pool.submit(WorkerPool::Kind::Blocking, 1, [&] {
    for (int i = 0; i < 1000 && !computed; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    sawIt = computed.load();
  });
  pool.submit(WorkerPool::Kind::Cpu, 2, [&] { computed = true; });
  EXPECT_EQ(pool.nextFinished(), 2u);
  EXPECT_EQ(pool.nextFinished(), 1u);
  EXPECT_TRUE(sawIt);
}

TEST(WorkerPool, TheLimitHolds) {
  WorkerPool pool({1, 3});
  std::atomic<int> now = 0, most = 0;
  for (uint32_t i = 0; i < 30; ++i)
    pool.submit(WorkerPool::Kind::Blocking, i, [&] {
      int count = ++now;
      for (int seen = most; count > seen && !most.compare_exchange_weak(seen, count);) {
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      --now;
    });
  for (int i = 0; i < 30; ++i) pool.nextFinished();
  EXPECT_LE(most, 3);
  EXPECT_GE(most, 2);
}

TEST(WorkerPool, BackgroundWorkIsWaitedFor) {
  WorkerPool pool({2, 1});
  std::atomic<int> ran = 0;
  for (int i = 0; i < 20; ++i) pool.background([&] { ++ran; });
  pool.waitForBackground();
  EXPECT_EQ(ran, 20);
}

}  // namespace
}  // namespace strata::builder
