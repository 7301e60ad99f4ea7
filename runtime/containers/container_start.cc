#include "runtime/containers/container_start.h"

#include "runtime/containers/supervisor.h"
#include "runtime/containers/supervisor_report.h"
#include "runtime/containers/supervisor_task.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/pipe.h"
#include "support/spawn.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <sys/socket.h>

namespace strata::runtime {

llvm::Expected<ContainerStart> ContainerStart::begin(const SupervisorProgram& program, const std::string& id) {
  ContainerStart start;
  start.moveAhead_ = std::make_unique<CgroupMoveAhead>();
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return errnoFault("make a socket");
  start.socket_.reset(ends[0]);
  UniqueFd theirs(ends[1]);
  std::vector<std::string> words = {"strata"};
  llvm::append_range(words, program.globals);
  words.insert(words.end(), {kSupervisorCommand, id});
  Spawn spawn;
  spawn.give(theirs.get(), kSupervisorSocket).newSession();
  for (int fd : {1, 2}) spawn.open(fd, "/dev/null", O_RDWR);
  auto pid = spawn.start("/proc/self/exe", words);
  if (!pid) return withContext(pid.takeError(), "the supervisor of the container");
  return start;
}

llvm::Error ContainerStart::finish(int lock, UniqueFd client) {
  auto pipe = Pipe::make();
  if (!pipe) return pipe.takeError();
  if (auto error = sendTask(socket_.get(), lock, pipe->write.get(), client.get())) return error;
  pipe->write.reset();
  client.reset();
  auto report = readFd(pipe->read.get());
  if (!report) return report.takeError();
  return readReport(*report);
}

}  // namespace strata::runtime
