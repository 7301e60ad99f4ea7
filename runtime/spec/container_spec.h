#pragma once
/// \file What a container is, as plain data: made once from image and options, then handed to the built-in sandbox (RUN
/// steps) or written as an OCI runtime bundle (run, exec). Source: OCI runtime-spec v1.1, config.md, config-linux.md.

#include "layerfs/image_config.h"

#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strata::runtime {

/// A user resolved in the container's root.
struct Identity {
  uint32_t uid = 0, gid = 0;
  std::vector<uint32_t> groups;  ///< supplementary
  std::string home = "/";        ///< from passwd; "/" where it names none
};

struct MountSpec {
  enum class Kind { Bind, Tmpfs, Proc, Sysfs, Devpts, Mqueue };
  Kind kind = Kind::Bind;
  std::string source;  ///< host path of a Bind
  int sourceFd = -1;   ///< or an open directory or file, borrowed; -1: `source`
  std::string target;  ///< absolute, in the container
  bool readOnly = false;
  std::string options;         ///< tmpfs: "size=64m,mode=1777"; of a Bind for OCI: "rbind,rslave"
  bool sourceIsMount = false;  ///< `sourceFd` is a detached mount of its own, which is given away (the sandbox alone)
  std::string below;           ///< with it: what of that mount is wanted, a path without links; "" is all of it
};

enum class NetworkMode { Host, None };

/// A file that is in memory and nowhere on disk, read-only, executable only if its mode says so.
struct MemoryFile {
  std::string target;  ///< absolute, in the container
  std::string content;
  uint32_t mode = 0400, uid = 0, gid = 0;
};

/// setrlimit(2). kUnlimited: none.
struct Ulimit {
  static constexpr uint64_t kUnlimited = ~uint64_t(0);
  std::string name;  ///< "nofile"
  int resource = 0;  ///< RLIMIT_*
  uint64_t soft = 0, hard = 0;
};
/// "nofile=1024", "nofile=1024:2048", -1 for unlimited. Faults: Invalid.
llvm::Expected<Ulimit> parseUlimit(llvm::StringRef text);

/// What a cgroup limits. Zero and empty: no limit.
struct ResourceLimits {
  std::string cgroupParent;                             ///< below which the container's own cgroup is made
  uint64_t memory = 0;                                  ///< bytes
  int64_t memorySwap = 0;                               ///< bytes of memory and swap together; -1: any
  uint64_t cpuShares = 0, cpuPeriod = 0, cpuQuota = 0;  ///< period and quota in microseconds
  std::string cpusetCpus, cpusetMems;                   ///< "0-2,7"
  // What follows is for OCI runtimes alone.
  uint64_t memoryReservation = 0;  ///< bytes
  uint64_t pids = 0;
  bool any() const;
};

/// A device node that a container is given.
struct HostDevice {
  std::string path;  ///< in the container
  char type = 'c';   ///< or 'b'
  uint32_t major = 0, minor = 0;
  uint32_t mode = 0, uid = 0, gid = 0;
  std::string access = "rwm";
};

struct ContainerSpec {
  std::vector<std::string> argv;
  std::vector<std::string> env;  ///< NAME=VALUE; HOME is added where missing
  std::string workingDir = "/";  ///< made, root-owned 0755, where missing
  Identity identity;
  std::string hostname;
  bool terminal = false;
  unsigned terminalRows = 0, terminalColumns = 0;  ///< at the start; 0: the runtime's choice
  bool readOnlyRoot = false;
  bool privileged = false;  ///< all capabilities, no seccomp, nothing masked, host devices
  NetworkMode network = NetworkMode::Host;
  std::string networkPath;        ///< of a network namespace to join in place of `network`, as the OCI runtime sees it
  std::string cgroupPath;         ///< of the cgroup that the OCI runtime makes; empty: its choice
  std::vector<MountSpec> mounts;  ///< beside the defaults; applied sorted by target
  std::vector<std::string> extraHosts;    ///< "name:ip" lines for /etc/hosts
  std::vector<std::string> addresses;     ///< its own, which /etc/hosts names; none: loopback has its name
  std::optional<std::string> resolvConf;  ///< text of /etc/resolv.conf; nothing: the host's
  std::vector<Ulimit> ulimits;
  uint64_t shmSize = 64 << 20;  ///< bytes of /dev/shm; 0: it has none (OCI runtimes alone)
  ResourceLimits limits;
  // What follows is for OCI runtimes alone.
  std::optional<std::vector<llvm::StringRef>> capabilities;  ///< of allCapabilities(); nothing: docker's default
  bool noNewPrivileges = false;
  bool seccompUnconfined = false;
  std::optional<llvm::json::Object> seccomp;  ///< linux.seccomp in place of docker's default profile
  bool nothingMasked = false;                 ///< no masked and no read-only paths
  std::string apparmorProfile;                ///< empty: none
  std::vector<HostDevice> devices;            ///< beside the usual ones
  std::string init;                           ///< a program of the host that starts `argv` and reaps; empty: none
  /// Namespaces that are not its own: the path of another container's, or "" for the host's.
  std::optional<std::string> sharedIpc, sharedPid, sharedUts;
  bool hostCgroups = false;  ///< it sees the host's cgroup namespace
  std::map<std::string, std::string> sysctls, annotations;
  int oomScoreAdj = 0;
  std::vector<MemoryFile> files;  ///< for the sandbox alone
};

/// docker's defaults. Source: docker's documentation, "Runtime privilege and Linux capabilities", seccomp, masked
/// paths.
llvm::ArrayRef<llvm::StringRef> defaultCapabilities();  ///< the fourteen, "CAP_CHOWN", ...
llvm::ArrayRef<llvm::StringRef> maskedPaths();
llvm::ArrayRef<llvm::StringRef> readOnlyPaths();

/// ENTRYPOINT and CMD put together as docker does it; `override*` from the command line. Empty: nothing to run.
std::vector<std::string> commandOf(const layerfs::ImageConfig& config, const std::vector<std::string>& arguments,
                                   const std::optional<std::string>& entrypointOverride);

/// The user text of an image ("", "name", "1000", "1000:100", "name:group") looked up in /etc/passwd and /etc/group
/// below `rootFd` (never outside of it). Source: spec USER-3 to USER-7. Faults: NotFound naming the user; Invalid.
llvm::Expected<Identity> resolveIdentity(llvm::StringRef user, int rootFd);
/// `--chown` of COPY and ADD: unknown names give 0 (COPY-32).
struct Owner {
  uint32_t uid = 0, gid = 0;
};
llvm::Expected<Owner> resolveOwner(llvm::StringRef chown, int rootFd);

/// The process alone, as `exec --process` of OCI runtimes reads it.
llvm::json::Value ociProcess(const ContainerSpec& spec, bool withCgroup);
/// config.json of an OCI bundle whose root is `rootPath`. Source: OCI runtime-spec v1.1.
llvm::json::Value ociConfig(const ContainerSpec& spec, const std::string& rootPath, bool withCgroup);

}  // namespace strata::runtime
