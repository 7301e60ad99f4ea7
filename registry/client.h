#pragma once
/// \file Who talks to registries for one command: connections, settings, logins and tokens, each found once. Parts of a
/// command that may be given up on their own have clients of their own, siblings that share connections and settings.

#include "registry/repository.h"
#include "registry/settings/registries_conf.h"

#include <llvm/Support/Error.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace strata::registry {

/// Any thread. Repositories live as long as their client. Every method but the constructors faults Invalid where
/// registries.conf or certs.d cannot be understood.
class Client {
public:
  struct Options {
    bool insecure = false;  ///< plain HTTP and any certificate will do
    RetryBudget retries;
  };
  /// `cancel` is borrowed.
  explicit Client(const CancelToken& cancel);
  Client(const CancelToken& cancel, Options options);
  /// Shares with the sibling, null: with nobody, what is known of servers and the connections to them; who is first
  /// asks. Either may go first.
  Client(const Client* sibling, const CancelToken& cancel, Options options);
  ~Client();

  /// What a repository is wanted for. Push: everything is asked of the registry itself, with the scope of pushing.
  enum class Use { Pull, Push };
  /// One object for each domain, path and use, kept; asks nothing of the registry yet. What is read comes from the
  /// mirrors of registries.conf first, one attempt each. Faults: Denied for a registry that is blocked.
  llvm::Expected<Repository*> repository(const Reference& reference, Use use = Use::Pull);
  /// What a person's name means: of several that a short name may mean (meaningsOf) the first that is there, else the
  /// first. One meaning alone is not asked for. Faults: Invalid for no name; Cancelled; Unavailable where it was not
  /// found and not everybody could be asked.
  llvm::Expected<Reference> find(llvm::StringRef name);
  /// The registry as a whole, with this login instead of what files and helpers know.
  llvm::Expected<std::unique_ptr<Endpoint>> registry(llvm::StringRef domain, std::optional<Credential> credential = {});

  /// One server with the certificates that are kept for it.
  llvm::Expected<std::shared_ptr<Host>> host(llvm::StringRef domain, bool insecure);
  llvm::Expected<const RegistriesConf*> settings();
  const RetryBudget& retries() const { return options_.retries; }

private:
  llvm::Expected<bool> has(const Reference& reference);
  llvm::Expected<PullSource> sourceAt(llvm::StringRef place, bool insecure, const RetryBudget& budget);
  llvm::Expected<std::vector<PullSource>> sourcesFor(const Reference& reference, const RegistryEntry& entry);
  llvm::Expected<std::unique_ptr<Repository>> makeRepository(const Reference& reference, Use use);

  /// What is found once for all siblings.
  struct Shared {
    llvm::Expected<const RegistriesConf*> settings();
    llvm::Expected<std::shared_ptr<Server>> server(llvm::StringRef domain, bool insecure);

  private:
    std::mutex mutex_;  ///< over what follows
    std::optional<RegistriesConf> settings_;
    std::map<std::pair<std::string, bool>, std::shared_ptr<Server>> servers_;
  };

  std::shared_ptr<Shared> shared_;
  const CancelToken& cancel_;
  Options options_;
  std::recursive_mutex mutex_;  ///< over what follows
  std::map<std::pair<std::string, bool>, std::shared_ptr<Host>> hosts_;
  std::map<std::pair<std::string, Use>, std::unique_ptr<Repository>> repositories_;
};

}  // namespace strata::registry
