#include "runtime/spec/program.h"

#include "runtime/spec/root_path.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>

namespace strata::runtime {

namespace {
using llvm::StringRef;
constexpr StringRef kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool isAtOrBelow(StringRef path, StringRef directory) {
  return path.consume_front(directory.rtrim('/')) && (path.empty() || path.starts_with("/"));
}

bool liesInMount(const ContainerSpec& spec, StringRef path) {
  return isAtOrBelow(path, "/proc") || isAtOrBelow(path, "/sys") || isAtOrBelow(path, "/dev") ||
         llvm::any_of(spec.mounts, [&](const MountSpec& mount) { return isAtOrBelow(path, mount.target); });
}
}  // namespace

std::vector<std::string> programCandidates(const std::string& program, llvm::ArrayRef<std::string> env) {
  if (StringRef(program).contains('/')) return {program};
  StringRef path = kDefaultPath;
  for (StringRef entry : env)
    if (entry.consume_front("PATH=")) path = entry;
  std::vector<std::string> candidates;
  llvm::SmallVector<StringRef> folders;
  path.split(folders, ':', -1, false);
  for (StringRef folder : folders)
    if (!program.empty()) candidates.push_back(joinPath(folder, program));
  return candidates;
}

llvm::Error checkProgram(const ContainerSpec& spec, int rootFd) {
  const std::string& program = spec.argv.front();
  int worst = ENOENT;
  for (const std::string& candidate : programCandidates(program, spec.env)) {
    std::string path = StringRef(candidate).starts_with("/") ? candidate : joinPath(spec.workingDir, candidate);
    if (liesInMount(spec, path)) return llvm::Error::success();
    UniqueFd file(openInRoot(rootFd, path.c_str(), O_PATH));
    if (!file && (errno == ENOENT || errno == ENOTDIR)) continue;
    struct stat status;
    if (!file || ::fstat(file.get(), &status) != 0) return llvm::Error::success();  // the runtime will say it better
    if (S_ISREG(status.st_mode) && (status.st_mode & 0111)) return llvm::Error::success();
    worst = EACCES;
  }
  return programFault(program, worst);
}

llvm::Error programFault(const std::string& program, int error) {
  std::string exec = "exec: \"" + printable(program) + "\": ";
  switch (error) {
    case ENOENT:
      if (StringRef(program).contains('/'))
        return fault(FaultKind::NotFound, exec + "stat " + printable(program) + ": no such file or directory");
      return fault(FaultKind::NotFound, exec + "executable file not found in $PATH");
    case EACCES:
      return fault(FaultKind::Denied, exec + "permission denied");
    case ENOEXEC:
      return fault(FaultKind::Denied, exec + "exec format error (made for another platform, or a script without #!)");
    default:
      return errnoFault("exec: \"" + printable(program) + "\"", error);
  }
}

llvm::Error missingInterpreterFault(const std::string& program) {
  return fault(FaultKind::NotFound, "exec: \"" + printable(program) +
                                        "\": no such file or directory (the file is there; the interpreter or dynamic "
                                        "loader that it names is not)");
}

}  // namespace strata::runtime
