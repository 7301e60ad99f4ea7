#include "cli/label_filter.h"

namespace strata::cli {

LabelFilter LabelFilter::from(llvm::StringRef text, bool wanted) {
  auto [key, value] = text.split('=');
  LabelFilter filter{.key = key.str(), .wanted = wanted};
  if (text.contains('=')) filter.value = value.str();
  return filter;
}

bool LabelFilter::fits(const std::map<std::string, std::string>& labels) const {
  auto found = labels.find(key);
  bool has = found != labels.end() && (!value || found->second == *value);
  return has == wanted;
}

}  // namespace strata::cli
