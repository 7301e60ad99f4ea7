#pragma once
/// \file Tars out of bytes that are made up.

#include <llvm/ADT/StringRef.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>

namespace strata::fuzz {

/// The input with the right checksum in every header, which made-up bytes do not come by.
inline std::string mendedTar(llvm::StringRef input) {
  constexpr size_t kMagicAt = 257, kSumAt = 148, kBlock = 512;
  std::string tar = input.str();
  for (size_t at = 0; at + kBlock <= tar.size(); at += kBlock) {
    if (at > 0 && llvm::StringRef(tar).substr(at + kMagicAt, 5) != "ustar") continue;
    std::fill_n(&tar[at + kSumAt], 8, ' ');
    unsigned sum = 0;
    for (size_t i = 0; i < kBlock; ++i) sum += uint8_t(tar[at + i]);
    std::snprintf(&tar[at + kSumAt], 8, "%06o", sum);
  }
  return tar;
}

}  // namespace strata::fuzz
