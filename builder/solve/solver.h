#pragma once
/// \file The solver: takes a plan and gives a layer for each vertex, out of the cache where a record has it, by
/// executing it where none has. Every vertex starts as soon as its inputs are known. One thread keeps the books and
/// looks things up; what computes goes to a few CPU threads, what waits (a RUN's process) to threads of its own, so
/// that a sleeping RUN never holds a core. A failed vertex skips what depends on it and lets its siblings finish.

#include "builder/cache/cache_exchange.h"
#include "builder/cache/output_store.h"
#include "builder/context/build_context.h"
#include "builder/context/named_contexts.h"
#include "builder/context/remote_tree.h"
#include "builder/context/source_tree.h"
#include "builder/journal/journal.h"
#include "builder/plan/plan.h"
#include "builder/settings/run_settings.h"
#include "builder/solve/early_cutoff.h"
#include "builder/solve/run_mounts.h"
#include "builder/solve/run_roots.h"
#include "builder/solve/worker_pool.h"
#include "layerfs/store.h"
#include "support/cancel.h"
#include "support/fault.h"
#include "support/progress.h"

#include <llvm/Support/Error.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace strata::runtime {
struct OpenedPaths;
}
namespace strata::builder {
class ReadTracer;

struct SolveOptions {
  bool noCache = false;
  std::vector<std::string> noCacheStages;  ///< or only for these stages (CACHE-8)
  unsigned blockingLimit = 0;              ///< RUN steps at once; 0: 8, or twice the cores if that is more
  Secrets secrets;
  RunSettings run;
  CacheExchange* exchange = nullptr;  ///< caches elsewhere; borrowed, null: none
  bool presentLayersOnly = false;     ///< a record whose layer is elsewhere counts as a miss
  /// What was found wrong with a layer that is gone; empty: nothing was. May be null.
  std::function<std::string(layerfs::LayerId)> damageOf;
  std::string project;          ///< what steps are the same step in: see Build::project()
  ReadTracer* reads = nullptr;  ///< who is told what RUN steps open; borrowed, null: nobody
};

/// Where a build's files come from; borrowed.
struct SolveSources {
  SourceTree* context = nullptr;
  const NamedContexts* named = nullptr;
  RemoteSources* remote = nullptr;
};

/// A vertex's outcome.
struct VertexResult {
  /// Identity of the tree that it leaves: what the keys of those that stand on it are made of.
  Digest state;
  std::vector<std::shared_ptr<layerfs::Layer>> layers;  ///< the whole stack, bottom first
  int64_t created = 0;                                  ///< nanoseconds since 1970, of its own layer
  std::vector<Digest> idle;  ///< keys of the RUNs since the tree last changed: running one again is another step
  Selection selection;       ///< of a ContextFilesOp
};

struct SolveResult {
  std::vector<BuildStep> steps;                       ///< plan order; failed and skipped ones too
  std::vector<std::optional<VertexResult>> vertices;  ///< by VertexId; nothing where it did not come to a result
  std::optional<std::string> failure;                 ///< messages of the failed steps, in plan order
  FaultKind failureKind = FaultKind::Io;
};

class Solver {
public:
  /// All are borrowed for the solver's life. `source` is for messages.
  Solver(const Plan& plan, const SourceText& source, layerfs::Store& store, RecordStore& records, OutputStore& outputs,
         TreeStore& trees, SolveSources sources, ProgressSink& progress, const CancelToken& cancel,
         SolveOptions options);
  ~Solver();

  SolveResult run();

private:
  /// How far a vertex has come, and what is known of it so far.
  struct Work {
    enum class Stage { Waiting, Running, Ended } stage = Stage::Waiting;
    uint32_t missing = 0;  ///< inputs that have not ended
    Digest alias;          ///< a key that needs no looking into the parent; RUN: the key itself
    Digest key;            ///< none until computed
    Digest tree, facts;    ///< for the record, as far as known
    std::optional<VertexResult> result;
    BuildStep step;
    std::optional<std::string> failure;
    FaultKind failureKind = FaultKind::Io;
    std::optional<VertexId> because;  ///< Skipped: the vertex that failed
    bool mayDefer = false;            ///< ContextFilesOp: who copies the files may read them
  };

  struct Kept {
    CacheRecord record;
    std::shared_ptr<layerfs::Layer> layer;
  };

  void begin(VertexId id);
  void end(VertexId id);
  void close(VertexId id);
  bool endsWith(VertexId id, VertexId input);
  void skip(VertexId id, VertexId because);
  void report(VertexId id);
  void makeReady(VertexId id);
  bool hasReady() const { return !ready_.empty() || !readyWalks_.empty(); }
  VertexId takeReady();

  // solver_cache.cc: on the books' thread; true where a record, or nothing but arithmetic, gave the result
  llvm::Expected<bool> lookUp(const Vertex& vertex, Work& work);
  llvm::Expected<std::optional<CacheRecord>> findRecord(const Digest& key);
  llvm::Expected<std::optional<CacheRecord>> findByAlias(const Digest& alias);
  void tellCaches(const Vertex& vertex, const Work& work, std::shared_ptr<layerfs::Layer> layer,
                  const CacheRecord& record);
  llvm::Expected<bool> takeRecord(const Vertex& vertex, Work& work, std::optional<CacheRecord> record);
  llvm::Expected<bool> takeByKey(const Vertex& vertex, Work& work);  ///< on a worker's thread
  static void sayFiles(BuildStep& step, const Digest& tree);
  void takeLayer(const Vertex& vertex, Work& work, std::shared_ptr<layerfs::Layer> layer, const CacheRecord& record);
  Digest keyFromComponents(const Vertex& vertex, const Work& work) const;
  Digest keyOfContent(const Work& work) const;
  Digest besideIdle(const Vertex& vertex, Digest key) const;
  void addInputComponents(const Vertex& vertex, Work& work) const;

  // solver_outputs.cc: on a worker's thread; what becomes of a layer that a step has made
  llvm::Error keepResult(const Vertex& vertex, Work& work, std::shared_ptr<layerfs::Layer> layer, int64_t began);
  llvm::Error settleOutput(const Vertex& vertex, Work& work, Kept& kept);
  llvm::Error writeDown(const Vertex& vertex, Work& work, Kept& kept);
  llvm::Expected<OutputQuestion> questionOf(const Vertex& vertex, const Work& work, const Kept& kept);
  llvm::Expected<std::optional<Kept>> writtenMeanwhile(const Digest& key);
  Digest parentScopeOf(const Vertex& vertex) const;
  std::vector<Digest> ownScopesOf(const Vertex& vertex, const Work& work) const;

  // solver_execute.cc: on a worker's thread; each touches only its own Work
  llvm::Error execute(const Vertex& vertex, Work& work);
  llvm::Error chooseContextFiles(const ContextFilesOp& op, Work& work);
  llvm::Error copy(const Vertex& vertex, const CopyOp& op, Work& work);
  llvm::Error makeDirectory(const Vertex& vertex, const MkdirOp& op, Work& work);

  // solver_sources.cc: where a copy's files come from
  /// What a copy takes, and what keeps it there meanwhile.
  struct OpenedSources {
    std::unique_ptr<layerfs::Snapshot> snapshot;
    std::vector<std::unique_ptr<SourceTree>> trees;
    std::vector<RemoteTree> remotes;
    Selection selection;
  };
  llvm::Error resolveRemote(const Vertex& vertex, const RemoteOp& op, Work& work);
  llvm::Expected<SourceTree*> contextTree(llvm::StringRef name);
  llvm::Expected<OpenedSources> openSources(const CopyOp& op);
  llvm::Error openParts(const CopyOp& op, OpenedSources& opened);
  llvm::Expected<Selection> selectRemote(const RemoteOp& remote, const CopyOp& op, OpenedSources& opened);

  llvm::Expected<std::unique_ptr<layerfs::Snapshot>> mount(const layerfs::SnapshotSpec& spec);
  llvm::Expected<std::unique_ptr<layerfs::Snapshot>> mountForNames(
      const std::vector<std::shared_ptr<layerfs::Layer>>& layers);

  // solver_files.cc: likewise; from files and their destination to a layer
  struct StagedTar;
  static std::string shownFiles(uint64_t files);  ///< "1 file"
  llvm::Error placeFiles(const Vertex& vertex, CopyRequest request, const ParentTree& parent, Work& work);
  Digest keyOfFiles(const Vertex& vertex, const CopyRequest& request, const Work& work);
  llvm::Expected<std::shared_ptr<layerfs::Layer>> writeFiles(const Vertex& vertex, const CopyRequest& request,
                                                             const DestinationFacts& facts, const Work& work,
                                                             CopyResult& written);
  llvm::Expected<std::shared_ptr<layerfs::Layer>> sameAgain(const CopyRequest& request, const DestinationFacts& facts,
                                                            const Digest& key, CopyResult& written);
  llvm::Expected<std::unique_ptr<StagedTar>> stageTar(const CopyRequest& request, const DestinationFacts& facts,
                                                      bool fromEarlier);
  llvm::Expected<std::shared_ptr<layerfs::Layer>> publish(StagedTar& staged, CopyResult& written);
  bool mayDefer(VertexId id) const;  ///< on the books' thread
  bool isDeferred(const Vertex& vertex) const;
  llvm::Expected<bool> canReadWithLayer(const SourceTree& tree, const Work& work);
  llvm::Expected<std::unique_ptr<StagedTar>> readWithLayer(const Vertex& vertex, CopyRequest& request,
                                                           const DestinationFacts& facts, Work& work);

  // solver_run.cc: likewise
  llvm::Error run(const Vertex& vertex, const RunOp& op, Work& work);
  llvm::Error execute(const Vertex& vertex, const RunOp& op, RunMounts& mounts, Work& work);
  llvm::Expected<RunRoot> rootOn(const RunRoots::Layers& layers);
  llvm::Error keepChanges(const Vertex& vertex, RunRoot root, Work& work, int64_t began);
  std::vector<MountSource> mountSources(const RunOp& op) const;
  void addLayersBehind(const PlannedMount& mount, BuildStep& step) const;
  void addMountComponents(const RunOp& op, Work& work) const;
  void keepReads(const Vertex& vertex, const Work& work, runtime::OpenedPaths opened);

  const VertexResult& parentOf(const Vertex& vertex) const;
  bool usesCache(const Vertex& vertex) const;
  int64_t timeForNewDirectories() const;  ///< SOURCE_DATE_EPOCH or 1970: the same on every day
  void reportStart(const Vertex& vertex);

  const Plan& plan_;
  const SourceText& source_;
  layerfs::Store& store_;
  RecordStore& records_;
  OutputStore& outputs_;
  TreeStore& trees_;
  SolveSources sources_;
  ProgressSink& progress_;
  const CancelToken& cancel_;
  SolveOptions options_;

  VertexResult scratch_;  ///< of "no parent"
  std::vector<Work> work_;
  std::vector<std::vector<VertexId>> dependents_;
  std::deque<VertexId> ready_, readyWalks_;  ///< whose inputs have ended; walks of a context apart
  uint32_t running_ = 0;
  std::optional<VertexId> failed_;  ///< the first to fail
  std::vector<bool> exported_;      ///< vertices whose layers the image is made of
  std::vector<bool> runsLater_;     ///< vertices whose files a RUN of this plan can see
  EarlyCutoff cutoff_;
  CacheMounts caches_;
  SshAgents agents_;
  RunRoots roots_;
  std::map<Digest, Kept> kept_;  ///< records that this run wrote, by key
  std::mutex directoriesMutex_;
  std::map<std::string, DirectoryContext> directories_;  ///< named contexts that were asked for, by key
  WorkerPool workers_;
};

}  // namespace strata::builder
