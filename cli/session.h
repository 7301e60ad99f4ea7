#pragma once
/// \file What a command works with: the store, opened when first asked for; the streams; the signal that stops it.

#include "layerfs/store.h"
#include "support/cancel.h"
#include "support/progress.h"

#include <llvm/Support/Error.h>
#include <llvm/Support/raw_ostream.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace strata::builder {
class Journal;
class TreeStore;
}  // namespace strata::builder
namespace strata::runtime {
class Networks;
class NetworkStore;
class ContainerStore;
struct SupervisorProgram;
}  // namespace strata::runtime
namespace strata::registry {
class Client;
class RemoteLayers;
}  // namespace strata::registry

namespace strata::cli {

/// One a process, made by the command line. Not for several threads, cancel() excepted.
class Session {
public:
  struct Settings {
    std::string root;         ///< --root; empty: layerfs::defaultRoot()
    std::string snapshotter;  ///< --snapshotter
    std::string layerForm;    ///< --layer-form
  };
  explicit Session(Settings settings);
  ~Session();

  std::string root() const;
  /// Layers that the store has not got come from registries when they are read.
  llvm::Expected<layerfs::Store*> store();
  registry::Client& registry();
  /// Who hears of layers that are brought, and why a registry keeps somebody waiting; null: of the former nobody.
  void showTransfers(ProgressSink* progress);
  llvm::Expected<builder::Journal*> journal();
  llvm::Expected<builder::TreeStore*> trees();
  llvm::Expected<runtime::Networks*> networks();
  llvm::Expected<runtime::ContainerStore*> containers();
  /// The words before a command's name that make its store mount layers as this one does; not where the store is.
  std::vector<std::string> mountOptions() const;
  /// How this program, with these settings, is started again to supervise a container.
  runtime::SupervisorProgram supervisorProgram() const;
  /// For who stays alive and does not want others to wait: whatever was got from the store is void.
  void closeStore();

  /// Results alone; buffered, flushed by finish().
  llvm::raw_ostream& out() { return llvm::outs(); }
  /// Everything else, unbuffered.
  llvm::raw_ostream& err() { return llvm::errs(); }

  /// Cancelled by SIGINT, SIGTERM and SIGHUP from the first call on; a second signal ends the program at once.
  CancelToken& cancel();
  /// The signal that cancelled, or 0.
  static int stoppedBy();

  /// Brings standard output to its end: 1 if not all of it could be written, else `status`.
  int finish(int status);

private:
  void tellPause(const std::string& cause, std::chrono::milliseconds pause);

  Settings settings_;
  std::mutex pausesMutex_;  ///< over what follows
  ProgressSink* transfers_ = nullptr;
  std::chrono::steady_clock::time_point pauseToldAt_;
  std::unique_ptr<registry::Client> registry_;
  std::unique_ptr<registry::RemoteLayers> remoteLayers_;  ///< outlives the store
  std::unique_ptr<layerfs::Store> store_;
  std::unique_ptr<builder::Journal> journal_;
  std::unique_ptr<builder::TreeStore> trees_;
  std::unique_ptr<runtime::NetworkStore> networkStore_;
  std::unique_ptr<runtime::Networks> networks_;
  std::unique_ptr<runtime::ContainerStore> containers_;
};

}  // namespace strata::cli
