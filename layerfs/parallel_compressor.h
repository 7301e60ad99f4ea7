#pragma once
/// \file The engine behind makeCompressor(): blocks of a stream compressed by several threads, given on in order.

#include "layerfs/block_codec.h"
#include "layerfs/compression.h"
#include "layerfs/kept_blocks.h"

#include <deque>
#include <memory>
#include <vector>

namespace strata::layerfs {

/// The owner's thread fills blocks and offers each to the workers of a oneTBB arena. When as many are under way as
/// memory is meant for, it takes the oldest: one that nobody has begun with it compresses itself, so that the stream
/// goes on however busy the workers are, even if there are none.
class ParallelCompressor : public Compressor {
public:
  ParallelCompressor(std::unique_ptr<BlockCodec> codec, ByteSink& sink, unsigned threads,
                     std::optional<KeptBlocks> kept);
  ~ParallelCompressor() override;
  llvm::Error write(llvm::StringRef bytes) override;
  llvm::MutableArrayRef<char> room() override;  ///< the rest of the block that is being filled
  llvm::Expected<uint64_t> takeKept() override;
  llvm::Error finish() override;

private:
  struct Block;
  struct Workers;
  llvm::Error begin();
  llvm::Error offer(bool isLast);
  llvm::Error retireOldest();
  std::shared_ptr<Block> emptyBlock();

  std::shared_ptr<BlockCodec> codec_;  ///< shared with tasks that come too late
  ByteSink& sink_;
  size_t mostUnderWay_;
  std::unique_ptr<Workers> workers_;  ///< none for one thread
  std::shared_ptr<Block> filling_;
  std::deque<std::shared_ptr<Block>> underWay_;  ///< oldest first
  std::vector<std::shared_ptr<Block>> spare_;
  std::optional<KeptBlocks> kept_;
  bool begun_ = false;
};

}  // namespace strata::layerfs
