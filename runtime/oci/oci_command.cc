#include "runtime/oci/oci_command.h"

#include "runtime/oci/cgroup_root.h"
#include "runtime/oci/container_cgroup.h"
#include "runtime/oci/sealed_program.h"
#include "runtime/spec/program.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/process.h"
#include "support/text.h"

#include <sys/mount.h>
#include <cerrno>

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr size_t kLargestLog = 1 << 20;

/// Their state is a directory below `--root` and a cgroup, and nothing else.
bool keepsPlainState(const OciRuntime& runtime) { return isCrun(runtime) || runtime.name == "runc"; }
}  // namespace

bool isCrun(const OciRuntime& runtime) { return StringRef(runtime.name).contains("crun"); }

std::vector<std::string> OciContainer::command(llvm::ArrayRef<std::string> words) const {
  std::vector<std::string> argv = {runtime.path, "--root", root, "--log", log, "--log-format", "json"};
  if (isCrun(runtime)) argv.emplace_back(withCgroup ? "--cgroup-manager=cgroupfs" : "--cgroup-manager=disabled");
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

llvm::Expected<pid_t> OciContainer::start(Spawn& spawn, llvm::ArrayRef<std::string> words) const {
  // runc is 20 times the size of crun: to copy it takes as long as to start it twice.
  UniqueFd copy = isCrun(runtime) ? sealedCopyOf(runtime.path) : UniqueFd();
  return spawn.start(copy ? "/proc/self/fd/" + std::to_string(copy.get()) : runtime.path, command(words));
}

llvm::Error prepareHostFor(const OciRuntime& runtime) {
  constexpr char kUnified[] = "/sys/fs/cgroup/unified";
  if (!isCrun(runtime)) return llvm::Error::success();
  if (isUnified() || !isCgroup2(kUnified)) return llvm::Error::success();
  if (::umount2(kUnified, MNT_DETACH) == 0) return llvm::Error::success();
  // What a user namespace was given together cannot be taken apart, but covered.
  if (::mount("tmpfs", kUnified, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755") != 0)
    return errnoFault("cover " + llvm::Twine(kUnified));
  return llvm::Error::success();
}

std::string loggedError(const std::string& log) {
  auto text = readFile(log, kLargestLog);
  if (!text) {
    llvm::consumeError(text.takeError());
    return "";
  }
  std::string message;
  llvm::SmallVector<StringRef> lines;
  StringRef(*text).split(lines, '\n', -1, false);
  for (StringRef line : lines) {
    auto json = parseJson(line);
    if (!json) {
      llvm::consumeError(json.takeError());
      continue;
    }
    const llvm::json::Object* entry = json->getAsObject();
    if (entry && entry->getString("level") == StringRef("error")) message = entry->getString("msg").value_or("").str();
  }
  return message;
}

llvm::Error runtimeFault(const OciRuntime& runtime, const std::string& argv0, StringRef message) {
  std::string said = message.lower();
  StringRef lower = said;
  bool isAboutProgram = lower.contains("exec") && !lower.contains("seccomp");
  if (isAboutProgram && lower.contains("missing dynamic library")) return missingInterpreterFault(argv0);
  if (isAboutProgram && (lower.contains("not found in $path") || lower.contains("no such file or directory")))
    return programFault(argv0, ENOENT);
  if (isAboutProgram && lower.contains("exec format error")) return programFault(argv0, ENOEXEC);
  if (isAboutProgram &&
      (lower.contains("permission denied") || lower.contains("open executable: operation not permitted")))
    return programFault(argv0, EACCES);
  return fault(FaultKind::Unavailable, runtime.name + " failed: " + printable(message));
}

llvm::Error callRuntime(const OciContainer& container, llvm::ArrayRef<std::string> words) {
  auto result = runProcess({container.command(words), {}, "", ""});
  if (!result) return result.takeError();
  if (result->exitCode == 0) return llvm::Error::success();
  std::string said = loggedError(container.log);
  if (said.empty()) said = StringRef(result->errors).trim().str();
  return fault(FaultKind::Unavailable, container.runtime.name + " failed: " + printable(said));
}

void forgetContainer(const OciContainer& container, const std::string& cgroupPath, Files files) {
  if (!keepsPlainState(container.runtime) && pathExists(joinPath(container.root, container.id)))
    llvm::consumeError(callRuntime(container, {"delete", "-f", container.id}));
  if (container.withCgroup) removeContainerCgroup(cgroupPath);
  if (files == Files::Go) llvm::consumeError(removeTree(container.root));
}

}  // namespace strata::runtime
