#include "analyzer/findings/gates.h"

#include "analyzer/causes/cache_use.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/FormatVariadic.h>

namespace strata::analyzer {

namespace {
using builder::BuildStep;
using Status = GateResult::Status;

/// A measure, or why there is none.
struct Measure {
  std::optional<double> value;
  std::string text, detail;
};

Measure percent(double ratio, std::string detail = {}) {
  return {ratio, llvm::formatv("{0:f1} %", ratio * 100).str(), std::move(detail)};
}
Measure bytes(uint64_t count, std::string detail = {}) { return {double(count), humanSize(count), std::move(detail)}; }
Measure unknown(std::string why) { return {std::nullopt, "", std::move(why)}; }

Measure growth(const GateRule& rule, const ImageReport& report, const GateFacts& facts) {
  if (!facts.earlierBytes) return unknown("no image to compare with: name one with --against");
  uint64_t before = *facts.earlierBytes, now = report.tarBytes;
  uint64_t more = now > before ? now - before : 0;
  std::string detail =
      llvm::formatv("{0} -> {1} against {2}", humanSize(before), humanSize(now), printable(facts.earlierName));
  if (!rule.isRatio) return bytes(more, std::move(detail));
  if (before == 0) return unknown("the image to compare with is empty");
  return percent(double(more) / double(before), std::move(detail));
}

Measure largestFile(const ImageReport& report) {
  if (report.largest.empty()) return bytes(0);
  const LargeFile& file = report.largest.front();
  return bytes(file.bytes, printable("/" + file.path) + " of layer " + std::to_string(file.layer + 1));
}

Measure hitRate(const ImageReport& report) {
  if (!report.build) return unknown("no build of this image is known here");
  auto countOf = [&](CacheUse use) {
    return size_t(llvm::count_if(report.build->steps, [&](const BuildStep& step) { return cacheUseOf(step) == use; }));
  };
  size_t hits = countOf(CacheUse::Hit), misses = countOf(CacheUse::Miss);
  if (hits + misses == 0) return unknown("the last build has no steps");
  return percent(hitRateOf(hits, misses),
                 llvm::formatv("{0} of {1} steps of build {2}: strata why {2}", hits, hits + misses, report.build->id));
}

Measure secrets(const GateFacts& facts) {
  if (!facts.secrets) return unknown("contents were not read");
  return {double(*facts.secrets), std::to_string(*facts.secrets), ""};
}

Measure measureOf(const GateRule& rule, const ImageReport& report, const GateFacts& facts) {
  switch (rule.gate) {
    case Gate::LowestEfficiency:
      return percent(report.efficiency.score);
    case Gate::HighestWastedBytes:
      return bytes(report.efficiency.wastedBytes);
    case Gate::HighestUserWastedPercent:
      return percent(report.efficiency.wastedPercent() / 100);
    case Gate::HighestImageSize:
      return bytes(report.tarBytes);
    case Gate::HighestGrowth:
      return growth(rule, report, facts);
    case Gate::HighestFileSize:
      return largestFile(report);
    case Gate::LowestCacheHitRate:
      return hitRate(report);
    case Gate::HighestSecrets:
      return secrets(facts);
  }
  return {};
}

bool isLowest(Gate gate) { return gate == Gate::LowestEfficiency || gate == Gate::LowestCacheHitRate; }

GateResult resultOf(const GateRule& rule, const ImageReport& report, const GateFacts& facts) {
  GateResult result{.gate = rule.gate};
  if (!rule.isEnabled) {
    result.detail = "disabled";
    return result;
  }
  Measure measure = measureOf(rule, report, facts);
  result.limit = rule.text;
  result.measured = std::move(measure.text);
  result.detail = std::move(measure.detail);
  if (!measure.value) return result;
  bool passes = isLowest(rule.gate) ? *measure.value >= rule.limit : *measure.value <= rule.limit;
  result.status = passes ? Status::Pass : Status::Fail;
  return result;
}
}  // namespace

llvm::StringRef nameOf(GateResult::Status status) {
  switch (status) {
    case Status::Pass:
      return "pass";
    case Status::Fail:
      return "fail";
    case Status::Skip:
      return "skip";
  }
  return "";
}

std::vector<GateResult> evaluateGates(const GateRules& rules, const ImageReport& report, const GateFacts& facts) {
  std::vector<GateResult> results;
  for (const GateRule& rule : rules) results.push_back(resultOf(rule, report, facts));
  return results;
}

bool allPass(llvm::ArrayRef<GateResult> results) {
  return llvm::none_of(results, [](const GateResult& result) { return result.status == Status::Fail; });
}

std::vector<Finding> findingsOf(llvm::ArrayRef<GateResult> results) {
  std::vector<Finding> findings;
  for (const GateResult& result : results) {
    if (result.status != Status::Fail) continue;
    Finding finding{.rule = "gate/" + nameOf(result.gate).str(), .level = FindingLevel::Error};
    finding.title = (nameOf(result.gate) + " failed: " + result.measured + ", limit " + result.limit).str();
    finding.detail = result.detail;
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace strata::analyzer
