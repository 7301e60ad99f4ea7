#include "cli/volumes/volume_filters.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::cli {

llvm::Expected<VolumeFilters> VolumeFilters::read(const std::vector<std::string>& texts) {
  VolumeFilters filters;
  for (llvm::StringRef text : texts) {
    auto [key, value] = text.split('=');
    if (key == "dangling" && booleanOf(value)) {
      filters.dangling_ = booleanOf(value);
    } else if (key == "name" && !value.empty()) {
      filters.names_.push_back(value.str());
    } else if (key == "driver" && !value.empty()) {
      filters.drivers_.push_back(value.str());
    } else if ((key == "label" || key == "label!") && !value.empty()) {
      filters.labels_.push_back(LabelFilter::from(value, key == "label"));
    } else {
      return fault(FaultKind::Invalid, "invalid filter '" + printable(text) +
                                           "': there are dangling=true|false, driver=, label=, label!= and name=");
    }
  }
  return filters;
}

llvm::Expected<bool> VolumeFilters::admit(const runtime::Volume& volume, const runtime::VolumeStore& store) const {
  auto isPart = [&](const std::string& part) { return llvm::StringRef(volume.name).contains(part); };
  if (!names_.empty() && llvm::none_of(names_, isPart)) return false;
  if (!drivers_.empty() && !llvm::is_contained(drivers_, runtime::kLocalDriver)) return false;
  if (!llvm::all_of(labels_, [&](const LabelFilter& label) { return label.fits(volume.labels); })) return false;
  if (!dangling_) return true;
  auto users = store.usersOf(volume.name);
  if (!users) return users.takeError();
  return users->empty() == *dangling_;
}

}  // namespace strata::cli
