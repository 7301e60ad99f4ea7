#include "cli/image_filters.h"

#include "registry/reference.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <fnmatch.h>

namespace strata::cli {

namespace {
bool fits(const std::string& pattern, const NameParts& name) {
  std::string whole = name.repository + ":" + name.tag;
  return ::fnmatch(pattern.c_str(), name.repository.c_str(), FNM_PATHNAME) == 0 ||
         ::fnmatch(pattern.c_str(), whole.c_str(), FNM_PATHNAME) == 0;
}

llvm::Expected<int64_t> createdOf(llvm::StringRef name, layerfs::ImageStore& images) {
  auto found = findImage(images, name);
  if (!found) return found.takeError();
  auto all = images.list();
  if (!all) return all.takeError();
  auto image = llvm::find_if(*all, [&](const layerfs::ImageSummary& one) { return one.id == found->id; });
  if (image == all->end()) return fault(FaultKind::NotFound, "No such image: " + printable(name));
  return image->created;
}
}  // namespace

llvm::Expected<ImageFilters> ImageFilters::read(llvm::ArrayRef<std::string> texts, layerfs::ImageStore& images) {
  ImageFilters filters;
  std::vector<std::string> others;
  for (llvm::StringRef text : texts) {
    auto [key, value] = text.split('=');
    if (key == "reference" && !value.empty()) {
      filters.patterns_.push_back(value.str());
    } else if (auto dangling = booleanOf(value); key == "dangling" && dangling) {
      filters.dangling_ = dangling;
    } else if ((key == "before" || key == "since") && !value.empty()) {
      auto created = createdOf(value, images);
      if (!created) return withContext(created.takeError(), "filter " + printable(text));
      (key == "before" ? filters.before_ : filters.since_) = *created;
    } else if ((key == "label" || key == "label!" || key == "until") && !value.empty()) {
      others.push_back(text.str());
    } else {
      return fault(FaultKind::Invalid, "invalid filter '" + printable(text) +
                                           "': there are dangling=true|false, reference=PATTERN, label=, label!=, "
                                           "before=IMAGE, since=IMAGE and until=");
    }
  }
  auto read = readPruneFilters(others);
  if (!read) return read.takeError();
  filters.others_ = std::move(*read);
  return filters;
}

llvm::Error ImageFilters::narrow(llvm::StringRef name) {
  if (name.find_first_of("*?[") != llvm::StringRef::npos) {
    patterns_.push_back(name.str());
    return llvm::Error::success();
  }
  auto reference = registry::parseReference(name);
  if (!reference) return reference.takeError();
  repository_ = reference->familiarRepository();
  if (name.ends_with(":" + reference->tag)) tag_ = reference->tag;
  return llvm::Error::success();
}

bool ImageFilters::admit(const layerfs::ImageSummary& image, layerfs::ImageStore& images) const {
  if (dangling_ && *dangling_ != image.isDangling()) return false;
  if (before_ && image.created >= *before_) return false;
  if (since_ && image.created <= *since_) return false;
  return others_.admit(image, images);
}

bool ImageFilters::admit(const NameParts& name) const {
  if (repository_ && name.repository != *repository_) return false;
  if (tag_ && name.tag != *tag_) return false;
  return patterns_.empty() || llvm::any_of(patterns_, [&](const std::string& pattern) { return fits(pattern, name); });
}

}  // namespace strata::cli
