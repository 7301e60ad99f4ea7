#include "layerfs/ids.h"

namespace strata::layerfs {

ChainId chainIdOf(llvm::ArrayRef<DiffId> diffIds) {
  ChainId chain;
  for (size_t i = 0; i < diffIds.size(); ++i)
    chain.digest = i == 0 ? diffIds[0].digest : digestOf(chain.digest.str() + " " + diffIds[i].digest.str());
  return chain;
}

}  // namespace strata::layerfs
