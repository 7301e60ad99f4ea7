#include "cli/networks/network_filters.h"

#include "cli/label_filter.h"
#include "cli/prune_filters.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::cli {

namespace {
using runtime::Network;

llvm::Expected<std::function<bool(const Network&)>> testFor(llvm::StringRef key, const std::string& value) {
  if (key == "name") return [value](const Network& network) { return llvm::StringRef(network.name).contains(value); };
  if (key == "id") return [value](const Network& network) { return llvm::StringRef(network.id).starts_with(value); };
  if (key == "driver") return [value](const Network& network) { return network.driver == value; };
  if (key == "scope") return [value](const Network&) { return value == "local"; };
  if (key == "label" || key == "label!")
    return [label = LabelFilter::from(value, key == "label")](const Network& network) {
      return label.fits(network.labels);
    };
  if (key == "type" && (value == "custom" || value == "builtin"))
    return
        [custom = value == "custom"](const Network& network) { return custom != runtime::isPredefined(network.name); };
  if (key == "until") {
    auto read = readPruneFilters({"until=" + value});
    if (!read) return read.takeError();
    return [until = *read->until](const Network& network) { return network.created < until; };
  }
  return fault(FaultKind::Invalid, "invalid filter '" + printable(key) + "=" + printable(value) +
                                       "'; there are name, id, driver, label, type=custom|builtin and scope");
}
}  // namespace

llvm::Expected<NetworkFilters> NetworkFilters::read(const std::vector<std::string>& texts) {
  NetworkFilters filters;
  for (llvm::StringRef text : texts) {
    auto [key, value] = text.split('=');
    if (!text.contains('='))
      return fault(FaultKind::Invalid, "bad format of filter (expected name=value): " + printable(text));
    auto test = testFor(key, value.str());
    if (!test) return test.takeError();
    bool together = key.starts_with("label");
    filters.groups_[(together ? text : key).str()].push_back(std::move(*test));
  }
  return filters;
}

bool NetworkFilters::admit(const Network& network) const {
  return llvm::all_of(groups_, [&](const auto& group) {
    return llvm::any_of(group.second, [&](const Test& test) { return test(network); });
  });
}

}  // namespace strata::cli
