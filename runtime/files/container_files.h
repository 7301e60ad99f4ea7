#pragma once
/// \file What a container has written, and all its files, read from its layers without mounting anything; also while it
/// runs. What is mounted in it, volumes first of all, is not part of that.

#include "layerfs/layer_stack.h"
#include "layerfs/store.h"
#include "runtime/containers/container_store.h"
#include "support/bytes.h"
#include "support/cancel.h"

#include <llvm/Support/Error.h>

#include <memory>
#include <string>
#include <vector>

namespace strata::runtime {

enum class ChangeKind { Modified = 0, Added = 1, Deleted = 2 };  ///< docker's numbers
struct FileChange {
  std::string path;  ///< absolute
  ChangeKind kind;
};
/// What differs from its image, by path. Directories above a change count as modified, and so does a file with another
/// time; a directory of which only the time is another does not. Faults: NotFound; Io.
llvm::Expected<std::vector<FileChange>> changesOf(const Container& container, const ContainerStore& containers,
                                                  layerfs::Store& store);

/// Its whole root as a tar, with the empty places at which every container has something mounted.
[[nodiscard]] llvm::Error exportContainer(const Container& container, const ContainerStore& containers,
                                          layerfs::Store& store, ByteSink& sink);

/// What it has written as a layer of the store; null: nothing. A layer with the same files that is there already is
/// returned instead. Faults: Invalid if a file changed while it was read: see Standstill; Cancelled.
llvm::Expected<std::shared_ptr<layerfs::Layer>> layerOf(const Container& container, const ContainerStore& containers,
                                                        layerfs::Store& store, const CancelToken& cancel);

}  // namespace strata::runtime
