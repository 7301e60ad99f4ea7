#pragma once
/// \file The kinds of advice, a function each, and what several of them ask. analyzer/advice/advice.cc calls them all.

#include "analyzer/advice/advice.h"

#include <llvm/ADT/StringRef.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

using Advices = std::vector<Advice>;

/// `RUN chown` or `RUN chmod` behind the COPY whose files it changes, with nothing between that could tell the
/// difference: --chown and --chmod.
void adviseOwner(const AdviceFacts& facts, Advices& advice);
/// Files that a RUN leaves and a RUN after it removes.
void adviseMerge(const AdviceFacts& facts, Advices& advice);
/// Package managers whose caches are in layers, or that run again and again.
[[nodiscard]] llvm::Error adviseCacheMounts(const AdviceFacts& facts, Advices& advice);
/// What a COPY takes along and nobody needs.
[[nodiscard]] llvm::Error adviseIgnored(const AdviceFacts& facts, Advices& advice);
/// A COPY above RUNs that read nothing of it.
[[nodiscard]] llvm::Error adviseOrder(const AdviceFacts& facts, Advices& advice);
/// `COPY . .` above a RUN that reads a few of the files.
[[nodiscard]] llvm::Error adviseNarrow(const AdviceFacts& facts, Advices& advice);
/// Bases that moved.
[[nodiscard]] llvm::Error advisePin(const AdviceFacts& facts, Advices& advice);

// --- What they ask ---

/// The position of the step after this one in its stage; nothing where it is the last, or where the two do not stand
/// in the file one below the other with nothing but comments and blank lines between.
std::optional<size_t> directlyAfter(const AdviceFacts& facts, size_t position);
/// The next step of the stage, whatever instructions stand between that make no step.
std::optional<size_t> nextInStage(const builder::Build& build, size_t position);
/// The layer of the image that this step made.
std::optional<uint32_t> layerOf(const AdviceFacts& facts, size_t position);
/// What the step took when it was last executed, nanoseconds.
int64_t timeOf(const builder::BuildStep& step);
/// The component of this kind and, if one is named, name.
const builder::KeyComponent* componentOf(const builder::BuildStep& step, builder::KeyComponent::Kind kind,
                                         llvm::StringRef name = "");
bool hasOwnLines(const builder::BuildStep& step);  ///< not of an image's ONBUILD

/// A finding about a step, level Warning.
Finding findingAbout(const AdviceFacts& facts, size_t position, llvm::StringRef rule, const std::string& title);

}  // namespace strata::analyzer
