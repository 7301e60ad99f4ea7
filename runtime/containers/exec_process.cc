#include "runtime/containers/exec_process.h"

#include "runtime/containers/container_privileges.h"
#include "runtime/oci/container_cgroup.h"
#include "runtime/spec/container_spec.h"
#include "runtime/spec/program.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <atomic>
#include <utility>

namespace strata::runtime {

namespace {
llvm::Expected<ContainerSpec> specFor(const Container& container, const ExecRequest& request) {
  auto process = ProcessHandle::open(container.state.process());
  if (!process) return withContext(process.takeError(), "container " + container.shortId());
  auto root = process->openFile("root", O_PATH | O_DIRECTORY);
  if (!root) return withContext(root.takeError(), "container " + container.shortId());
  ContainerSpec spec;
  spec.argv = request.argv;
  spec.env = request.env;
  spec.workingDir = request.workingDir.empty() ? container.config.workingDir : request.workingDir;
  spec.terminal = request.terminal;
  if (auto error = setPrivileges(container.hostConfig, spec)) return error;
  spec.privileged |= request.privileged;
  auto identity = resolveIdentity(request.user.value_or(container.config.user), root->get());
  if (!identity) return identity.takeError();
  spec.identity = std::move(*identity);
  if (auto error = addGroups(container.hostConfig, root->get(), spec.identity)) return error;
  if (winsize size{}; request.terminal && ::ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) {
    spec.terminalRows = size.ws_row;
    spec.terminalColumns = size.ws_col;
  }
  if (auto error = checkProgram(spec, root->get())) return error;
  return spec;
}
}  // namespace

llvm::Expected<ExecProcess> ExecProcess::prepare(const Container& container, const ContainerDirectory& directory,
                                                 const ExecRequest& request) {
  static std::atomic<unsigned> counter{0};
  auto runtime = findOciRuntime(container.hostConfig.runtime);
  if (!runtime) return runtime.takeError();
  if (auto error = prepareHostFor(*runtime)) return error;
  auto spec = specFor(container, request);
  if (!spec) return spec.takeError();
  ExecProcess process(directory.path() + "/exec-" + std::to_string(::getpid()) + "-" + std::to_string(++counter));
  process.program_ = request.argv.front();
  process.oci_ = {std::move(*runtime), container.id, directory.ociRoot(), process.ours_ + ".log", canMakeCgroups()};
  std::string json = printJson(ociProcess(*spec, process.oci_.withCgroup));
  if (auto error = writeFileAtomically(process.ours_ + ".json", json, 0600)) return error;
  return process;
}

ExecProcess::ExecProcess(ExecProcess&& other) noexcept
    : ours_(std::exchange(other.ours_, {})), program_(std::move(other.program_)), oci_(std::move(other.oci_)) {}

ExecProcess::~ExecProcess() {
  if (ours_.empty()) return;
  for (const char* end : {".json", ".log", ".pid"}) ::unlink((ours_ + end).c_str());
}

llvm::Expected<pid_t> ExecProcess::start(Spawn& spawn, llvm::ArrayRef<std::string> options) const {
  std::vector<std::string> words = {"exec", "--process", ours_ + ".json"};
  words.insert(words.end(), options.begin(), options.end());
  words.push_back(oci_.id);
  return oci_.start(spawn, words);
}

llvm::Error ExecProcess::runtimeFailure() const {
  std::string said = loggedError(oci_.log);
  return said.empty() ? llvm::Error::success() : runtimeFault(oci_.runtime, program_, said);
}

}  // namespace strata::runtime
