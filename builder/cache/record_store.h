#pragma once
/// \file Cache records: what a key gave. A record is found by the full key (of the operation and the content of its
/// inputs) or by an alias: a cheaper key that needs no looking into the parent, good as long as nothing about the
/// inputs changed.

#include "layerfs/ids.h"
#include "support/database.h"
#include "support/digest.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace strata::builder {

struct CacheRecord {
  Digest key;
  layerfs::LayerId layer;
  int64_t created = 0;   ///< nanoseconds since 1970: when the layer came about; the history's time
  int64_t duration = 0;  ///< nanoseconds that it took
  Digest tree;           ///< COPY, ADD: the files that were taken
  Digest facts;          ///< COPY, ADD, WORKDIR: what the destination was like
  /// Names the files that came out: what the state of the tree is made of, beside the parent's. None stands
  /// for the key; else that of an earlier record whose files are the same, noOutput(), or one of its own.
  Digest output;
  Digest outputOrKey() const { return output ? output : key; }

  /// The columns of every query for records: key, layer, created, duration, tree, facts, output.
  static CacheRecord read(const Statement& row);
};

/// Why a record is no longer there: what a later miss is explained with.
struct RecordRemoval {
  enum class Kind {
    Pruned,
    LayerGone,  ///< its layer was not there any more
    Damaged,    ///< its layer was damaged
  };
  Kind kind = Kind::Pruned;
  int64_t at = 0;      ///< nanoseconds since 1970
  std::string reason;  ///< a clause: "by `strata builder prune`: 0.3 s to have it again, used 2 days ago"
};

/// The output of a step that left its tree as it was.
Digest noOutput();

class RecordStore {
public:
  static llvm::Expected<std::unique_ptr<RecordStore>> open(Database& database);

  /// A miss is an answer: nullopt.
  llvm::Expected<std::optional<CacheRecord>> find(const Digest& key);
  llvm::Expected<std::optional<CacheRecord>> findByAlias(const Digest& alias);
  /// `used`: when it was last used, if that is later than its layer's time.
  [[nodiscard]] llvm::Error put(const CacheRecord& record, int64_t used = 0);
  [[nodiscard]] llvm::Error putAlias(const Digest& alias, const Digest& key);
  /// Leaves a note of it.
  [[nodiscard]] llvm::Error remove(const Digest& key, const RecordRemoval& why);
  /// The note of a record that was there once. A newer record of the key makes it void.
  llvm::Expected<std::optional<RecordRemoval>> findRemoval(const Digest& key);
  /// Drops notes that are void, and the oldest of very many.
  [[nodiscard]] llvm::Error tidyRemovals();

  /// The time first seen for this key, which stays: for what has no layer of its own to take a time from.
  llvm::Expected<int64_t> firstSeen(const Digest& key, int64_t now);

  /// Says that these were used now; one transaction.
  [[nodiscard]] llvm::Error touch(llvm::ArrayRef<Digest> keys, int64_t now);

  llvm::Expected<std::vector<layerfs::LayerId>> layers();  ///< named by any record, each once
  llvm::Expected<uint64_t> count();
  struct Use {
    CacheRecord record;
    int64_t used = 0;  ///< last, nanoseconds since 1970
  };
  llvm::Expected<std::vector<Use>> list();
  /// Removes records last used before this time (nothing: all) with their aliases, and leaves a note of each; the
  /// number removed.
  llvm::Expected<uint64_t> prune(std::optional<int64_t> unusedSince, llvm::StringRef reason);

private:
  explicit RecordStore(Database& database) : database_(database) {}
  Database& database_;
};

}  // namespace strata::builder
