#include "layerfs/parallel_compressor.h"

#include "support/fault.h"

#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstring>

namespace strata::layerfs {

/// Waiting -> Taken -> Done, and Waiting again for the next bytes. Whoever takes it compresses it; all else is the
/// owner's. A task that comes after its block was done and filled anew does no harm: it takes the new bytes.
struct ParallelCompressor::Block {
  enum State { Waiting, Taken, Done };
  std::atomic<State> state = Done;
  std::unique_ptr<char[]> input, output;
  size_t inputSize = 0, outputSize = 0;
  uint32_t mark = 0;    ///< the codec's, behind this block
  std::string problem;  ///< why it could not be compressed

  explicit Block(const BlockCodec& codec)
      : input(std::make_unique_for_overwrite<char[]>(codec.blockSize())),
        output(std::make_unique_for_overwrite<char[]>(codec.bound())) {}

  llvm::StringRef content() const { return {input.get(), inputSize}; }
  char* end() { return input.get() + inputSize; }
  bool take() {
    State expected = Waiting;
    return state.compare_exchange_strong(expected, Taken);
  }
  void compress(const BlockCodec& codec) {
    auto size = codec.compress(content(), output.get());
    if (size)
      outputSize = *size;
    else
      problem = messageOf(size.takeError());
    state = Done;
    state.notify_all();
  }
};

struct ParallelCompressor::Workers {
  explicit Workers(unsigned threads) : arena(int(threads)) {}
  oneapi::tbb::task_arena arena;  ///< with one place for the owner, who never enters it
};

ParallelCompressor::ParallelCompressor(std::unique_ptr<BlockCodec> codec, ByteSink& sink, unsigned threads,
                                       std::optional<KeptBlocks> kept)
    : codec_(std::move(codec)), sink_(sink), mostUnderWay_(2 * threads), kept_(std::move(kept)) {
  if (threads > 1) workers_ = std::make_unique<Workers>(threads);
}

/// What nobody has begun with is not begun any more.
ParallelCompressor::~ParallelCompressor() {
  for (const std::shared_ptr<Block>& block : underWay_) block->take();
}

std::shared_ptr<ParallelCompressor::Block> ParallelCompressor::emptyBlock() {
  if (spare_.empty()) return std::make_shared<Block>(*codec_);
  auto block = std::move(spare_.back());
  spare_.pop_back();
  block->inputSize = 0;
  return block;
}

llvm::Error ParallelCompressor::write(llvm::StringRef bytes) {
  while (!bytes.empty()) {
    if (!filling_) filling_ = emptyBlock();
    llvm::StringRef part = bytes.take_front(codec_->blockSize() - filling_->inputSize);
    if (part.data() != filling_->end()) std::memcpy(filling_->end(), part.data(), part.size());
    filling_->inputSize += part.size();
    bytes = bytes.drop_front(part.size());
    if (filling_->inputSize == codec_->blockSize())
      if (auto error = offer(false)) return error;
  }
  return llvm::Error::success();
}

llvm::MutableArrayRef<char> ParallelCompressor::room() {
  if (!filling_) filling_ = emptyBlock();
  return {filling_->end(), codec_->blockSize() - filling_->inputSize};
}

llvm::Error ParallelCompressor::begin() {
  if (begun_) return llvm::Error::success();
  begun_ = true;
  return sink_.write(codec_->opening());
}

llvm::Expected<uint64_t> ParallelCompressor::takeKept() {
  while (auto group = kept_ ? kept_->take() : std::nullopt) {
    if (auto error = begin()) return error;
    if (auto error = sink_.write(group->bytes)) return error;
    codec_->resume(kept_->taken(), group->mark);
  }
  return kept_ ? kept_->taken() : 0;
}

/// The last block is not offered where nothing else is under way: starting a worker costs more than a small layer.
llvm::Error ParallelCompressor::offer(bool isLast) {
  if (auto error = begin()) return error;
  auto block = std::move(filling_);
  codec_->pass(block->content());
  block->mark = codec_->mark();
  block->state = Block::Waiting;
  bool alone = isLast && underWay_.empty();
  underWay_.push_back(block);
  if (workers_ && !alone)
    workers_->arena.enqueue([codec = codec_, block] {
      if (block->take()) block->compress(*codec);
    });
  return underWay_.size() < mostUnderWay_ ? llvm::Error::success() : retireOldest();
}

llvm::Error ParallelCompressor::retireOldest() {
  auto block = std::move(underWay_.front());
  underWay_.pop_front();
  if (block->take()) block->compress(*codec_);
  block->state.wait(Block::Taken);
  if (!block->problem.empty()) return fault(FaultKind::Io, block->problem);
  llvm::StringRef compressed(block->output.get(), block->outputSize);
  if (kept_) kept_->add(compressed, block->inputSize, block->mark);
  auto error = sink_.write(compressed);
  spare_.push_back(std::move(block));
  return error;
}

llvm::Error ParallelCompressor::finish() {
  if (!begun_ && !filling_) filling_ = emptyBlock();
  if (!begun_ || (filling_ && filling_->inputSize > 0))
    if (auto error = offer(true)) return error;
  while (!underWay_.empty())
    if (auto error = retireOldest()) return error;
  return sink_.write(codec_->closing());
}

}  // namespace strata::layerfs
