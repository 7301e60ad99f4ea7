#include "cli/prune_filters.h"

#include "builder/frontend/go_duration.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringRef.h>

namespace strata::cli {

namespace {

/// How long ago, seconds since 1970, or a time, of which the end may be missing.
llvm::Expected<int64_t> momentFrom(llvm::StringRef text) {
  int64_t seconds = 0;
  if (!text.getAsInteger(10, seconds) && seconds >= 0 && seconds < INT64_MAX / kSecond) return seconds * kSecond;
  if (auto ago = builder::parseGoDuration(text))
    return nowNanoseconds() - *ago;
  else
    llvm::consumeError(ago.takeError());
  for (llvm::StringRef rest : {"", "Z", ":00Z", "T00:00:00Z"}) {
    auto time = parseRfc3339((text + rest).str());
    if (time) return time;
    llvm::consumeError(time.takeError());
  }
  return fault(FaultKind::Invalid, "invalid filter 'until=" + text +
                                       "': a duration (24h), a time (2026-01-02T03:04:05Z) or seconds since 1970");
}
}  // namespace

llvm::Expected<PruneFilters> readPruneFilters(const std::vector<std::string>& texts) {
  PruneFilters filters;
  for (llvm::StringRef text : texts) {
    auto [key, value] = text.split('=');
    if (key == "until" && !value.empty()) {
      auto moment = momentFrom(value);
      if (!moment) return moment.takeError();
      filters.until = *moment;
    } else if ((key == "label" || key == "label!") && !value.empty()) {
      filters.labels.push_back(LabelFilter::from(value, key == "label"));
    } else {
      return fault(FaultKind::Invalid,
                   "invalid filter '" + printable(text) + "': there are until=, label= and label!=");
    }
  }
  return filters;
}

bool PruneFilters::admit(int64_t created, const std::map<std::string, std::string>& has) const {
  if (until && created >= *until) return false;
  return llvm::all_of(labels, [&](const LabelFilter& label) { return label.fits(has); });
}

bool PruneFilters::admit(const layerfs::ImageSummary& summary, layerfs::ImageStore& images) const {
  if (labels.empty()) return admit(summary.created, {});
  auto image = images.load(summary.members.empty() ? summary.id : summary.members.front());
  if (!image) {
    llvm::consumeError(image.takeError());
    return false;
  }
  return admit(summary.created, image->config.labels);
}

}  // namespace strata::cli
