#include "layerfs/event_log.h"

#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/Support/JSON.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

namespace strata::layerfs {

namespace {
using llvm::StringRef;
using llvm::json::Object;

constexpr off_t kLargest = 1 << 20;
constexpr size_t kPiece = 64 << 10;

std::string directoryOf(const std::string& storeRoot) { return joinPath(storeRoot, "events"); }
std::string logIn(const std::string& directory) { return joinPath(directory, "log"); }
std::string oldLogIn(const std::string& directory) { return joinPath(directory, "log.1"); }

/// One begins the new log; who writes to the old one meanwhile writes to the old one.
void rotate(const std::string& directory) {
  auto lock = FileLock::tryAcquire(joinPath(directory, "lock"), FileLock::Mode::Exclusive);
  if (!lock) return llvm::consumeError(lock.takeError());
  struct stat status;
  bool isLarge = ::stat(logIn(directory).c_str(), &status) == 0 && status.st_size >= kLargest;
  if (isLarge) ::rename(logIn(directory).c_str(), oldLogIn(directory).c_str());
}

UniqueFd openForAppending(const std::string& directory) {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC;
  UniqueFd file(::open(logIn(directory).c_str(), kFlags, 0600));
  if (file || errno != ENOENT) return file;
  ::mkdir(directory.c_str(), 0700);
  return UniqueFd(::open(logIn(directory).c_str(), kFlags, 0600));
}
}  // namespace

std::string printEvent(const Event& event) {
  Object attributes;
  for (const auto& [key, value] : event.attributes) attributes[llvm::json::fixUTF8(key)] = llvm::json::fixUTF8(value);
  Object json{{"Type", event.type},
              {"Action", llvm::json::fixUTF8(event.action)},
              {"Actor", Object{{"ID", event.actor}, {"Attributes", std::move(attributes)}}},
              {"scope", "local"},
              {"time", event.time / kSecond},
              {"timeNano", event.time}};
  if (event.type == "container" || event.type == "image") {
    json["status"] = llvm::json::fixUTF8(event.action);
    json["id"] = event.actor;
    auto image = event.attributes.find("image");
    if (image != event.attributes.end()) json["from"] = llvm::json::fixUTF8(image->second);
  }
  return printJson(std::move(json));
}

std::optional<Event> eventFrom(StringRef line) {
  auto json = parseJson(line);
  if (!json) {
    llvm::consumeError(json.takeError());
    return std::nullopt;
  }
  const Object* object = json->getAsObject();
  const Object* actor = object ? object->getObject("Actor") : nullptr;
  auto type = object ? object->getString("Type") : std::nullopt;
  auto action = object ? object->getString("Action") : std::nullopt;
  auto time = object ? object->getInteger("timeNano") : std::nullopt;
  auto id = actor ? actor->getString("ID") : std::nullopt;
  if (!type || !action || !time || !id) return std::nullopt;
  Event event{.type = type->str(), .action = action->str(), .actor = id->str(), .attributes = {}, .time = *time};
  if (const Object* attributes = actor->getObject("Attributes"))
    for (const auto& [key, value] : *attributes)
      if (auto text = value.getAsString()) event.attributes[key.str()] = text->str();
  return event;
}

void appendEvent(const std::string& storeRoot, Event event) {
  if (event.time == 0) event.time = nowNanoseconds();
  std::string directory = directoryOf(storeRoot), line = printEvent(event) + "\n";
  UniqueFd file = openForAppending(directory);
  if (!file || ::write(file.get(), line.data(), line.size()) < 0) return;
  struct stat status;
  if (::fstat(file.get(), &status) == 0 && status.st_size >= kLargest) rotate(directory);
}

llvm::Expected<EventReader> EventReader::open(const std::string& storeRoot) {
  EventReader reader(directoryOf(storeRoot));
  ::mkdir(reader.directory_.c_str(), 0700);
  reader.changes_.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (::inotify_add_watch(reader.changes_.get(), reader.directory_.c_str(), IN_MODIFY | IN_CREATE) < 0)
    return errnoFault("watch " + reader.directory_);
  reader.old_.reset(::open(oldLogIn(reader.directory_).c_str(), O_RDONLY | O_CLOEXEC));
  reader.openNext();
  return reader;
}

/// True if there is a log that is not the one being read.
bool EventReader::openNext() {
  UniqueFd next(::open(logIn(directory_).c_str(), O_RDONLY | O_CLOEXEC));
  struct stat there, here;
  if (!next || ::fstat(next.get(), &there) != 0) return false;
  if (file_ && ::fstat(file_.get(), &here) == 0 && here.st_ino == there.st_ino && here.st_dev == there.st_dev)
    return false;
  // Who had opened it before it was replaced may have written to it since it was read.
  if (file_) old_ = std::move(file_);
  file_ = std::move(next);
  return true;
}

llvm::Expected<bool> EventReader::read(llvm::function_ref<bool(const Event&)> visit) {
  do {
    if (old_) {
      auto goesOn = readFile(old_.get(), visit);
      if (!goesOn || !*goesOn) return goesOn;
      old_.reset();
      rest_.clear();
    }
    if (!file_) continue;
    auto goesOn = readFile(file_.get(), visit);
    if (!goesOn || !*goesOn) return goesOn;
  } while (openNext());
  return true;
}

llvm::Expected<bool> EventReader::readFile(int file, llvm::function_ref<bool(const Event&)> visit) {
  std::string piece(kPiece, '\0');
  for (;;) {
    ssize_t got = ::read(file, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errnoFault("read " + logIn(directory_));
    if (got == 0) return true;
    rest_.append(piece.data(), size_t(got));
    StringRef lines = rest_;
    for (size_t end; (end = lines.find('\n')) != StringRef::npos; lines = lines.drop_front(end + 1))
      if (auto event = eventFrom(lines.take_front(end)); event && !visit(*event)) return false;
    rest_ = lines.str();
  }
}

void EventReader::waitForMore(int milliseconds) {
  pollfd wait{changes_.get(), POLLIN, 0};
  if (::poll(&wait, 1, milliseconds) <= 0) return;
  char events[4096];
  while (::read(changes_.get(), events, sizeof events) > 0) {
  }
}

}  // namespace strata::layerfs
