#include "cli/containers/container_filters.h"

#include "cli/containers/container_texts.h"
#include "cli/image_lookup.h"
#include "cli/label_filter.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Regex.h>

#include <map>

namespace strata::cli {

namespace {
using runtime::Container;
using Test = std::function<bool(const Container&)>;
using Maker = llvm::Expected<Test> (*)(llvm::StringRef value, runtime::ContainerStore& store);

llvm::Expected<Test> byId(llvm::StringRef value, runtime::ContainerStore&) {
  return Test([value = value.str()](const Container& one) { return llvm::StringRef(one.id).starts_with(value); });
}

/// docker matches names, with their slash, against a regular expression.
llvm::Expected<Test> byName(llvm::StringRef value, runtime::ContainerStore&) {
  auto regex = std::make_shared<llvm::Regex>(value);
  std::string wrong;
  if (!regex->isValid(wrong)) return fault(FaultKind::Invalid, "invalid filter 'name=" + value + "': " + wrong);
  return Test([regex](const Container& one) { return regex->match(one.name) || regex->match("/" + one.name); });
}

llvm::Expected<Test> byLabel(llvm::StringRef value, runtime::ContainerStore&) {
  return Test([label = LabelFilter::from(value)](const Container& one) { return label.fits(one.config.labels); });
}

llvm::Expected<Test> byStatus(llvm::StringRef value, runtime::ContainerStore&) {
  auto status = runtime::statusFrom(value);
  if (!status)
    return fault(FaultKind::Invalid, "invalid filter 'status=" + value +
                                         "': created, running, paused, restarting, removing, exited or dead");
  return Test([status = *status](const Container& one) { return one.state.status == status; });
}

llvm::Expected<Test> byAncestor(llvm::StringRef value, runtime::ContainerStore&) {
  return Test([value = value.str()](const Container& one) {
    std::string withTag = one.config.image + ":latest";
    return one.config.image == value || withTag == value || one.imageId.str() == value ||
           (value.size() >= 4 && llvm::StringRef(one.imageId.hex()).starts_with(value));
  });
}

llvm::Expected<Test> byExit(llvm::StringRef value, runtime::ContainerStore&) {
  int64_t code = 0;
  if (value.getAsInteger(10, code)) return fault(FaultKind::Invalid, "invalid filter 'exited=" + value + "': a number");
  return Test([code](const Container& one) {
    return one.state.status == runtime::ContainerStatus::Exited && one.state.exitCode == code;
  });
}

llvm::Expected<Test> before(llvm::StringRef value, runtime::ContainerStore& store) {
  auto other = store.find(value);
  if (!other) return other.takeError();
  return Test([created = other->created](const Container& one) { return one.created < created; });
}

llvm::Expected<Test> since(llvm::StringRef value, runtime::ContainerStore& store) {
  auto other = store.find(value);
  if (!other) return other.takeError();
  return Test([created = other->created](const Container& one) { return one.created > created; });
}

llvm::Expected<Test> byNetwork(llvm::StringRef value, runtime::ContainerStore&) {
  return Test([value = value.str()](const Container& one) {
    return one.hostConfig.networkMode == value || llvm::StringRef(one.network).contains("\"" + value + "\":");
  });
}

llvm::Expected<Test> byVolume(llvm::StringRef value, runtime::ContainerStore&) {
  return Test([value = value.str()](const Container& one) {
    return llvm::any_of(one.mounts, [&](const runtime::ContainerMount& mount) {
      return mount.name == value || mount.destination == value || mount.source == value;
    });
  });
}

llvm::Expected<Test> byHealth(llvm::StringRef value, runtime::ContainerStore&) {
  return Test([value = value.str()](const Container& one) {
    std::string health = healthOf(one);
    return health.empty() ? value == "none" : health == value;
  });
}

const std::map<llvm::StringRef, Maker>& makers() {
  static const std::map<llvm::StringRef, Maker> kMakers = {
      {"id", byId},         {"name", byName},     {"label", byLabel},    {"status", byStatus},
      {"exited", byExit},   {"before", before},   {"since", since},      {"ancestor", byAncestor},
      {"volume", byVolume}, {"health", byHealth}, {"network", byNetwork}};
  return kMakers;
}
}  // namespace

llvm::Expected<ContainerFilters> ContainerFilters::read(const std::vector<std::string>& texts,
                                                        runtime::ContainerStore& store) {
  ContainerFilters filters;
  std::map<std::string, size_t> groups;
  for (llvm::StringRef text : texts) {
    auto [key, value] = text.split('=');
    auto maker = makers().find(key);
    if (maker == makers().end() || !text.contains('=')) {
      std::vector<llvm::StringRef> names;
      for (const auto& [name, make] : makers()) names.push_back(name);
      return fault(FaultKind::Invalid,
                   "invalid filter '" + printable(text) + "': write KEY=VALUE with one of " + llvm::join(names, ", "));
    }
    auto test = maker->second(value, store);
    if (!test) return test.takeError();
    filters.asksForStatus_ |= key == "status" || key == "exited";
    auto [group, isNew] = groups.try_emplace(key.str(), filters.all_.size());
    if (isNew || key == "label")
      filters.all_.push_back({std::move(*test)});
    else
      filters.all_[group->second].push_back(std::move(*test));
  }
  return filters;
}

bool ContainerFilters::admit(const Container& container) const {
  return llvm::all_of(all_, [&](const std::vector<Test>& group) {
    return llvm::any_of(group, [&](const Test& test) { return test(container); });
  });
}

}  // namespace strata::cli
