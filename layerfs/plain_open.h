#pragma once
/// \file Opening what a walk has found, in a tree that somebody may be changing: a directory that has become a link
/// since leads nowhere.

#include "support/unique_fd.h"

#include <string>

namespace strata::layerfs {

/// openat(2) that follows no symbolic link, wherever on `path`; with O_PATH the last name may be one itself. Nothing
/// open: errno says why, ELOOP for a link.
UniqueFd openWithoutLinks(int directory, const std::string& path, int flags);

}  // namespace strata::layerfs
