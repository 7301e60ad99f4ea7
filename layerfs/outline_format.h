#pragma once
/// \file How an outline's tail is framed: what outline_tail_writer.cc writes and outline_tail.cc reads.

#include <llvm/ADT/StringRef.h>

#include <cstddef>
#include <cstdint>

namespace strata::layerfs::outline_format {

/// A gzip member of nothing, whose header has one extra field: "SO" and its length.
inline constexpr auto kMemberHead = llvm::StringLiteral::withInnerNUL("\x1f\x8b\x08\x04\0\0\0\0\0\xff");
inline constexpr llvm::StringLiteral kField("SO");
inline constexpr auto kMemberEnd = llvm::StringLiteral::withInnerNUL("\x03\0\0\0\0\0\0\0\0\0");
inline constexpr size_t kFieldHead = 4, kLongestField = 0xffff - kFieldHead;

/// One of the sixteen magic numbers of skippable frames; others are in use elsewhere.
inline constexpr uint32_t kFrame = 0x184d2a5a;

}  // namespace strata::layerfs::outline_format
