#pragma once
/// \file What a RUN opened of the files that stood there before it (`strata build --trace-reads`): told for each
/// earlier step whose files it saw, with what of them it left alone. Kept by the RUN's key, so that a step that comes
/// from the cache has what was seen when it was executed. No part of any key.

#include "builder/journal/journal.h"
#include "support/database.h"
#include "support/digest.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// A file that was opened. Paths are relative to the root, without a leading '/', any bytes but NUL.
struct ReadFile {
  std::string path;
  bool executed = false;  ///< as a program or the interpreter of one, perhaps among other things
  bool operator==(const ReadFile&) const = default;
};

/// A file that was not opened, or a directory in which none was, whole.
struct UnreadPath {
  std::string path;  ///< "" is the root: nothing of the step was opened
  bool isDirectory = false;
  uint64_t files = 1, bytes = 0;
  bool operator==(const UnreadPath&) const = default;
};

/// The files of one earlier step as the RUN found them: those that no later step had removed or replaced. Regular files
/// alone, each name of a hard link one.
struct ReadSource {
  Digest key;               ///< of that step; none of a base image
  std::string instruction;  ///< "copy"; "from": a base image
  std::string stage;
  std::string name;  ///< "[build 2/4] COPY . ."
  uint32_t firstLine = 0;
  uint64_t files = 0, bytes = 0;
  uint64_t readFiles = 0, readBytes = 0;
  std::vector<ReadFile> read;      ///< in path order; all that were opened
  std::vector<UnreadPath> unread;  ///< in path order, at most kMostUnread
  bool moreUnread = false;
  bool operator==(const ReadSource&) const = default;

  static constexpr size_t kMostUnread = 10'000;
};

struct StepReads {
  std::string build;                ///< id of the build that executed and traced it
  int64_t traced = 0;               ///< when: nanoseconds since 1970
  bool incomplete = false;          ///< more was opened than this says
  std::vector<ReadSource> sources;  ///< lowest first; none without files
  std::vector<std::string> listed;  ///< directories of theirs that were opened, in path order: names in them may count
  bool operator==(const StepReads&) const = default;

  std::string encode() const;                                      ///< versioned
  static llvm::Expected<StepReads> decode(llvm::StringRef bytes);  ///< Faults: Corrupt
};

/// The step of a build whose files a source is; nothing where that build has no such step.
std::optional<size_t> stepOf(const ReadSource& source, const Build& build);

/// The reads of RUN steps by their key; those of a step go with the last build of the journal that has it. Any thread.
class ReadStore {
public:
  /// After Journal::open, whose table it refers to.
  static llvm::Expected<std::unique_ptr<ReadStore>> open(Database& database);
  /// In the place of what an earlier execution left.
  [[nodiscard]] llvm::Error put(const Digest& key, const StepReads& reads);
  /// Nothing where no traced execution is known. What is damaged is dropped and reported.
  llvm::Expected<std::optional<StepReads>> find(const Digest& key);
  /// Forgets those of steps that no build of the journal ever had: of builds that were killed.
  [[nodiscard]] llvm::Error dropUnnamed();

private:
  explicit ReadStore(Database& database) : database_(database) {}
  Database& database_;
};

}  // namespace strata::builder
