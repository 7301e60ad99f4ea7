#pragma once
/// \file The plan of a build: a DAG of vertices with every name, variable and path resolved, only what the target
/// needs, and the image's configuration as it will be. Plain data: printed, compared, simulated, executed.

#include "builder/copy/copy.h"
#include "builder/frontend/mount_flag.h"
#include "builder/frontend/source_text.h"
#include "builder/journal/journal.h"
#include "builder/sources/remote_reference.h"
#include "layerfs/image_config.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/JSON.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace strata::builder {

/// A RUN's hostname where BUILDKIT_SANDBOX_HOSTNAME says no other (RUN-12).
inline constexpr llvm::StringLiteral kSandboxHostname = "buildkitsandbox";

/// Index into Plan::vertices; inputs always have smaller ones.
using VertexId = uint32_t;

/// An image's files: FROM or COPY --from.
struct ImageOp {
  std::string written;    ///< as in the Dockerfile, expanded
  std::string canonical;  ///< canonical reference
  Digest id;              ///< of the image in the store
  bool operator==(const ImageOp&) const = default;
};

/// Files of the build context, chosen and hashed. Depends on nothing, so it runs beside everything else.
struct ContextFilesOp {
  std::vector<std::string> sources;
  std::vector<std::string> excludes;
  bool parents = false;
  std::string context;  ///< of a named context that is a directory; empty: the build's own
  bool operator==(const ContextFilesOp&) const = default;
};

/// A source from outside: what it is now is found out; its files are brought when a step needs them.
struct RemoteOp {
  RemoteReference source;
  bool operator==(const RemoteOp&) const = default;
};

/// A variable of the stage environment and who set it.
struct Variable {
  std::string value;
  bool isArg = false;
  std::string where;  ///< "Dockerfile:3", "--build-arg", "base image", "default"
  uint32_t line = 0;  ///< of the ARG that declares it in its stage; else 0
  /// `where` and `line` explain and decide nothing.
  bool operator==(const Variable& other) const { return value == other.value && isArg == other.isArg; }
};

/// The environment at one point of a stage: one setting, and what was set before it. Points share what they have in
/// common, so that a plan of many steps and many variables stays small.
struct Environment {
  std::shared_ptr<const Environment> before;  ///< nothing: this was the first setting
  std::string name;
  Variable variable;

  Environment(std::shared_ptr<const Environment> before, std::string name, Variable variable)
      : before(std::move(before)), name(std::move(name)), variable(std::move(variable)) {}
  ~Environment();  // a long chain must not be taken down by recursion
};

/// Every variable once, in the order of first setting, with the value that was set last.
std::vector<std::pair<llvm::StringRef, const Variable*>> variablesOf(const Environment* environment);

/// An environment as a value: equal to another one in which every variable is the same, in the same order.
class SharedEnvironment {
public:
  SharedEnvironment() = default;
  SharedEnvironment(std::shared_ptr<const Environment> last) : last_(std::move(last)) {}
  const Environment* get() const { return last_.get(); }
  bool operator==(const SharedEnvironment& other) const;

private:
  std::shared_ptr<const Environment> last_;
};

/// One mount of a RUN: what was written, expanded, and what it stands for.
struct PlannedMount {
  RunMount flag;                  ///< the target absolute and clean (a secret may have none), the id never empty
  std::optional<VertexId> files;  ///< where a bind's source or a cache's first content comes from
  bool fromNothing = false;       ///< ... or that is an empty tree
  std::string below;              ///< the source's path in there, clean; "" is the root
  std::string shownSource;        ///< for messages: "stage build"
  bool operator==(const PlannedMount&) const = default;
};

/// What a RUN is given that its stage does not say. Most RUNs of a plan are given the same.
struct RunSurroundings {
  layerfs::Platform platform;        ///< of the programs that run
  std::vector<std::string> proxies;  ///< NAME=VALUE: given to the process, part of no key (ARG-15)
  std::string hostname = kSandboxHostname.str();
  std::vector<std::string> extraHosts;
  bool operator==(const RunSurroundings&) const = default;
};

/// An immutable value that many hold; equal to another one where the values are. Never without one.
template <typename T>
class Shared {
public:
  explicit Shared(T value = {}) : value_(std::make_shared<const T>(std::move(value))) {}
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  bool operator==(const Shared& other) const { return value_ == other.value_ || *value_ == *other.value_; }

private:
  std::shared_ptr<const T> value_;
};

struct RunOp {
  explicit RunOp(Shared<RunSurroundings> given = Shared<RunSurroundings>()) : given(std::move(given)) {}
  Shared<RunSurroundings> given;
  std::vector<std::string> argv;
  SharedEnvironment env;  ///< ENV and ARG together; nothing: empty
  std::string workdir;
  std::string user;
  std::string network;               ///< default, none, host
  bool insecure = false;             ///< --security=insecure
  std::vector<PlannedMount> mounts;  ///< as written
  std::string scriptName;            ///< HDOC-16: /dev/pipes/<scriptName>; empty: none
  std::string script;
  bool operator==(const RunOp&) const = default;
};

struct CopyOp {
  bool add = false;
  std::string text;                      ///< as the history shows it, but for its end: "COPY --chown=1:1 a /b"
  std::optional<VertexId> contextFiles;  ///< a ContextFilesOp
  std::optional<VertexId> from;          ///< or a stage's or image's files ...
  std::vector<VertexId> parts;  ///< or, of an ADD from outside, each source in its order: ContextFilesOps, RemoteOps
  std::vector<std::string> sources;  ///< what is taken of `from` (of a RemoteOp nothing: all); also for messages
  std::vector<std::string> excludes;
  std::vector<InlineFile> inlineFiles;
  std::string destination;  ///< absolute
  bool destinationIsDirectory = false;
  std::string chown;
  std::string chmod;
  bool parents = false;       ///< sources keep their path
  bool link = false;          ///< the parent is not looked at (COPY-40)
  bool unpack = false;        ///< local archives are extracted
  bool unpackRemote = false;  ///< those from URLs too (ADD-7)
  bool fromScratch = false;   ///< --from a stage without files
  bool operator==(const CopyOp&) const = default;
};

struct MkdirOp {
  std::string path;  ///< absolute, clean
  std::string user;
  bool operator==(const MkdirOp&) const = default;
};

/// Every operation compares as a value: that is how one built for several platforms is found to be the same.
using Operation = std::variant<ImageOp, ContextFilesOp, RemoteOp, RunOp, CopyOp, MkdirOp>;

struct Vertex {
  VertexId id = 0;
  Operation op;
  std::optional<VertexId> parent;         ///< the files it stands on; nothing: an empty tree
  llvm::SmallVector<VertexId, 2> inputs;  ///< every vertex it waits for, the parent first
  uint32_t stageIndex = 0;
  std::string stage;             ///< name, or "stage-0"
  uint32_t ordinal = 0;          ///< position in the stage's count of steps (PROG-2); 0: internal
  std::optional<uint32_t> step;  ///< index in the journal; internal vertices have none
  std::string instruction;       ///< lower case
  std::string name;              ///< "[build 2/4] RUN make"
  SourceRange range;
  std::shared_ptr<const KeyComponent> base;  ///< an image that is named here: its identity; nothing: none is

  template <typename T>
  const T* as() const {
    return std::get_if<T>(&op);
  }
};

/// Every vertex that this one names becomes the one at its place in `numbers`.
void renumber(Vertex& vertex, llvm::ArrayRef<VertexId> numbers);
/// How a mount is called in its step's key and in messages: its target, else the secret's id.
std::string nameOfMount(const PlannedMount& mount);

/// What the vertex's key is made of as far as the Dockerfile says; the solver adds the inputs. `file` is the
/// Dockerfile's name.
std::vector<KeyComponent> componentsOf(const Vertex& vertex, llvm::StringRef file);

/// One entry of the image's history to be; its time is the layer's, or that of a neighbour.
struct PlannedHistory {
  std::string createdBy;
  std::optional<VertexId> vertex;  ///< whose layer it describes; nothing: an empty layer
};

/// What the target becomes on one platform.
struct PlanResult {
  layerfs::Platform platform;           ///< that was asked for
  std::optional<VertexId> files;        ///< nothing: an empty root file system
  layerfs::ImageConfig config;          ///< final, but for diffIds, times and the new history
  std::vector<PlannedHistory> history;  ///< of the new instructions
};

struct Plan {
  std::vector<Vertex> vertices;
  std::string file;                        ///< the Dockerfile's name
  std::string target;                      ///< stage name or "stage-N"
  std::vector<PlanResult> results;         ///< one a platform, in the order asked for; never empty
  bool asIndex = false;                    ///< the result is an index, also of a single platform (PLAT-6)
  std::optional<int64_t> sourceDateEpoch;  ///< seconds
  uint32_t stepCount = 0;
};

/// Whether doing it waits for a process or the network, rather than computes.
bool blocks(const Plan& plan, const Vertex& vertex);

/// `strata build --plan`: the vertices in order with what they wait for; JSON; Graphviz.
std::string printPlan(const Plan& plan);
llvm::json::Value toJson(const Plan& plan);
std::string printPlanDot(const Plan& plan);

}  // namespace strata::builder
