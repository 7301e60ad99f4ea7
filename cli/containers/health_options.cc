#include "cli/containers/health_options.h"

#include "builder/frontend/go_duration.h"
#include "cli/flag_fault.h"
#include "cli/options.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::cli {

namespace {
using layerfs::Healthcheck;
using llvm::StringRef;
constexpr int64_t kLeast = 1'000'000;  // nanoseconds: docker's one millisecond

llvm::Error readTime(const std::string& text, StringRef flag, StringRef name, int64_t& time) {
  if (text.empty()) return llvm::Error::success();
  auto read = builder::parseGoDuration(text);
  if (!read) return unfitValue(text, flag, messageOf(read.takeError()));
  if (*read != 0 && *read < kLeast) return fault(FaultKind::Invalid, name + " in Healthcheck cannot be less than 1ms");
  time = *read;
  return llvm::Error::success();
}

llvm::Error readTimes(const HealthTexts& texts, Healthcheck& check) {
  if (auto error = readTime(texts.interval, "--health-interval", "Interval", check.interval)) return error;
  if (auto error = readTime(texts.timeout, "--health-timeout", "Timeout", check.timeout)) return error;
  if (auto error = readTime(texts.startPeriod, "--health-start-period", "StartPeriod", check.startPeriod)) return error;
  return readTime(texts.startInterval, "--health-start-interval", "StartInterval", check.startInterval);
}
}  // namespace

llvm::Expected<std::optional<Healthcheck>> healthcheckFrom(const HealthTexts& texts,
                                                           const std::optional<Healthcheck>& ofImage) {
  bool saysMore = !texts.command.empty() || !texts.interval.empty() || !texts.timeout.empty() ||
                  !texts.retries.empty() || !texts.startPeriod.empty() || !texts.startInterval.empty();
  if (texts.none && saysMore)
    return fault(FaultKind::Invalid, "conflicting options: --no-healthcheck conflicts with --health-* options");
  if (texts.none) return Healthcheck{.test = {"NONE"}};
  if (!saysMore) return ofImage;
  Healthcheck check = ofImage.value_or(Healthcheck());
  if (!texts.command.empty()) check.test = {"CMD-SHELL", texts.command};
  if (auto error = readTimes(texts, check)) return error;
  if (!texts.retries.empty() && (StringRef(texts.retries).getAsInteger(10, check.retries) || check.retries < 0))
    return unfitFlag("--health-retries must be a number that is not negative");
  return check;
}

void declareHealth(Options& declared, HealthTexts& texts) {
  declared.text("--health-cmd", texts.command, "Command that tells whether the container is well");
  declared.text("--health-interval", texts.interval, "Time between two checks (default 30s)", "duration");
  declared.text("--health-retries", texts.retries, "Failures in a row until it counts as unhealthy (default 3)", "int");
  declared.text("--health-start-interval", texts.startInterval, "Time between checks in the start period (default 5s)",
                "duration");
  declared.text("--health-start-period", texts.startPeriod, "Time from its start in which failures do not count",
                "duration");
  declared.text("--health-timeout", texts.timeout, "Longest time of one check (default 30s)", "duration");
  declared.flag("--no-healthcheck", texts.none, "Do without the image's health check");
}

}  // namespace strata::cli
