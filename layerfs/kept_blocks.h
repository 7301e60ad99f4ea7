#pragma once
/// \file The compressed form of a layer's tar as far as a later one may begin alike, kept beside it, so that a push of
/// the next version of a large COPY compresses only what comes after the first difference. A directory `compressed/`
/// with one file for each kGroup bytes of tar and each way to compress, `gzip-2.7`: magic, checksum (XXH3 of what
/// follows), what the codec has to know to go on behind it (BlockCodec::mark()), and the compressed blocks as they
/// stand in the stream. Files of a tar that begins alike are links. A cache: what is damaged or missing is compressed
/// again.

#include <llvm/ADT/StringRef.h>

#include <cstdint>
#include <optional>
#include <string>

namespace strata::layerfs {

class KeptBlocks {
public:
  static constexpr uint64_t kGroup = 8 << 20;  ///< bytes of tar; a multiple of every codec's block

  /// `codec`: what names one way to compress. The directory is made with the first group.
  KeptBlocks(std::string directory, std::string codec) : directory_(std::move(directory)), codec_(std::move(codec)) {}

  struct Group {
    std::string bytes;
    uint32_t mark = 0;
  };
  /// The next group, if it is kept; the one behind it is the next then.
  std::optional<Group> take();
  /// The next block of a stream, `size` bytes of content compressed; full groups are kept. What cannot be written is
  /// not kept, nor anything behind it.
  void add(llvm::StringRef compressed, uint64_t size, uint32_t mark);
  uint64_t taken() const { return next_ * kGroup; }  ///< bytes of tar

  /// Gives the directory `to` what `from` keeps of the first `alike` bytes, which both tars have.
  static void share(const std::string& from, const std::string& to, uint64_t alike);

private:
  std::string pathOf(uint64_t number) const;
  bool keep(uint32_t mark);

  std::string directory_, codec_;
  uint64_t next_ = 0;    ///< number of the group that is taken or filled
  std::string filling_;  ///< compressed, behind room for the header
  uint64_t filled_ = 0;  ///< bytes of tar in it
  bool failed_ = false;
};

}  // namespace strata::layerfs
