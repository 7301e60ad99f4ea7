#include "cli/event_filters.h"

#include "cli/label_filter.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::cli {

namespace {
constexpr llvm::StringRef kEventKeys[] = {"container", "daemon", "event", "image", "label",
                                          "network",   "scope",  "type",  "volume"};

/// By id, its beginning, or name. An image's event names it with its tag.
bool isActor(const layerfs::Event& event, llvm::StringRef wanted) {
  auto attribute = event.attributes.find("name");
  llvm::StringRef name = attribute == event.attributes.end() ? event.actor : attribute->second;
  wanted.consume_front("/");
  bool isImage = event.type == "image" && name.starts_with((wanted + ":").str());
  return isImage || name == wanted || llvm::StringRef(event.actor).starts_with(wanted);
}

bool isOfImage(const layerfs::Event& event, llvm::StringRef wanted) {
  if (event.type == "image") return isActor(event, wanted);
  auto image = event.attributes.find("image");
  if (image == event.attributes.end()) return false;
  return image->second == wanted || llvm::StringRef(image->second).split(':').first == wanted;
}
}  // namespace

llvm::Expected<EventFilters> EventFilters::read(const std::vector<std::string>& texts) {
  EventFilters filters;
  for (llvm::StringRef text : texts) {
    auto [key, value] = text.split('=');
    if (!llvm::is_contained(kEventKeys, key) || value.empty())
      return fault(FaultKind::Invalid,
                   "invalid filter '" + printable(text) + "'" + didYouMean(key, kEventKeys) +
                       ": there are container=, event=, image=, label=, network=, type= and volume=");
    filters.values_[key.str()].push_back(value.str());
  }
  return filters;
}

bool EventFilters::admit(const layerfs::Event& event) const {
  return llvm::all_of(values_, [&](const auto& filter) { return admitsKey(filter.first, filter.second, event); });
}

bool EventFilters::admitsKey(llvm::StringRef key, const std::vector<std::string>& values,
                             const layerfs::Event& event) const {
  if (key == "label")
    return llvm::all_of(values,
                        [&](const std::string& label) { return LabelFilter::from(label).fits(event.attributes); });
  return llvm::any_of(values, [&](const std::string& value) {
    if (key == "type") return event.type == value;
    if (key == "event") return event.action == value || llvm::StringRef(event.action).starts_with(value + ":");
    if (key == "scope") return value == "local";
    if (key == "daemon") return true;  // there is one store
    if (key == "image") return isOfImage(event, value);
    return event.type == key && isActor(event, value);
  });
}

}  // namespace strata::cli
