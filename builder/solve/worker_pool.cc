#include "builder/solve/worker_pool.h"

#include <algorithm>

namespace strata::builder {

WorkerLimits limitsOf(unsigned cores, unsigned wanted) {
  cores = std::max(1u, cores);
  return {.cpu = cores, .blocking = wanted ? wanted : std::max(8u, 2 * cores)};
}

WorkerPool::WorkerPool(WorkerLimits limits) {
  cpu_.limit = limits.cpu;
  blocking_.limit = limits.blocking;
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  for (Lane* lane : {&cpu_, &blocking_}) {
    lane->wake.notify_all();
    for (std::thread& thread : lane->threads) thread.join();
  }
}

void WorkerPool::push(Lane& lane, Task task) {
  std::lock_guard lock(mutex_);
  if (!task.tag) ++pendingBackground_;
  lane.queue.push_back(std::move(task));
  if (lane.queue.size() > lane.idle && lane.threads.size() < lane.limit)
    lane.threads.emplace_back([this, &lane] { serve(lane); });
  else
    lane.wake.notify_one();
}

void WorkerPool::submit(Kind kind, uint32_t tag, std::function<void()> work) {
  push(kind == Kind::Cpu ? cpu_ : blocking_, {tag, std::move(work)});
}

void WorkerPool::background(std::function<void()> work) { push(cpu_, {std::nullopt, std::move(work)}); }

void WorkerPool::serve(Lane& lane) {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++lane.idle;
    lane.wake.wait(lock, [&] { return stopping_ || !lane.queue.empty(); });
    --lane.idle;
    if (stopping_) return;
    Task task = std::move(lane.queue.front());
    lane.queue.pop_front();
    lock.unlock();
    task.work();
    lock.lock();
    if (task.tag)
      finished_.push_back(*task.tag);
    else
      --pendingBackground_;
    changed_.notify_all();
  }
}

uint32_t WorkerPool::nextFinished() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !finished_.empty(); });
  uint32_t tag = finished_.front();
  finished_.pop_front();
  return tag;
}

void WorkerPool::waitForBackground() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return pendingBackground_ == 0; });
}

}  // namespace strata::builder
