#pragma once
/// \file The maker of a Plan: walks the stages that the target needs, each once, and turns instructions into vertices,
/// configuration and history. Internal to plan/: see make_plan.h. `planner.cc` has stages and names, `apply_*.cc` the
/// instructions.

#include "builder/frontend/expand.h"
#include "builder/plan/make_plan.h"
#include "builder/plan/stage_state.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

/// The platform that one Planner plans for.
struct PlanTarget {
  layerfs::Platform platform;
  bool asked = false;  ///< by --platform; otherwise a base image of another platform is taken as it is (PLAT-8)
  bool shown = false;  ///< in the names of steps (PROG-1)
};

class Planner {
public:
  Planner(const Dockerfile& dockerfile, const PlanOptions& options, PlanTarget target, ImageResolver resolve)
      : dockerfile_(dockerfile), options_(options), target_(std::move(target)), resolve_(resolve) {}
  llvm::Expected<Plan> plan();

private:
  /// Where an instruction stands: its stage, and how steps of that stage are counted and named.
  struct Place {
    uint32_t stageIndex = 0;
    std::string stage;       ///< name, or "stage-0"
    uint32_t count = 0;      ///< n of "i/n"
    uint32_t next = 1;       ///< i of the next step
    bool triggered = false;  ///< now applying ONBUILD triggers
    SourceRange fallback;    ///< FROM's range: for what comes from triggers
  };
  struct StagePlan {
    enum { Untouched, UnderWay, Ready, Broken } progress = Untouched;
    StageState state;
  };

  /// An ADD's sources from outside, by their position among all.
  using Remotes = std::map<size_t, RemoteReference>;

  /// Who names a stage or image in `from`: a COPY may also give a stage's number (STAGE-14).
  enum class FromUser { Copy, Mount };
  /// What such a name stands for.
  struct FilesFrom {
    std::optional<VertexId> vertex;            ///< nothing: an empty tree
    std::shared_ptr<const KeyComponent> base;  ///< of an image: its identity, for the key
    std::string context;                       ///< or a named context that is a directory: its key
  };

  // planner.cc: global scope, stages
  llvm::Error setUpGlobals();
  llvm::Expected<uint32_t> targetStage() const;
  llvm::Expected<StageState*> stateOf(uint32_t stageIndex);
  llvm::Expected<StageState> evaluate(uint32_t stageIndex);
  llvm::Error applyAll(const Stage& stage, Place& place, StageState& state);
  llvm::Error evaluateAll(uint32_t target);
  std::string stageLabel(uint32_t stageIndex) const;
  std::vector<VertexId> orderVertices();
  Plan finish(uint32_t target);

  // resolve_from.cc: what the names in FROM, COPY --from and RUN --mount=from= stand for (STAGE-4, STAGE-12 to
  // STAGE-15)
  llvm::Error startFrom(const Stage& stage, Place& place, StageState& state, std::vector<std::string>& triggers);
  StageState startFromImage(llvm::StringRef written, const ResolvedImage& image, const Stage& stage,
                            const std::optional<layerfs::Platform>& said, Place& place,
                            std::vector<std::string>& triggers);
  llvm::Expected<FilesFrom> resolveFrom(llvm::StringRef from, FromUser user, const Instruction& at, Place& place);
  llvm::Expected<ResolvedImage> resolveImage(llvm::StringRef written, const layerfs::Platform& platform,
                                             const SourceRange& range);
  std::shared_ptr<const KeyComponent> identityOf(llvm::StringRef written, const ResolvedImage& image,
                                                 const Instruction& at, const Place& place) const;
  VertexId addImage(llvm::StringRef written, const ResolvedImage& image, const Place& place);
  std::optional<uint32_t> findStage(llvm::StringRef name, uint32_t before, bool ignoreCase) const;

  // stage_platform.cc: STAGE-18 to STAGE-20, PLAT-8
  llvm::Expected<std::optional<layerfs::Platform>> platformOf(const Stage& stage) const;
  layerfs::Platform platformWith(const std::optional<layerfs::Platform>& said, const layerfs::Platform& image) const;
  layerfs::Platform resultPlatform(const layerfs::Platform& base) const;
  std::string shownPlatform(const StageState& state) const;

  // apply_metadata.cc
  llvm::Error apply(const Instruction& instruction, Place& place, StageState& state);
  llvm::Error applyArg(const ArgInstruction& arg, const Instruction& at, Place& place, StageState& state);
  llvm::Error applyEnv(const EnvInstruction& env, const Instruction& at, Place& place, StageState& state);
  llvm::Error applyLabel(const LabelInstruction& label, const Instruction& at, Place& place, StageState& state);
  llvm::Error applyUser(const UserInstruction& user, const Instruction& at, Place& place, StageState& state);
  void applyCmd(const CmdInstruction& cmd, StageState& state);
  void applyEntrypoint(const EntrypointInstruction& entrypoint, StageState& state);
  void applyShell(const ShellInstruction& shell, StageState& state);
  void applyHealthcheck(const HealthcheckInstruction& check, StageState& state);
  llvm::Error applyExpose(const ExposeInstruction& expose, const Instruction& at, Place& place, StageState& state);
  llvm::Error applyVolume(const VolumeInstruction& volume, const Instruction& at, Place& place, StageState& state);
  llvm::Error applyStopsignal(const StopsignalInstruction& stop, const Instruction& at, Place& place,
                              StageState& state);

  // apply_mounts.cc: RUN --mount
  llvm::Error addMounts(const RunInstruction& run, const Instruction& at, Place& place, const StageState& state,
                        RunOp& op);
  llvm::Expected<PlannedMount> planMount(const AstWord& written, size_t sshMounts, const Instruction& at, Place& place,
                                         const StageState& state);
  llvm::Error chooseFiles(PlannedMount& mount, const Instruction& at, Place& place);
  VertexId contextMount(llvm::StringRef path, const Instruction& at, const Place& place);

  // apply_run.cc, apply_workdir.cc, apply_copy.cc
  llvm::Error applyRun(const RunInstruction& run, const Instruction& at, Place& place, StageState& state);
  llvm::Error checkEntitlements(const RunInstruction& run, const Instruction& at, const Place& place) const;
  Shared<RunSurroundings> surroundingsOn(const layerfs::Platform& platform);
  llvm::Error applyWorkdir(const WorkdirInstruction& workdir, const Instruction& at, Place& place, StageState& state);
  llvm::Error applyCopy(const CopyInstruction& copy, const Instruction& at, Place& place, StageState& state);
  llvm::Error addSources(const CopyInstruction& copy, const Instruction& at, const Place& place,
                         const StageState& state, CopyOp& op, Remotes& remotes);
  llvm::Error addInlineFiles(const CopyInstruction& copy, const Instruction& at, const Place& place,
                             const StageState& state, CopyOp& op);
  llvm::Error chooseSource(const CopyInstruction& copy, const Instruction& at, Place& place, CopyOp& op,
                           std::shared_ptr<const KeyComponent>& base);
  VertexId contextFiles(ContextFilesOp op);

  // remote_sources.cc: ADD of what comes from outside
  llvm::Expected<std::optional<RemoteReference>> remoteOf(llvm::StringRef source, const CopyInstruction& copy,
                                                          const Instruction& at, const Place& place,
                                                          const StageState& state);
  llvm::Error checkChecksum(const CopyInstruction& copy, const Remotes& remotes, const Instruction& at,
                            const Place& place);
  void addParts(const Remotes& remotes, SourceRange range, CopyOp& op);
  VertexId remoteFiles(const RemoteReference& reference, SourceRange range);

  // named_context.cc: what stands for a stage or an image by --build-context
  const NamedContext* namedContext(llvm::StringRef name, const layerfs::Platform& platform) const;
  llvm::Expected<StageState> stageFromContext(const NamedContext& context, const Stage& stage,
                                              const std::optional<layerfs::Platform>& said, Place& place,
                                              std::vector<std::string>& triggers);
  llvm::Expected<FilesFrom> filesFromContext(const NamedContext& context, llvm::StringRef written, FromUser user,
                                             const Instruction& at, Place& place);
  llvm::Expected<std::optional<ResolvedImage>> imageOfContext(const NamedContext& context,
                                                              const layerfs::Platform& platform,
                                                              const SourceRange& range);
  llvm::Expected<StageState*> stageOfContext(const NamedContext& context, const SourceRange& range);
  VertexId contextTree(const NamedContext& context, SourceRange range);

  // source_date_epoch.cc
  llvm::Error resolveEpoch();
  llvm::Expected<std::optional<int64_t>> epochOf(llvm::StringRef value);
  llvm::Expected<RemoteReference> onlySourceOf(const Stage& stage);

  // planner_notes.cc
  LintReport* lintAt(const Place& place) const;
  void noteFroms();
  void noteInstruction(const Instruction& at, const Place& place, const StageState& state);
  void noteUnset(const Expansion& expansion, const StageState& state, const Instruction& at, const Place& place);
  void noteBasePlatform(const Stage& stage, llvm::StringRef image, const layerfs::Platform& found,
                        const layerfs::Platform& expected);

  // Shared by all of them.
  char escapeAt(const Place& place) const { return place.triggered ? '\\' : dockerfile_.escape(); }
  Vertex& newVertex();
  VertexId addVertex(Operation&& op, std::optional<VertexId> parent, Place& place, const Instruction& at,
                     const StageState& state);
  std::string displayName(const Vertex& vertex, const Place& place, const Instruction& at,
                          const StageState& state) const;
  void addHistory(StageState& state, std::string createdBy, std::optional<VertexId> vertex = {});
  llvm::Expected<std::string> expand(llvm::StringRef word, const StageState& state, const Instruction& at,
                                     const Place& place);
  SourceRange rangeOf(const Instruction& at, const Place& place) const;
  std::string whereOf(const Instruction& at, const Place& place) const;
  llvm::Error wrong(const Instruction& at, const Place& place, const llvm::Twine& message) const;

  const Dockerfile& dockerfile_;
  PlanOptions options_;  ///< with SOURCE_DATE_EPOCH resolved
  PlanTarget target_;
  ImageResolver resolve_;
  Variables globals_;
  std::vector<StagePlan> stages_;
  std::vector<std::unique_ptr<Dockerfile>> triggerFiles_;  ///< own the text of triggers that were applied
  std::vector<Shared<RunSurroundings>> surroundings_;      ///< of each platform that a RUN's programs are made for
  /// Of each choice of context files one vertex: sources and excludes are what it is made of.
  llvm::StringMap<VertexId> contextFiles_;
  llvm::StringMap<VertexId> contextMounts_;  ///< by path: what binds of the context mount
  llvm::StringMap<VertexId> remoteFiles_;    ///< by all that is said of a source
  llvm::StringMap<VertexId> contextTrees_;   ///< by a named context's key: all its files as a layer
  std::vector<Vertex> vertices_;             ///< in order of creation
};

/// The body as COPY, ADD and a sole RUN take it: without leading tabs where `<<-` says so (HDOC-9).
std::string inlineBody(const Heredoc& heredoc);
/// What a RUN that is nothing but a here-document shows of it in its name: " (set -e...)"; of any other nothing
/// (PROG-3).
std::string bodyHint(const Instruction& at);
/// "5s", "1m30s": a duration as Go prints it, for history texts.
std::string goDuration(int64_t nanoseconds);
/// EXPOSE's words -> "80/tcp" keys, ranges expanded. Faults: Invalid. Source: spec EXPOSE-1 to EXPOSE-4.
llvm::Expected<std::vector<std::string>> parsePorts(llvm::StringRef word);
/// Source: spec STOP-1.
bool isSignal(llvm::StringRef text);

}  // namespace strata::builder
