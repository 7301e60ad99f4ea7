#include "cli/commands.h"
#include "cli/session.h"
#include "registry/login.h"
#include "registry/settings/credential_store.h"

namespace strata::cli {

namespace {

llvm::Expected<int> logout(Session& session, const Arguments& arguments) {
  std::string domain = registry::registryNamed(arguments.empty() ? "" : arguments[0]);
  auto erased = registry::eraseCredential(domain);
  if (!erased) return erased.takeError();
  std::string shown = registry::credentialKeys(domain).front();
  session.out() << (*erased ? "Removing login credentials for " : "Not logged in to ") << shown << "\n";
  return 0;
}

}  // namespace

Command logoutCommand() {
  return {.name = "logout",
          .usage = "[SERVER]",
          .description = "Log out from a registry",
          .minimum = 0,
          .maximum = 1,
          .declare = [](Options&) -> Action { return logout; }};
}

}  // namespace strata::cli
