#pragma once
/// \file The mounts of one RUN, from what was planned to what the sandbox is told, with everything that has to live as
/// long as the process does: mounted sources, cache directories, agents' sockets. Source: spec MNT.

#include "builder/cache/cache_exchange.h"
#include "builder/context/source_tree.h"
#include "builder/plan/plan.h"
#include "builder/settings/secrets.h"
#include "builder/solve/agent_proxy.h"
#include "builder/solve/cache_mounts.h"
#include "builder/solve/ssh_agents.h"
#include "layerfs/store.h"
#include "runtime/spec/container_spec.h"

#include <llvm/Support/Error.h>

#include <deque>
#include <memory>
#include <vector>

namespace strata::builder {

/// Where the files of a mount come from.
struct MountSource {
  std::vector<std::shared_ptr<layerfs::Layer>> layers;
  Digest state;                         ///< of their tree
  const Selection* selected = nullptr;  ///< what of the context they are, already hashed
};

/// What a RUN may draw on; all borrowed.
struct MountServices {
  layerfs::Store& store;
  TreeStore& trees;
  CacheMounts& caches;
  SshAgents& agents;
  const Secrets& secrets;
  const CancelToken& cancel;
  CacheExchange* exchange = nullptr;  ///< null: none
};

/// Whether a key needs to know what a mount shows (MNT-15).
bool showsFiles(const PlannedMount& mount);

class RunMounts {
public:
  /// `sources` stand beside op.mounts.
  RunMounts(const RunOp& op, std::vector<MountSource> sources, const MountServices& services);

  /// The tree over everything that binds show: content for the step's key. Faults: NotFound for a source that is
  /// missing (MNT-14).
  llvm::Expected<Digest> content();
  /// Mounts, files and variables. Faults: NotFound for a required secret or agent that is missing; Invalid; Io.
  [[nodiscard]] llvm::Error addTo(runtime::ContainerSpec& spec);

private:
  llvm::Expected<layerfs::Snapshot*> mount(const MountSource& source, bool writable);
  llvm::Error addBind(const PlannedMount& mount, const MountSource& source, runtime::ContainerSpec& spec);
  llvm::Error addCaches(runtime::ContainerSpec& spec);
  llvm::Error addCache(const PlannedMount& mount, const CacheLease& lease, runtime::ContainerSpec& spec);
  llvm::Error addSecret(const PlannedMount& mount, runtime::ContainerSpec& spec);
  llvm::Error addSsh(const PlannedMount& mount, size_t number, runtime::ContainerSpec& spec);
  CacheMounts::Wish wishOf(const PlannedMount& mount, const MountSource& source) const;
  llvm::Error beginCache(const PlannedMount& mount, const MountSource& source, const std::string& directory);
  llvm::Error fillCache(const PlannedMount& mount, const MountSource& source, const std::string& directory);

  const RunOp& op_;
  std::vector<MountSource> sources_;
  MountServices services_;
  // What was opened, in the order in which it must live.
  std::deque<layerfs::LayerDraft> drafts_;  ///< of writable binds: thrown away
  std::vector<std::unique_ptr<layerfs::Snapshot>> snapshots_;
  std::vector<UniqueFd> opened_;
  std::map<std::string, CacheLease> leases_;
  std::optional<TempDir> sockets_;
  std::vector<std::unique_ptr<AgentProxy>> proxies_;
};

/// Sets a variable in a list of NAME=VALUE, in the place of an earlier setting.
void setVariable(std::vector<std::string>& env, llvm::StringRef name, llvm::StringRef value);

}  // namespace strata::builder
