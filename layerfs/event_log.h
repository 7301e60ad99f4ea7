#pragma once
/// \file What has happened to containers, images, volumes and networks of a store, for `events`: one JSON object a
/// line, with docker's members, in `events/log` below the root, version 1. A log of a megabyte becomes `events/log.1`
/// in place of the one before it, and a new one begins.

#include "support/unique_fd.h"

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace strata::layerfs {

struct Event {
  std::string type;                               ///< container, image, volume, network
  std::string action;                             ///< create, start, die, ...
  std::string actor;                              ///< id of the thing, or its name
  std::map<std::string, std::string> attributes;  ///< name, image, exitCode, labels, ...
  int64_t time = 0;                               ///< nanoseconds since 1970; 0: now
};

/// The line of an event without its end, and back; nothing for what is none (cut short by a crash).
std::string printEvent(const Event& event);
std::optional<Event> eventFrom(llvm::StringRef line);

/// Appends, in one write, so that events of many processes stand one behind the other. What cannot be written is lost:
/// no command fails for it.
void appendEvent(const std::string& storeRoot, Event event);

/// Reads what is there, then what comes.
class EventReader {
public:
  static llvm::Expected<EventReader> open(const std::string& storeRoot);
  /// Every whole event from where it stands to the end; lines that are none are passed over. False from `visit` ends
  /// it: the answer says whether it went to the end.
  llvm::Expected<bool> read(llvm::function_ref<bool(const Event&)> visit);
  /// Until there may be more, or this many milliseconds have gone by.
  void waitForMore(int milliseconds);

private:
  explicit EventReader(std::string directory) : directory_(std::move(directory)) {}
  llvm::Expected<bool> readFile(int file, llvm::function_ref<bool(const Event&)> visit);
  bool openNext();
  std::string directory_;
  UniqueFd old_, file_, changes_;
  std::string rest_;  ///< the beginning of a line
};

}  // namespace strata::layerfs
