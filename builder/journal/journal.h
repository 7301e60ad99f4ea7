#pragma once
/// \file What was built, step by step, and what each step's cache key was made of. Written once at the end of a build
/// (and of a failed one); read by the analyzer, which compares builds and guesses nothing. Secrets never come here.

#include "support/database.h"
#include "support/digest.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// One named part of a cache key. Parts with the same kind and name in two builds are the same question with two
/// answers.
struct KeyComponent {
  enum class Kind {
    Instruction,  ///< the command or operation itself; value: its text
    Parent,       ///< what the step stands on; step: which one (or the base); value: its state
    Base,         ///< an image; name: the reference as written; value: its digest
    Arg,          ///< name, value; where: "Dockerfile:3" or "--build-arg"
    Env,          ///< name, value; where: "Dockerfile:4" or "base image"
    Files,        ///< name: source as written ("src/"); tree: what was taken
    Destination,  ///< what the destination was like; name "owner app": which numbers --chown or USER stands for there
    User,
    Workdir,
    Shell,
    Network,
    Platform,
    Mount,
    Option,  ///< anything else that was said on the line or for the build: name, value
  };
  Kind kind = Kind::Instruction;
  std::string name;
  std::string value;
  std::string where;
  uint32_t line = 0;             ///< Arg: where it is declared; 0: unknown
  Digest tree;                   ///< Files: root TreeObject
  std::optional<uint32_t> step;  ///< Parent, Files from a stage: index of that step in the build
};
llvm::StringRef nameOf(KeyComponent::Kind kind);

struct BuildStep {
  enum class Outcome { Hit, Executed, Failed, Cancelled, Skipped };
  /// Why there was no record to use; None for a hit.
  enum class Miss {
    None,
    NoRecord,
    NoCache,       ///< --no-cache
    LayerGone,     ///< the record was there, its layer was not
    RecordPruned,  ///< the record was there once
    NoCacheStage,  ///< --no-cache-filter
    Damaged,       ///< the record's layer was found damaged, now or earlier
  };

  uint32_t index = 0;       ///< in plan order, from 0
  std::string stage;        ///< name, or "stage-0"
  uint32_t ordinal = 0;     ///< position in its stage, from 1 (the FROM is 1)
  std::string instruction;  ///< lower case: "from", "run", "copy", "add", "workdir"
  std::string name;         ///< "[build 2/4] RUN make"
  uint32_t firstLine = 0, lastLine = 0;
  Outcome outcome = Outcome::Executed;
  Miss miss = Miss::None;
  std::string missReason;            ///< RecordPruned, LayerGone, Damaged: a clause, as far as it was written down
  int64_t recordRemoved = 0;         ///< likewise: when, nanoseconds since 1970; 0: in this build, or unknown
  std::string error;                 ///< of a failed step
  Digest key;                        ///< none where it was never computed
  int64_t started = 0;               ///< nanoseconds since 1970
  int64_t duration = 0;              ///< nanoseconds; of the look-up for a hit
  int64_t recordedDuration = 0;      ///< of a hit: what it took when it was executed
  int64_t layer = 0;                 ///< LayerId, 0: none
  std::vector<int64_t> mountLayers;  ///< of a RUN: LayerIds that hold what its binds show, but for those of images
  Digest diffId;                     ///< none until known
  uint64_t layerBytes = 0;           ///< of the uncompressed tar, 0 until known
  bool unchanged = false;            ///< executed, and left the files that an earlier layer holds, times apart
  /// Of an executed step that left other files: roots of the trees (file_tree.h) of its layer and of the one that it
  /// left in the nearest earlier run; none where nobody had to look.
  Digest output, earlierOutput;
  std::vector<KeyComponent> components;

  /// Whether this step was ever begun, so that its components are all there (a skipped one has only what the line
  /// says).
  bool hasKey() const;
  /// Leaves out the numbers of layers, which mean something in one store alone.
  void forgetLayers();
};
llvm::StringRef nameOf(BuildStep::Outcome outcome);
llvm::StringRef nameOf(BuildStep::Miss miss);

/// Something in the Dockerfile that is allowed and seldom meant.
struct BuildWarning {
  std::string rule;     ///< "StageNameCasing"
  std::string message;  ///< one line, with rule and place
  std::string detail;   ///< what the rule asks for
  std::string url;      ///< where the rule is explained
  uint32_t line = 0, lastLine = 0;
};

struct Build {
  std::string id;          ///< 12 hex digits, unique
  std::string origin;      ///< the shared cache that it was read in, by name; empty: it was built here
  std::string context;     ///< canonical path, or "-" ...
  std::string dockerfile;  ///< path as given; of standard input "-"
  std::string target;
  std::string title;     ///< what the user calls it (BUILDKIT_BUILD_NAME); may be empty
  int64_t started = 0;   ///< nanoseconds since 1970
  int64_t duration = 0;  ///< nanoseconds
  bool succeeded = false;
  std::string error;
  Digest image;  ///< id of the result, none where there is none
  std::vector<std::string> names;
  std::vector<BuildWarning> warnings;
  std::vector<BuildStep> steps;  ///< empty in a listing
  uint32_t stepCount = 0, hitCount = 0;

  /// Builds of one project are compared with each other: same context, Dockerfile and target.
  std::string project() const;
};

struct StepOutline;
/// A build in as much as is needed to tell whether it is worth reading.
struct EarlierBuild {
  std::string id, origin;
  std::vector<StepOutline> outline;  ///< build_outline.h
};

class Journal {
public:
  static llvm::Expected<std::unique_ptr<Journal>> open(Database& database);

  /// A new build's id.
  static std::string makeId();
  [[nodiscard]] llvm::Error write(const Build& build);
  /// Keeps a build of another machine, beside those of `project` here, for comparison; of a project three such stay.
  /// False where it is there already.
  llvm::Expected<bool> writeImported(const Build& build, const std::string& project);

  /// "last" (of all that were built here), an id or a prefix of one of at least 3 digits. Faults: NotFound; Invalid if
  /// several match.
  llvm::Expected<Build> load(llvm::StringRef which);
  /// The newest build whose result this image is.
  llvm::Expected<std::optional<Build>> findByImage(const Digest& image);
  /// Builds of the same project that were written before this one, newest first, with their steps, at most `limit`
  /// behind the first `skip`.
  llvm::Expected<std::vector<Build>> earlierBuilds(const Build& build, size_t limit, size_t skip = 0);
  /// The same builds, of each what tells its steps apart: hundreds of times less to read.
  llvm::Expected<std::vector<EarlierBuild>> earlierOutlines(const Build& build, size_t limit, size_t skip = 0);
  /// Likewise of builds that were made here of the same context and Dockerfile for other targets.
  llvm::Expected<std::vector<EarlierBuild>> outlinesOfOtherTargets(const Build& build, size_t limit);
  /// Newest first, without steps.
  enum class Imported { No, Yes };
  llvm::Expected<std::vector<Build>> list(size_t limit, Imported imported = Imported::No);
  /// Keeps a build that came out of a file (build_file.h); builds of one `origin` are compared with each other, with
  /// none that was built here. False where a build of this id is there already.
  llvm::Expected<bool> writeReceived(const Build& build);
  /// Forgets this one. Absent is success.
  [[nodiscard]] llvm::Error remove(llvm::StringRef id);
  /// Forgets all but the newest `keep` builds of each project. The number removed.
  llvm::Expected<uint64_t> trim(size_t keep);

private:
  explicit Journal(Database& database) : database_(database) {}
  llvm::Expected<std::vector<EarlierBuild>> readOutlines(Statement& query);
  Database& database_;
};

llvm::json::Value toJson(const Build& build);

}  // namespace strata::builder
