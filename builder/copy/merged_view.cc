#include "builder/copy/merged_view.h"

#include "builder/context/rooted_path.h"
#include "support/fault.h"
#include "support/text.h"

namespace strata::builder {

llvm::Expected<MergedView::Entry> MergedView::at(const std::string& path) {
  if (path.empty() || path == destination_) return Entry{Kind::Directory, ""};
  if (auto found = upper_.find(path); found != upper_.end()) return found->second;
  for (llvm::StringRef above = path; !hidden_.empty() && !above.empty(); above = parentOf(above))
    if (hidden_.count(above.str())) return Entry();
  return below_(path);
}

llvm::Expected<std::string> MergedView::placeOf(llvm::StringRef path, Implied implied) {
  constexpr int kMaxLinks = 40;
  auto fail = [&](const llvm::Twine& why) {
    return fault(FaultKind::Invalid, "cannot extract \"" + printable(path) + "\": " + why);
  };
  std::vector<std::string> pending;  // the next one last
  auto push = [&](llvm::StringRef names) {
    llvm::SmallVector<llvm::StringRef, 8> parts;
    names.split(parts, '/', -1, /*KeepEmpty=*/false);
    for (llvm::StringRef part : llvm::reverse(parts))
      if (part != ".") pending.push_back(part.str());
  };
  push(parentOf(path));
  std::string where = destination_;
  for (int links = 0; !pending.empty();) {
    std::string name = std::move(pending.back());
    pending.pop_back();
    if (name == "..") {
      where = parentOf(where).str();
      continue;
    }
    std::string next = below(where, name);
    auto entry = at(next);
    if (!entry) return entry.takeError();
    if (entry->kind == Kind::Other) return fail("\"/" + printable(next) + "\" is no directory");
    if (entry->kind == Kind::Link) {
      if (++links > kMaxLinks) return fail("too many levels of symbolic links");
      if (llvm::StringRef(entry->target).starts_with("/")) where.clear();
      push(entry->target);
      continue;
    }
    if (next != destination_ && !upper_.count(next)) {
      if (auto error = implied(next, entry->kind == Kind::Directory)) return error;
      upper_[next] = {Kind::Directory, ""};
    }
    where = std::move(next);
  }
  return below(where, baseNameOf(path));
}

bool MergedView::made(const std::string& path, Kind kind, llvm::StringRef target) {
  auto before = upper_.find(path);
  bool wasDirectory = before != upper_.end() && before->second.kind == Kind::Directory;
  bool replaces = before != upper_.end() && !wasDirectory && kind == Kind::Directory;
  if (replaces) hidden_.insert(path);
  if (wasDirectory && kind != Kind::Directory) {
    auto first = upper_.lower_bound(path + "/");
    auto last = first;
    while (last != upper_.end() && llvm::StringRef(last->first).starts_with(path + "/")) ++last;
    upper_.erase(first, last);
  }
  upper_[path] = {kind, target.str()};
  return replaces;
}

}  // namespace strata::builder
