#pragma once
/// \file Threads for a solver: one limit for what computes, another for what waits. Threads start with the work that
/// needs them, so that a build in which everything is cached starts none.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace strata::builder {

/// How many pieces of work of each kind run at once.
struct WorkerLimits {
  unsigned cpu = 1;
  unsigned blocking = 8;
};
/// As many that compute as there are cores; as many that wait as are `wanted`, 0: twice as many, and at least 8.
WorkerLimits limitsOf(unsigned cores, unsigned wanted = 0);

class WorkerPool {
public:
  explicit WorkerPool(WorkerLimits limits);
  ~WorkerPool();  ///< waits for what was begun; what was not begun is dropped

  enum class Kind { Cpu, Blocking };
  /// `work` runs on a thread of this kind, then `tag` can be taken from nextFinished().
  void submit(Kind kind, uint32_t tag, std::function<void()> work);
  /// Work that nobody waits for one by one: see waitForBackground().
  void background(std::function<void()> work);

  /// Waits for the next submitted piece of work to end, in the order of ending.
  uint32_t nextFinished();
  /// Waits until all background work has ended.
  void waitForBackground();

private:
  struct Task {
    std::optional<uint32_t> tag;
    std::function<void()> work;
  };
  struct Lane {
    unsigned limit = 1, idle = 0;
    std::deque<Task> queue;
    std::vector<std::thread> threads;
    std::condition_variable wake;
  };
  void push(Lane& lane, Task task);
  void serve(Lane& lane);

  std::mutex mutex_;
  std::condition_variable changed_;
  Lane cpu_, blocking_;
  std::deque<uint32_t> finished_;
  unsigned pendingBackground_ = 0;
  bool stopping_ = false;
};

}  // namespace strata::builder
