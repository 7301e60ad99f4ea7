#pragma once
/// \file Who owns files really that lie on the disk as ours, because we may give them to nobody.

#include <llvm/ADT/DenseMap.h>

#include <sys/stat.h>
#include <cstdint>

namespace strata::layerfs {

/// Of one tree. What is not noted is root's.
class NotedOwners {
public:
  struct Owner {
    uint32_t uid = 0, gid = 0;
  };
  void note(uint64_t inode, Owner owner) { owners_[inode] = owner; }
  Owner of(const struct stat& status) const { return owners_.lookup(status.st_ino); }

private:
  llvm::DenseMap<uint64_t, Owner> owners_;
};

/// The owner that a file is to be taken as having; `noted`: null where the disk says it.
inline NotedOwners::Owner ownerOf(const struct stat& status, const NotedOwners* noted) {
  return noted ? noted->of(status) : NotedOwners::Owner{status.st_uid, status.st_gid};
}

}  // namespace strata::layerfs
