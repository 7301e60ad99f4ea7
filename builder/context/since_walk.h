#pragma once
/// \file What has become of a file since somebody saw it. Builds write logs into their own contexts
/// (`build . 2>build.log`): of a file that has only grown the bytes that it had are as good as one that stays. That it
/// has only grown, and was not written anew, is known once its beginning was read twice and was the same.

#include "builder/context/source_tree.h"

#include <llvm/Support/Error.h>

#include <sys/stat.h>

namespace strata::builder {

enum class SinceWalk { Same, Grown, Changed };
SinceWalk sinceWalk(const struct stat& now, const SourceNode& node);

/// Whether an open file whose content is known was that when as many bytes of it were read as it had. Faults: Io.
/// `now`: what fstat(2) says of it after that.
llvm::Expected<bool> isAsSelected(int fd, const struct stat& now, const SourceNode& node);
/// Whether the first `length` bytes of an open file have this digest. Faults: Io.
llvm::Expected<bool> beginsWith(int fd, uint64_t length, const Digest& content);

}  // namespace strata::builder
