#pragma once
/// \file A container as the store knows it: what was asked for when it was made, and what has become of it. Plain data;
/// members and their names in JSON are docker's (`docker inspect`), so that the document of a row is what `inspect`
/// shows. A new option is a member here and a line in container_json.cc.

#include "layerfs/image_config.h"
#include "runtime/networks/network.h"
#include "runtime/networks/resolver.h"
#include "runtime/spec/container_spec.h"
#include "support/digest.h"
#include "support/process_handle.h"

#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace strata::runtime {

/// What runs in it, wherever that is.
struct ContainerConfig {
  std::string hostname, domainname, user, workingDir;
  std::string image;  ///< as it was typed
  std::string stopSignal;
  std::optional<int64_t> stopTimeout;  ///< seconds
  bool attachStdin = false, attachStdout = false, attachStderr = false;
  bool terminal = false;
  bool openStdin = false;  ///< the process has an input that clients may write to
  bool stdinOnce = false;  ///< ... which ends with the first client that had it
  std::vector<std::string> env;
  std::optional<std::vector<std::string>> entrypoint, cmd;
  std::map<std::string, std::string> labels;
  std::set<std::string> exposedPorts, volumes;
  std::optional<layerfs::Healthcheck> healthcheck;
  std::optional<std::vector<std::string>> shell;  ///< of the image: what a health check in shell form runs with
};

struct RestartPolicy {
  std::string name = "no";        ///< no, always, unless-stopped, on-failure
  int64_t maximumRetryCount = 0;  ///< of on-failure; 0: any number
};

/// What its control group is to limit, in docker's units. 0 and empty: nothing.
struct ContainerLimits {
  int64_t memory = 0, memoryReservation = 0;           ///< bytes
  int64_t memorySwap = 0;                              ///< bytes of memory and swap together; -1: any
  int64_t nanoCpus = 0;                                ///< billionths of a processor
  int64_t cpuShares = 0, cpuPeriod = 0, cpuQuota = 0;  ///< period and quota in microseconds
  std::string cpusetCpus, cpusetMems;                  ///< "0-2,7"
  std::optional<int64_t> pids;                         ///< 0 and below: any number
  bool operator==(const ContainerLimits&) const = default;
};

struct ContainerDevice {
  std::string pathOnHost, pathInContainer;
  std::string permissions = "rwm";
};

/// How this host is to run it.
struct HostConfig {
  std::string runtime;  ///< of OCI, a name or a path; empty: the best that is installed
  std::string networkMode = "host";
  std::string containerIdFile;
  bool autoRemove = false;
  bool privileged = false;
  bool readonlyRootfs = false;
  RestartPolicy restartPolicy;
  std::vector<std::string> binds;       ///< `-v` as it was typed
  std::vector<std::string> extraHosts;  ///< "name:address", or "name:host-gateway"
  std::vector<PortWish> ports;
  bool publishAllPorts = false;  ///< those that are exposed, too
  ResolverWishes resolver;
  ContainerLimits limits;
  std::string cgroupParent;
  std::vector<Ulimit> ulimits;
  int64_t shmSize = 64 << 20;  ///< bytes of /dev/shm
  std::vector<std::string> capAdd, capDrop;
  std::vector<std::string> securityOpt;  ///< of seccomp=FILE the file's content
  std::vector<std::string> groupAdd;
  std::vector<ContainerDevice> devices;
  std::optional<bool> init;              ///< a process that reaps stands before the container's own
  std::string ipcMode = "private";       ///< private, shareable, none, host, container:NAME
  std::string pidMode, utsMode;          ///< empty: its own; host; pidMode also container:NAME
  std::string cgroupnsMode = "private";  ///< or host
  std::map<std::string, std::string> sysctls, annotations;
  int64_t oomScoreAdj = 0;
};

/// A mount that was decided on when the container was made.
struct ContainerMount {
  std::string type;         ///< bind, volume, tmpfs
  std::string name;         ///< of a volume
  std::string source;       ///< on the host
  std::string destination;  ///< in the container
  std::string driver;       ///< of a volume: "local"
  std::string mode;         ///< as it was typed: "ro"; of a tmpfs its options
  bool readWrite = true;
  std::string propagation;    ///< of a bind: "rprivate", "rslave", ...
  bool nonRecursive = false;  ///< of a bind: without the mounts below the source
};

enum class ContainerStatus { Created, Running, Paused, Restarting, Removing, Exited, Dead };
/// "created", "running", ...
llvm::StringRef nameOf(ContainerStatus status);
std::optional<ContainerStatus> statusFrom(llvm::StringRef name);

struct ContainerState {
  ContainerStatus status = ContainerStatus::Created;
  int64_t pid = 0;          ///< of its first process, on the host; 0: none
  uint64_t pidStarted = 0;  ///< when, in the kernel's ticks: tells it from a later process of the same number
  int64_t exitCode = 0;
  int64_t started = 0, finished = 0;  ///< nanoseconds since 1970; 0: never
  bool oomKilled = false;
  int64_t restartCount = 0;
  std::string error;  ///< why it could not be started, or ended without its doing

  /// Its first process, for ProcessHandle::open(): `pid` alone may be another one's by now.
  ProcessName process() const { return {pid_t(pid), pidStarted}; }
  /// Processes of it are there.
  bool isLive() const { return status == ContainerStatus::Running || status == ContainerStatus::Paused; }
};

struct Container {
  std::string id;    ///< 64 hex digits
  std::string name;  ///< without a slash
  Digest imageId;
  int64_t created = 0;            ///< nanoseconds since 1970
  std::vector<std::string> argv;  ///< ENTRYPOINT and CMD put together
  ContainerConfig config;
  HostConfig hostConfig;
  std::vector<ContainerMount> mounts;
  std::vector<NetworkWish> networks;  ///< those it is to be on; none where `networkMode` is no network's name
  ContainerState state;
  std::string network;  ///< NetworkSettings as JSON, of the networks' part; empty: none
  std::string health;   ///< State.Health as JSON; empty: no health check

  std::string shortId() const { return id.substr(0, 12); }
};

/// The fault, Invalid in docker's words, of what only a running container allows.
llvm::Error notRunning(const Container& container);

/// The document of a row, and back: {"Config", "HostConfig", "Mounts", "Argv"}. What a newer program wrote beside is
/// dropped. Faults: Invalid where it is no JSON object.
std::string printContainerDocument(const Container& container);
[[nodiscard]] llvm::Error readContainerDocument(llvm::StringRef text, Container& container);

/// The members as `inspect` shows them.
llvm::json::Object configJson(const ContainerConfig& config);
llvm::json::Object hostConfigJson(const HostConfig& config);
llvm::json::Array mountsJson(llvm::ArrayRef<ContainerMount> mounts);

}  // namespace strata::runtime
