#pragma once
/// \file One reason for which a step had to run: what differs between two keys, or what became of the record.

#include "builder/journal/file_tree.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/JSON.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

struct Cause {
  enum class Kind {
    Instruction,  ///< before -> after: the text
    Argument,     ///< name, before -> after, where it is set now and was set before
    Environment,
    Files,          ///< changes: which
    BaseMoved,      ///< name, before -> after digest
    ParentRebuilt,  ///< rootCause: index of the step that all began with
    Destination,    ///< what is copied onto; with a name: "owner app", and before -> after, the numbers it stands for
    Mount,          ///< name, before -> after; what a cache begins with: rootCause
    Platform,       ///< before -> after
    Option,         ///< any other component: name, before -> after
    NoCache,        ///< name: "--no-cache" or "--no-cache-filter"
    // Of a key that had a record; name: what became of it, at: when
    LayerGone,     ///< its layer was not in the store any more
    RecordPruned,  ///< it was pruned
    Damaged,       ///< its layer was found damaged
    FirstBuild,    ///< this step was never built here, as far back as the journal goes
    Unknown,       ///< no component differs, and nothing is written down of the record; name: what is known of it
  };
  Kind kind = Kind::Unknown;
  std::string name;
  std::string before, after;
  std::string where, whereBefore;
  std::vector<builder::TreeChange> changes;  ///< largest first
  bool changesKnown = true;                  ///< false: the earlier tree has been pruned
  std::optional<uint32_t> rootCause;
  std::optional<uint32_t> source;  ///< Files out of a stage: the step that they came out of
  int64_t at = 0;                  ///< nanoseconds since 1970; 0: unknown
};

/// "argument", "parent-rebuilt": the name of a kind in JSON.
llvm::StringRef nameOf(Cause::Kind kind);
/// docs/json.md, "Reasons".
llvm::json::Value toJson(const Cause& cause);
llvm::json::Value toJson(const builder::TreeChange& change);

}  // namespace strata::analyzer
