#include "cli/containers/container_texts.h"

#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::cli {

namespace {
constexpr size_t kShortCommand = 20;
}  // namespace

std::string shortened(const std::string& text, size_t most) {
  size_t characters = 0, last = 0;  // where the last character that would fit begins
  for (size_t at = 0; at < text.size(); ++at) {
    if ((text[at] & 0xc0) == 0x80) continue;
    if (++characters > most) return (llvm::StringRef(text).take_front(last) + "…").str();
    last = at;
  }
  return text;
}

std::string durationText(int64_t nanoseconds) {
  std::string text = humanAge(0, std::max<int64_t>(0, nanoseconds / kSecond));
  llvm::StringRef words = text;
  words.consume_back(" ago");
  return words.str();
}

std::string healthOf(const runtime::Container& container) {
  if (container.health.empty()) return "";
  auto json = parseJson(container.health);
  if (!json) {
    llvm::consumeError(json.takeError());
    return "";
  }
  const llvm::json::Object* object = json->getAsObject();
  return object ? object->getString("Status").value_or("").str() : "";
}

std::string statusText(const runtime::Container& container, int64_t now) {
  const runtime::ContainerState& state = container.state;
  std::string code = "(" + std::to_string(state.exitCode) + ") ";
  switch (state.status) {
    case runtime::ContainerStatus::Created:
      return "Created";
    case runtime::ContainerStatus::Running: {
      std::string health = healthOf(container);
      if (health == "starting") health = "health: starting";
      return "Up " + durationText(now - state.started) + (health.empty() ? "" : " (" + health + ")");
    }
    case runtime::ContainerStatus::Paused:
      return "Up " + durationText(now - state.started) + " (Paused)";
    case runtime::ContainerStatus::Restarting:
      return "Restarting " + code + durationText(now - state.finished) + " ago";
    case runtime::ContainerStatus::Removing:
      return "Removal In Progress";
    case runtime::ContainerStatus::Dead:
      return "Dead";
    case runtime::ContainerStatus::Exited:
      break;
  }
  return "Exited " + code + durationText(now - state.finished) + " ago";
}

std::string commandText(const runtime::Container& container, Length length) {
  std::string command = printable(llvm::join(container.argv, " "));
  return "\"" + (length == Length::Short ? shortened(command, kShortCommand) : command) + "\"";
}

uint64_t writtenBytes(const runtime::Container& container, const runtime::ContainerStore& containers) {
  auto use = diskUse(joinPath(containers.directory(container.id).layer(), "upper"));
  if (use) return use->bytes;
  llvm::consumeError(use.takeError());
  return 0;
}

}  // namespace strata::cli
