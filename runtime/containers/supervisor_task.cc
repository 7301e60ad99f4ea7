#include "runtime/containers/supervisor_task.h"

#include "runtime/containers/local_socket.h"
#include "support/fault.h"

#include <llvm/ADT/SmallVector.h>

namespace strata::runtime {

namespace {
constexpr size_t kWithoutClient = 2;
}

llvm::Error sendTask(int socket, int lock, int report, int client) {
  llvm::SmallVector<int, kMostDescriptors> descriptors = {lock, report};
  if (client >= 0) descriptors.push_back(client);
  return withContext(sendDescriptors(socket, descriptors), "the supervisor of the container");
}

std::optional<SupervisorTask> receiveTask(int socket) {
  std::vector<UniqueFd> received = receiveDescriptors(socket);
  if (received.size() < kWithoutClient) return std::nullopt;
  SupervisorTask task{std::move(received[0]), std::move(received[1]), UniqueFd()};
  if (received.size() > kWithoutClient) task.client = std::move(received[kWithoutClient]);
  return task;
}

}  // namespace strata::runtime
