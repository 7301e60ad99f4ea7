#include "runtime/volumes/tmpfs_options.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::runtime {

namespace {
using llvm::StringRef;

constexpr StringRef kFlags[] = {"ro",       "rw",         "nosuid",      "suid",          "nodev",    "dev",
                                "noexec",   "exec",       "sync",        "async",         "dirsync",  "remount",
                                "mand",     "nomand",     "atime",       "noatime",       "diratime", "nodiratime",
                                "relatime", "norelatime", "strictatime", "nostrictatime", "defaults"};

/// A number, perhaps of a unit of 1024, or a percentage. Source: tmpfs(5).
bool isAmount(StringRef text) {
  if (!text.empty() && StringRef("kmgtpKMGTP%").contains(text.back())) text = text.drop_back();
  return !text.empty() && llvm::all_of(text, llvm::isDigit);
}

bool isGood(StringRef option) {
  auto [key, value] = option.split('=');
  if (!option.contains('=')) return llvm::is_contained(kFlags, option);
  if (key == "size" || key == "nr_blocks" || key == "nr_inodes") return isAmount(value);
  if (key == "uid" || key == "gid") return !value.empty() && llvm::all_of(value, llvm::isDigit);
  if (key == "mode") return !value.empty() && value.find_first_not_of("01234567") == StringRef::npos;
  return false;
}
}  // namespace

llvm::Error checkTmpfsOptions(StringRef options) {
  llvm::SmallVector<StringRef> parts;
  options.split(parts, ',', -1, false);
  for (StringRef part : parts)
    if (!isGood(part)) return fault(FaultKind::Invalid, "invalid tmpfs option [\"" + printable(part) + "\"]");
  return llvm::Error::success();
}

}  // namespace strata::runtime
