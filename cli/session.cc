#include "cli/session.h"

#include "builder/journal/file_tree.h"
#include "builder/journal/journal.h"
#include "registry/remote_layers.h"
#include "runtime/containers/container_store.h"
#include "runtime/containers/lifecycle.h"
#include "runtime/networks/networks.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <mutex>

namespace strata::cli {

namespace {

std::atomic<CancelToken*> signalled{nullptr};
volatile std::sig_atomic_t stoppingSignal = 0;

void onSignal(int number) {
  if (stoppingSignal != 0) {  // the second one: whoever asks twice means it
    ::signal(number, SIG_DFL);
    ::raise(number);
    return;
  }
  stoppingSignal = number;
  if (CancelToken* token = signalled.load()) token->cancel();
}

}  // namespace

Session::Session(Settings settings)
    : settings_(std::move(settings)),
      remoteLayers_(std::make_unique<registry::RemoteLayers>([this]() -> registry::Client& { return registry(); })) {}
Session::~Session() = default;

std::string Session::root() const { return settings_.root.empty() ? layerfs::defaultRoot() : settings_.root; }

llvm::Expected<layerfs::Store*> Session::store() {
  if (store_) return store_.get();
  auto tell = [this](const Damage& damage) { err() << "WARNING: " << damage.str() << "; it was dropped\n"; };
  auto store = layerfs::Store::open(
      {.root = root(), .snapshotter = settings_.snapshotter, .layerForm = settings_.layerForm, .onDamage = tell});
  if (!store) return store.takeError();
  store_ = std::move(*store);
  store_->layers().setSource(remoteLayers_.get());
  return store_.get();
}

registry::Client& Session::registry() {
  static std::mutex mutex;  // layers may be brought by several threads at once
  std::lock_guard lock(mutex);
  if (registry_) return *registry_;
  registry::RetryBudget retries{
      .onPause = [this](const std::string& cause, std::chrono::milliseconds pause) { tellPause(cause, pause); }};
  registry_ = std::make_unique<registry::Client>(cancel(), registry::Client::Options{.retries = std::move(retries)});
  return *registry_;
}

void Session::showTransfers(ProgressSink* progress) {
  remoteLayers_->setProgress(progress);
  std::lock_guard lock(pausesMutex_);
  transfers_ = progress;
}

/// Several layers wait for the same registry: it is said once.
void Session::tellPause(const std::string& cause, std::chrono::milliseconds pause) {
  std::lock_guard lock(pausesMutex_);
  auto now = std::chrono::steady_clock::now();
  if (now - pauseToldAt_ < std::chrono::milliseconds(500)) return;
  pauseToldAt_ = now;
  std::string text = "Retrying in " + humanDuration(pause) + ": " + cause;
  if (transfers_)
    transfers_->onNotice(text);
  else
    err() << text << "\n";
}

llvm::Expected<builder::Journal*> Session::journal() {
  if (journal_) return journal_.get();
  auto opened = store();
  if (!opened) return opened.takeError();
  auto journal = builder::Journal::open((*opened)->database());
  if (!journal) return journal.takeError();
  journal_ = std::move(*journal);
  return journal_.get();
}

llvm::Expected<builder::TreeStore*> Session::trees() {
  if (trees_) return trees_.get();
  auto opened = store();
  if (!opened) return opened.takeError();
  auto trees = builder::TreeStore::open((*opened)->database());
  if (!trees) return trees.takeError();
  trees_ = std::move(*trees);
  return trees_.get();
}

llvm::Expected<runtime::Networks*> Session::networks() {
  if (networks_) return networks_.get();
  auto opened = store();
  if (!opened) return opened.takeError();
  auto networks = runtime::NetworkStore::open((*opened)->database());
  if (!networks) return networks.takeError();
  networkStore_ = std::move(*networks);
  networks_ = std::make_unique<runtime::Networks>(*networkStore_, (*opened)->root());
  return networks_.get();
}

llvm::Expected<runtime::ContainerStore*> Session::containers() {
  if (containers_) return containers_.get();
  auto opened = store();
  if (!opened) return opened.takeError();
  auto containers = runtime::ContainerStore::open((*opened)->database(), (*opened)->root(), (*opened)->staging());
  if (!containers) return containers.takeError();
  containers_ = std::move(*containers);
  return containers_.get();
}

std::vector<std::string> Session::mountOptions() const {
  std::vector<std::string> words;
  for (const auto& [name, value] :
       {std::pair("--snapshotter", settings_.snapshotter), {"--layer-form", settings_.layerForm}})
    if (!value.empty()) words.insert(words.end(), {name, value});
  return words;
}

runtime::SupervisorProgram Session::supervisorProgram() const {
  std::error_code unknown;
  std::string place = std::filesystem::absolute(root(), unknown).string();  // the supervisor is in the root directory
  runtime::SupervisorProgram program{.globals = {"--root", place}};
  llvm::append_range(program.globals, mountOptions());
  return program;
}

void Session::closeStore() {
  networks_.reset();
  networkStore_.reset();
  containers_.reset();
  trees_.reset();
  journal_.reset();
  store_.reset();
}

CancelToken& Session::cancel() {
  static CancelToken token;  // outlives every thread and every late signal
  if (signalled.exchange(&token)) return token;
  struct sigaction action {};
  action.sa_handler = onSignal;
  action.sa_flags = SA_RESTART;
  for (int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    ::sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) ::sigaction(number, &action, nullptr);  // nohup stays in force
  }
  return token;
}

int Session::stoppedBy() { return stoppingSignal; }

int Session::finish(int status) {
  llvm::raw_fd_ostream& out = llvm::outs();
  out.flush();
  if (!out.has_error()) return status;
  err() << "Error: write to standard output: " << out.error().message() << "\n";
  out.clear_error();
  return status == 0 ? 1 : status;
}

}  // namespace strata::cli
