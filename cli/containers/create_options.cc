#include "cli/containers/create_options.h"

#include "cli/options.h"

namespace strata::cli {

namespace {

void declareProcess(Options& declared, CreateOptions& options) {
  declared.list("-a,--attach", options.attach, "Attach to stdin, stdout or stderr");
  declared.text("--domainname", options.domainname, "The container's domain name");
  declared.text("--entrypoint", options.entrypoint, "Replace the image's ENTRYPOINT (and drop its CMD)");
  declared.list("-e,--env", options.env, "Set an environment variable (NAME=VALUE, or NAME from our own)");
  declared.list("--env-file", options.envFiles, "Read environment variables from a file");
  declared.text("-h,--hostname", options.hostname, "The container's host name");
  declared.flag("-i,--interactive", options.interactive, "Keep the container's standard input open");
  declared.list("-l,--label", options.labels, "Metadata of the container (KEY=VALUE)");
  declared.list("--label-file", options.labelFiles, "Read labels from a file");
  declared.text("--stop-signal", options.stopSignal, "Signal that asks the container to end");
  declared.text("--stop-timeout", options.stopTimeout, "Seconds from that signal to SIGKILL", "int");
  declared.flag("-t,--tty", options.terminal, "Give the container a terminal");
  declared.text("-u,--user", options.user, "User of the process (NAME|UID[:GROUP|GID])");
  declared.text("-w,--workdir", options.workdir, "Working directory of the process");
}

void declareHost(Options& declared, CreateOptions& options) {
  declared.text("--cidfile", options.containerIdFile, "Write the container's id to this file", "file");
  declared.list("--mount", options.mounts.mounts, "Mount: type=bind|volume|tmpfs,src=HOST|VOLUME,dst=PATH[,readonly]");
  declared.text("--name", options.name, "The container's name");
  declared.flag("--read-only", options.readOnly, "Mount the root file system read-only");
  declared.text("--restart", options.restart, "no, always, unless-stopped or on-failure[:TIMES] (default no)");
  declared.flag("--rm", options.remove, "Remove the container when it ends");
  declared.text("--runtime", options.runtime, "OCI runtime: a name or a path (default: crun or runc)");
  declared.list("--tmpfs", options.mounts.tmpfs, "Mount a tmpfs (PATH[:options])");
  declared.list("-v,--volume", options.mounts.volumes, "Mount a volume or a host directory ([NAME|HOST:]PATH[:ro])");
  declared.list("--volumes-from", options.mounts.volumesFrom, "Mount what another container has (CONTAINER[:ro])");
}

void declareImage(Options& declared, CreateOptions& options) {
  declared.text("--platform", options.platform, "Of an image of several platforms the one to run");
  declared.text("--pull", options.pull, "Download the image first: always, missing or never");
  declared.flag("-q,--quiet", options.quiet, "Do not show how an image is brought");
}

void declareLater(Options& declared) {
  for (const char* name : {"--device-cgroup-rule", "--gpus", "--link", "--log-driver", "--log-opt", "--storage-opt",
                           "--userns", "--volume-driver"})
    declared.later(name, true);
  declared.later("--oom-kill-disable", false);
  declared.ignored("--disable-content-trust", false);
}

}  // namespace

void declareCreateOptions(Options& declared, CreateOptions& options) {
  declareProcess(declared, options);
  declareHost(declared, options);
  declareLimits(declared, options.limits);
  declareSecurity(declared, options.security);
  declareHealth(declared, options.health);
  declareNetworkOptions(declared, options.network);
  declareImage(declared, options);
  declareLater(declared);
}

}  // namespace strata::cli
