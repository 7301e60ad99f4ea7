#include "runtime/containers/health_record.h"

#include "support/text.h"

namespace strata::runtime {

namespace {
using namespace std::chrono_literals;
using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;
constexpr size_t kKept = 5;

std::chrono::nanoseconds orDefault(int64_t nanoseconds, std::chrono::nanoseconds usual) {
  return nanoseconds > 0 ? std::chrono::nanoseconds(nanoseconds) : usual;
}

Object jsonOf(const HealthProbe& probe) {
  return Object{{"Start", rfc3339(probe.start)},
                {"End", rfc3339(probe.end)},
                {"ExitCode", probe.exitCode},
                {"Output", llvm::json::fixUTF8(probe.output)}};
}

int64_t timeFrom(const Object& object, llvm::StringRef name) {
  auto time = parseRfc3339(object.getString(name).value_or(""));
  if (time) return *time;
  llvm::consumeError(time.takeError());
  return 0;
}
}  // namespace

HealthPlan healthPlanOf(const layerfs::Healthcheck& check, const std::vector<std::string>& shell) {
  HealthPlan plan;
  plan.interval = orDefault(check.interval, 30s);
  plan.timeout = orDefault(check.timeout, 30s);
  plan.startPeriod = orDefault(check.startPeriod, 0s);
  plan.startInterval = orDefault(check.startInterval, 5s);
  plan.retries = check.retries > 0 ? check.retries : 3;
  if (check.test.size() < 2) return plan;
  if (check.test.front() == "CMD-SHELL") plan.argv = shell.empty() ? std::vector<std::string>{"/bin/sh", "-c"} : shell;
  if (check.test.front() == "CMD-SHELL" || check.test.front() == "CMD")
    plan.argv.insert(plan.argv.end(), check.test.begin() + 1, check.test.end());
  return plan;
}

HealthRecord::HealthRecord(llvm::StringRef json) {
  auto parsed = parseJson(json);
  if (!parsed) {
    llvm::consumeError(parsed.takeError());
    return;
  }
  const Object* record = parsed->getAsObject();
  const Array* log = record ? record->getArray("Log") : nullptr;
  if (!log) return;
  for (const Value& one : *log)
    if (const Object* probe = one.getAsObject())
      log_.push_back({timeFrom(*probe, "Start"), timeFrom(*probe, "End"), probe->getInteger("ExitCode").value_or(-1),
                      probe->getString("Output").value_or("").str()});
}

void HealthRecord::begin() {
  status_ = "starting";
  failingStreak_ = 0;
}

bool HealthRecord::inStartPeriod(int64_t time, const HealthPlan& plan, int64_t started) const {
  return status_ == "starting" && std::chrono::nanoseconds(time - started) < plan.startPeriod;
}

bool HealthRecord::take(const HealthProbe& probe, const HealthPlan& plan, int64_t started) {
  const std::string before = status_;
  log_.push_back(probe);
  while (log_.size() > kKept) log_.pop_front();
  if (probe.exitCode == 0) {
    status_ = "healthy";
    failingStreak_ = 0;
  } else if (!inStartPeriod(probe.start, plan, started)) {
    if (++failingStreak_ >= plan.retries) status_ = "unhealthy";
  }
  return status_ != before;
}

std::chrono::nanoseconds HealthRecord::pauseAt(int64_t now, const HealthPlan& plan, int64_t started) const {
  return inStartPeriod(now, plan, started) ? plan.startInterval : plan.interval;
}

std::string HealthRecord::json() const {
  Array log;
  for (const HealthProbe& probe : log_) log.push_back(jsonOf(probe));
  return printJson(Object{{"Status", status_}, {"FailingStreak", failingStreak_}, {"Log", std::move(log)}});
}

}  // namespace strata::runtime
