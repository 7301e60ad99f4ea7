#include "builder/build.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/template.h"
#include "layerfs/platform.h"
#include "runtime/oci/oci_runtime.h"
#include "runtime/spec/seccomp.h"
#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/StringExtras.h>

#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <thread>

namespace strata::cli {

namespace {

struct InfoOptions {
  std::string format;
};

/// A fact of the host, with what is wrong in the place of what cannot be had.
std::string snapshotterText(layerfs::Store& store) {
  auto snapshotter = store.snapshotter();
  if (snapshotter) return (*snapshotter)->name().str();
  return "none: " + messageOf(snapshotter.takeError());
}

std::string seccompText() {
  auto filter = runtime::seccompFilter(runtime::defaultCapabilities());
  if (filter) return "default profile";
  return "none: " + messageOf(filter.takeError());
}

std::string layerFormText(layerfs::Store& store) {
  auto form = store.layers().tarForm();
  if (form) return layerfs::nameOf(*form).str();
  return "none: " + messageOf(form.takeError());
}

std::string cgroupText() {
  struct statfs status {};
  if (::statfs("/sys/fs/cgroup", &status) != 0) return "none";
  if (status.f_type == CGROUP2_SUPER_MAGIC) return "2";
  return pathExists("/sys/fs/cgroup/unified") ? "1 (hybrid)" : "1";
}

llvm::json::Array runtimesFound() {
  llvm::json::Array runtimes;
  for (const runtime::OciRuntime& one : runtime::installedOciRuntimes())
    runtimes.push_back(llvm::json::Object{{"Name", one.name}, {"Path", one.path}});
  return runtimes;
}

llvm::Expected<llvm::json::Object> gather(Session& session) {
  auto store = session.store();
  if (!store) return store.takeError();
  auto images = (*store)->images().list();
  if (!images) return images.takeError();
  auto layers = (*store)->layers().list();
  if (!layers) return layers.takeError();
  auto cache = builder::cacheUsage(**store);
  if (!cache) return cache.takeError();
  utsname kernel{};
  ::uname(&kernel);
  return llvm::json::Object{{"ServerVersion", STRATA_VERSION},
                            {"DockerRootDir", (*store)->root()},
                            {"Driver", snapshotterText(**store)},
                            {"LayerForm", layerFormText(**store)},
                            {"Images", int64_t(images->size())},
                            {"Layers", int64_t(layers->size())},
                            {"CacheRecords", int64_t(cache->records)},
                            {"Containers", 0},
                            {"Runtimes", runtimesFound()},
                            {"CgroupVersion", cgroupText()},
                            {"Seccomp", seccompText()},
                            {"Rootless", ::geteuid() != 0},
                            {"KernelVersion", kernel.release},
                            {"OSType", layerfs::hostPlatform().os},
                            {"Architecture", layerfs::hostPlatform().architecture},
                            {"NCPU", int64_t(std::thread::hardware_concurrency())}};
}

std::string runtimesText(const llvm::json::Array& runtimes) {
  std::vector<std::string> parts;
  for (const llvm::json::Value& one : runtimes)
    parts.push_back((*one.getAsObject()->getString("Name") + " (" + *one.getAsObject()->getString("Path") + ")").str());
  return parts.empty() ? "none: install crun or runc" : llvm::join(parts, ", ");
}

void printInfo(const llvm::json::Object& facts, llvm::raw_ostream& out) {
  auto text = [&](llvm::StringRef key) { return *facts.getString(key); };
  auto number = [&](llvm::StringRef key) { return *facts.getInteger(key); };
  out << "Version:        " << text("ServerVersion") << "\n"
      << "Root:           " << text("DockerRootDir") << "\n"
      << "Snapshotter:    " << text("Driver") << "\n"
      << "Layer form:     " << text("LayerForm") << "\n"
      << "Images:         " << number("Images") << "\n"
      << "Layers:         " << number("Layers") << "\n"
      << "Cache records:  " << number("CacheRecords") << "\n"
      << "Runtimes:       " << runtimesText(*facts.getArray("Runtimes")) << "\n"
      << "Cgroup version: " << text("CgroupVersion") << "\n"
      << "Seccomp:        " << text("Seccomp") << "\n"
      << "Rootless:       " << (*facts.getBoolean("Rootless") ? "yes" : "no") << "\n"
      << "Kernel:         " << text("KernelVersion") << "\n"
      << "Platform:       " << text("OSType") << "/" << text("Architecture") << "\n"
      << "CPUs:           " << number("NCPU") << "\n";
}

llvm::Expected<int> info(const InfoOptions& options, Session& session) {
  auto facts = gather(session);
  if (!facts) return facts.takeError();
  if (options.format.empty()) {
    printInfo(*facts, session.out());
    return 0;
  }
  if (llvm::Error error = printFormatted(options.format, std::move(*facts), session.out())) return error;
  return 0;
}

}  // namespace

Command infoCommand() {
  return {.name = "info",
          .usage = "[OPTIONS]",
          .description = "Show what strata found on this machine, and what its store holds",
          .minimum = 0,
          .maximum = 0,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<InfoOptions>();
            declared.text("-f,--format", options->format, "'json' or a Go template");
            return [options](Session& session, const Arguments&) { return info(*options, session); };
          }};
}

}  // namespace strata::cli
