#pragma once
/// \file Which files of its root a container opens, told by the kernel (fanotify(7)): a mark on the container's own
/// mount, so that nobody else's opens count, and those of its other mounts (/proc, bind mounts, caches) neither. Marks
/// and queue belong to one descriptor, which ends with the process. Seen is whoever opens a file: to read or write it,
/// to map it, to execute it, or a directory to list it. Not seen is who only asks for attributes (stat) or follows a
/// link.

#include "support/unique_fd.h"

#include <llvm/ADT/StringMap.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace strata::runtime {

/// What was opened: by path from the root, without a leading '/', links resolved; "" is the root itself. A file that
/// was deleted meanwhile has the name that it had; one that was renamed the instant after, its new one.
struct OpenedPaths {
  struct How {
    bool executed = false;  ///< by execve, as program or interpreter of one
  };
  llvm::StringMap<How> paths;
  bool incomplete = false;  ///< there were more than could be kept, or the kernel could not tell of some
};

/// One traced run: made, handed to runSandboxed, finished. A thread of its own reads what the kernel tells.
class ReadTrace {
public:
  struct Limits {
    size_t paths = 200'000;           ///< kept at most; about 150 bytes each
    size_t bytes = size_t(32) << 20;  ///< of their text
  };
  /// `wasThere` says whether a path had been in the root before the run; called on the trace's thread, and only when a
  /// limit is reached, to forget what the run itself has made. May be empty: then nothing is forgotten.
  using WasThere = std::function<bool(llvm::StringRef path)>;
  /// Faults: Unsupported where the kernel or the lack of CAP_SYS_ADMIN forbids it, saying which; Io.
  static llvm::Expected<std::unique_ptr<ReadTrace>> make(WasThere wasThere, Limits limits);
  static llvm::Expected<std::unique_ptr<ReadTrace>> make(WasThere wasThere = {}) {
    return make(std::move(wasThere), Limits());
  }
  ~ReadTrace();

  /// From now on opens through the mount whose root `directory` is are told. Where that fails the run goes on, and
  /// finish() says why it was not traced.
  void watch(int directory);
  /// All that was opened until now; to be called once, when the traced processes are gone. Faults: Unsupported; Io.
  llvm::Expected<OpenedPaths> finish();

private:
  ReadTrace(UniqueFd events, UniqueFd stop, WasThere wasThere, Limits limits);
  void stop();
  void serve();
  bool drain();
  void note(int file, bool executed);
  void add(llvm::StringRef path, bool executed);
  void forgetNew();

  UniqueFd events_, stop_;
  WasThere wasThere_;
  Limits limits_;
  OpenedPaths opened_;
  size_t bytes_ = 0;     ///< of the paths' text
  bool isFull_ = false;  ///< forgetting makes no room any more
  int watchError_ = 0;   ///< errno of watch()
  std::thread reader_;
};

}  // namespace strata::runtime
