#include "builder/solve/run_mounts.h"

#include "builder/context/rooted_path.h"
#include "builder/context/selection.h"
#include "builder/copy/copy.h"
#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>

namespace strata::builder {

using llvm::StringRef;

bool showsFiles(const PlannedMount& mount) { return mount.flag.kind == MountKind::Bind; }

void setVariable(std::vector<std::string>& env, StringRef name, StringRef value) {
  std::string setting = (name + "=" + value).str();
  for (std::string& entry : env)
    if (StringRef(entry).split('=').first == name) {
      entry = std::move(setting);
      return;
    }
  env.push_back(std::move(setting));
}

RunMounts::RunMounts(const RunOp& op, std::vector<MountSource> sources, const MountServices& services)
    : op_(op), sources_(std::move(sources)), services_(services) {}

llvm::Expected<layerfs::Snapshot*> RunMounts::mount(const MountSource& source, bool writable) {
  auto snapshotter = services_.store.snapshotter();
  if (!snapshotter) return snapshotter.takeError();
  layerfs::LayerDraft* changes = nullptr;
  if (writable) {
    auto draft = services_.store.layers().makeDraft();
    if (!draft) return draft.takeError();
    changes = &drafts_.emplace_back(std::move(*draft));
  }
  auto snapshot = (*snapshotter)->mount({.layers = source.layers, .draft = changes});
  if (!snapshot) return snapshot.takeError();
  snapshots_.push_back(std::move(*snapshot));
  return snapshots_.back().get();
}

namespace {
/// What a path of a stage or image names; links are followed inside.
llvm::Expected<SelectedSource> selectOne(SourceTree& tree, const PlannedMount& mount, TreeStore& trees,
                                         const CancelToken& cancel) {
  auto at = resolveBeneath(tree.rootFd(), mount.below, LastLink::Follow);
  if (!at) return at.takeError();
  if (!at->exists)
    return fault(FaultKind::NotFound, "\"/" + mount.below + "\": not found in " + mount.shownSource +
                                          ", for the mount on " + mount.flag.target);
  auto selection = tree.select({literalPattern(at->path)}, {}, trees, cancel);
  if (!selection) return selection.takeError();
  if (selection->sources.size() != 1)
    return fault(FaultKind::NotFound, "\"/" + mount.below + "\": not found in " + mount.shownSource);
  return selection->sources.front();
}
}  // namespace

llvm::Expected<Digest> RunMounts::content() {
  std::deque<SourceTree> walked;
  std::vector<ArgumentMatches> matches;
  std::vector<SelectedSource> all;
  for (auto [mount, source] : llvm::zip(op_.mounts, sources_)) {
    if (!showsFiles(mount)) continue;
    SelectedSource chosen;
    if (source.selected) {
      chosen = source.selected->sources.front();
    } else {
      auto snapshot = this->mount(source, /*writable=*/false);
      if (!snapshot) return snapshot.takeError();
      SourceTree& tree =
          walked.emplace_back(SourceTree::Options{.rootFd = (*snapshot)->rootFd(), .shownRoot = mount.shownSource});
      auto found = selectOne(tree, mount, services_.trees, services_.cancel);
      if (!found) return found.takeError();
      chosen = std::move(*found);
    }
    chosen.baseName = baseNameOf(mount.flag.target).str();  // as it is called in there: its own name does not count
    all.push_back(chosen);
    matches.push_back({.argument = matches.size(), .sources = {std::move(chosen)}});
  }
  TreeObject root = rootOf(matches);
  Digest digest = digestOf(root.encode());
  if (auto error = keepTrees(root, digest, all, services_.trees)) return error;
  return digest;
}

llvm::Error RunMounts::addTo(runtime::ContainerSpec& spec) {
  size_t agents = 0;
  for (auto [mount, source] : llvm::zip(op_.mounts, sources_)) {
    llvm::Error error = llvm::Error::success();
    switch (mount.flag.kind) {
      case MountKind::Bind:
        error = addBind(mount, source, spec);
        break;
      case MountKind::Secret:
        error = addSecret(mount, spec);
        break;
      case MountKind::Ssh:
        error = addSsh(mount, agents++, spec);
        break;
      case MountKind::Tmpfs:
        spec.mounts.push_back({.kind = runtime::MountSpec::Kind::Tmpfs,
                               .target = mount.flag.target,
                               .readOnly = mount.flag.readOnly,
                               .options = mount.flag.size ? "size=" + std::to_string(mount.flag.size) : ""});
        break;
      case MountKind::Cache:
        break;
    }
    if (error) return error;
  }
  return addCaches(spec);
}

llvm::Error RunMounts::addBind(const PlannedMount& mount, const MountSource& source, runtime::ContainerSpec& spec) {
  auto snapshot = this->mount(source, !mount.flag.readOnly);
  if (!snapshot) return snapshot.takeError();
  auto at = resolveBeneath((*snapshot)->rootFd(), mount.below, LastLink::Follow);
  if (!at) return at.takeError();
  if (!at->exists) return fault(FaultKind::NotFound, "\"/" + mount.below + "\": not found in " + mount.shownSource);
  runtime::MountSpec bind{
      .sourceFd = (*snapshot)->rootFd(), .target = mount.flag.target, .readOnly = mount.flag.readOnly};
  bind.sourceIsMount = (*snapshot)->isDetachedMount();
  if (bind.sourceIsMount) {
    bind.below = at->path;
  } else if (!at->path.empty()) {
    opened_.push_back(openBeneath((*snapshot)->rootFd(), at->path, O_PATH));
    if (!opened_.back()) return errnoFault("open /" + at->path + " of " + mount.shownSource);
    bind.sourceFd = opened_.back().get();
  }
  spec.mounts.push_back(std::move(bind));
  return llvm::Error::success();
}

CacheMounts::Wish RunMounts::wishOf(const PlannedMount& mount, const MountSource& source) const {
  const RunMount& flag = mount.flag;
  CacheMounts::Wish wish{.id = flag.id, .seed = {}, .sharing = flag.sharing};
  bool seeded = mount.files || mount.fromNothing;
  if (seeded) wish.seed = Hasher().field(source.state.raw()).field(mount.below).finish();
  if (mount.below.empty()) {  // MNT-18: not with a source
    wish.mode = flag.mode.value_or(0755);
    wish.uid = flag.uid.value_or(0);
    wish.gid = flag.gid.value_or(0);
  }
  return wish;
}

/// Locks are taken in one order by everyone, and once by a step that mounts a cache twice.
llvm::Error RunMounts::addCaches(runtime::ContainerSpec& spec) {
  std::map<std::string, size_t> wanted;
  for (const auto& [i, mount] : llvm::enumerate(op_.mounts))
    if (mount.flag.kind == MountKind::Cache) wanted.try_emplace(CacheMounts::keyOf(wishOf(mount, sources_[i])), i);
  for (const auto& [key, i] : wanted) {
    const PlannedMount& mount = op_.mounts[i];
    const MountSource& source = sources_[i];
    auto fill = [&](const std::string& directory) { return beginCache(mount, source, directory); };
    auto lease = services_.caches.acquire(wishOf(mount, source), fill, services_.cancel);
    if (!lease) return withContext(lease.takeError(), "cache mount on " + mount.flag.target);
    leases_.emplace(key, std::move(*lease));
    bool seeded = mount.files || mount.fromNothing;
    if (services_.exchange && !seeded) services_.exchange->onMountUsed(key, mount.flag.id);
  }
  for (const auto& [mount, source] : llvm::zip(op_.mounts, sources_)) {
    if (mount.flag.kind != MountKind::Cache) continue;
    if (auto error = addCache(mount, leases_.at(CacheMounts::keyOf(wishOf(mount, source))), spec)) return error;
  }
  return llvm::Error::success();
}

llvm::Error RunMounts::addCache(const PlannedMount& mount, const CacheLease& lease, runtime::ContainerSpec& spec) {
  auto directory = openFile(lease.directory, O_PATH | O_DIRECTORY);
  if (!directory) return directory.takeError();
  bool seeded = mount.files || mount.fromNothing;  // then it holds the source itself
  if (!seeded && !mount.below.empty()) {
    // What is in the cache was written by steps: no link of theirs leads out of it.
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    UniqueFd part(int(::syscall(SYS_openat2, directory->get(), mount.below.c_str(), &how, sizeof how)));
    if (!part && errno == EXDEV)
      return fault(FaultKind::Denied, "\"/" + mount.below + "\" leads out of the cache " + mount.flag.id);
    if (!part && errno == ENOENT)
      return fault(FaultKind::NotFound, "\"/" + mount.below + "\": not found in the cache " + mount.flag.id);
    if (!part) return errnoFault("open /" + mount.below + " of the cache " + mount.flag.id);
    *directory = std::move(part);
  }
  opened_.push_back(std::move(*directory));
  spec.mounts.push_back(
      {.sourceFd = opened_.back().get(), .target = mount.flag.target, .readOnly = mount.flag.readOnly});
  return llvm::Error::success();
}

/// A new cache begins as a copy of its source, or as another machine left it, if a cache elsewhere has that.
llvm::Error RunMounts::beginCache(const PlannedMount& mount, const MountSource& source, const std::string& directory) {
  if (mount.files || mount.fromNothing) return fillCache(mount, source, directory);
  if (services_.exchange) services_.exchange->restoreMount(CacheMounts::keyOf(wishOf(mount, source)), directory);
  return llvm::Error::success();
}

llvm::Error RunMounts::fillCache(const PlannedMount& mount, const MountSource& source, const std::string& directory) {
  auto snapshot = this->mount(source, /*writable=*/false);
  if (!snapshot) return snapshot.takeError();
  SourceTree tree({.rootFd = (*snapshot)->rootFd(), .shownRoot = mount.shownSource});
  auto found = selectOne(tree, mount, services_.trees, services_.cancel);
  if (!found) return found.takeError();
  const TreeEntry& entry = found->node->entry;
  if (entry.kind != layerfs::EntryKind::Directory)
    return fault(FaultKind::Invalid, "\"/" + mount.below + "\" of " + mount.shownSource + " is no directory");
  auto draft = services_.store.layers().makeDraft();
  if (!draft) return draft.takeError();
  CopyRequest request;
  request.fromTree = true;
  request.selection.sources = {*found};
  request.destination = "/data";
  auto facts = resolveDestination(request, {});
  if (!facts) return facts.takeError();
  auto written = writeCopy(request, *facts, *draft, services_.cancel);
  if (!written) return written.takeError();
  std::string made = joinPath(draft->upper(), "data");
  const RunMount& flag = mount.flag;
  bool own = mount.below.empty();
  uint32_t mode = own && flag.mode ? *flag.mode : entry.mode;
  if (::chown(made.c_str(), own && flag.uid ? *flag.uid : entry.uid, own && flag.gid ? *flag.gid : entry.gid) != 0 ||
      ::chmod(made.c_str(), mode & 07777) != 0)
    return errnoFault("set owner and mode of " + made);
  return renamePath(made, directory) == 0 ? llvm::Error::success() : errnoFault("rename to " + directory);
}

llvm::Error RunMounts::addSecret(const PlannedMount& mount, runtime::ContainerSpec& spec) {
  const RunMount& flag = mount.flag;
  auto value = services_.secrets.find(flag.id);
  if (!value) return value.takeError();
  if (!*value && flag.required) return fault(FaultKind::NotFound, "secret " + flag.id + ": not found");
  if (flag.env) {
    if (*value && StringRef(**value).contains('\0'))
      return fault(FaultKind::Invalid, "secret " + flag.id + " has a NUL in it and cannot be a variable");
    setVariable(spec.env, *flag.env, value->value_or(""));
  }
  if (*value && !flag.target.empty())
    spec.files.push_back({.target = flag.target,
                          .content = std::move(**value),
                          .mode = flag.mode.value_or(0400) & 07777,
                          .uid = flag.uid.value_or(0),
                          .gid = flag.gid.value_or(0)});
  return llvm::Error::success();
}

llvm::Error RunMounts::addSsh(const PlannedMount& mount, size_t number, runtime::ContainerSpec& spec) {
  const RunMount& flag = mount.flag;
  bool isSet = llvm::any_of(spec.env, [](StringRef entry) { return entry.starts_with("SSH_AUTH_SOCK="); });
  if (!isSet) spec.env.push_back("SSH_AUTH_SOCK=" + flag.target);
  auto agent = services_.agents.socketOf(flag.id);
  if (!agent) return agent.takeError();
  if (!*agent && flag.required)
    return fault(FaultKind::NotFound,
                 "no SSH key \"" + flag.id + "\" forwarded from the client; --ssh " + flag.id + " forwards your agent");
  if (!*agent) return llvm::Error::success();
  if (!sockets_) {
    auto directory = TempDir::make(services_.store.staging(), "agent-");
    if (!directory) return directory.takeError();
    sockets_ = std::move(*directory);
  }
  std::string path = joinPath(sockets_->path(), std::to_string(number));
  auto proxy = AgentProxy::listen(
      path, **agent,
      {.mode = flag.mode.value_or(0600) & 07777, .uid = flag.uid.value_or(0), .gid = flag.gid.value_or(0)});
  if (!proxy) return proxy.takeError();
  proxies_.push_back(std::move(*proxy));
  spec.mounts.push_back({.source = path, .target = flag.target, .readOnly = flag.readOnly});
  return llvm::Error::success();
}

}  // namespace strata::builder
