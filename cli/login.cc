#include "registry/login.h"

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/options.h"
#include "cli/session.h"
#include "registry/reference.h"
#include "registry/settings/credential_store.h"
#include "support/bytes.h"
#include "support/fault.h"
#include "support/text.h"
#include "support/url.h"

#include <unistd.h>

namespace strata::cli {

namespace {

constexpr size_t kLongestPassword = 64 << 10;

struct LoginOptions {
  std::string user;
  std::optional<std::string> password;
  bool passwordFromInput = false;
};

llvm::Error checkOptions(const LoginOptions& options) {
  if (options.password && options.passwordFromInput)
    return fault(FaultKind::Invalid, "--password and --password-stdin are mutually exclusive");
  if (options.passwordFromInput && options.user.empty())
    return fault(FaultKind::Invalid, "Must provide --username with --password-stdin");
  return llvm::Error::success();
}

llvm::Expected<std::string> passwordFromInput() {
  FdSource input(STDIN_FILENO);
  auto text = readAll(input, kLongestPassword);
  if (!text) return withContext(text.takeError(), "standard input");
  return llvm::StringRef(*text).rtrim("\r\n").str();
}

/// Asks for what no option gave.
llvm::Expected<registry::Credential> askedFor(const LoginOptions& options) {
  registry::Credential login{.user = options.user, .password = options.password.value_or("")};
  if (options.passwordFromInput) {
    auto password = passwordFromInput();
    if (!password) return password.takeError();
    login.password = std::move(*password);
  }
  if ((login.user.empty() || login.password.empty()) && !isTerminal(STDIN_FILENO))
    return fault(FaultKind::Invalid, "Cannot perform an interactive login from a non TTY device");
  if (login.user.empty()) login.user = ask("Username: ", Echo::Yes);
  if (login.user.empty()) return fault(FaultKind::Invalid, "username is empty");
  if (login.password.empty()) login.password = ask("Password: ", Echo::No);
  if (login.password.empty()) return fault(FaultKind::Invalid, "password is empty");
  return login;
}

/// Those of the last login are tried first where none are given, as docker does.
llvm::Expected<bool> existingWork(registry::Client& client, const std::string& domain, Session& session) {
  auto known = registry::findCredential(domain);
  if (!known) return known.takeError();
  if (!*known) return false;
  session.err() << "Authenticating with existing credentials...\n";
  auto verified = registry::verifyLogin(client, domain, **known);
  if (verified) return true;
  llvm::Error error = verified.takeError();
  if (kindOf(error) != FaultKind::Denied) return error;
  session.err() << "Login did not succeed, error: " << messageOf(std::move(error)) << "\n";
  return false;
}

llvm::Error keep(const std::string& domain, const registry::Credential& login, Session& session) {
  auto place = registry::storeCredential(domain, login);
  if (!place) return withContext(place.takeError(), "the login is right and could not be kept");
  if (place->helper.empty())
    session.err() << "WARNING! Your password will be stored unencrypted in " << place->file
                  << ".\nConfigure a credential helper to remove this warning. See\n"
                     "https://docs.docker.com/engine/reference/commandline/login/#credentials-store\n\n";
  return llvm::Error::success();
}

llvm::Expected<int> login(const LoginOptions& options, Session& session, const Arguments& arguments) {
  if (auto error = checkOptions(options)) return error;
  if (options.password) session.err() << "WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n";
  std::string domain = registry::registryNamed(arguments.empty() ? "" : arguments[0]);
  if (auto named = registry::parseReference(domain + "/name"); !named) {
    llvm::consumeError(named.takeError());
    return fault(FaultKind::Invalid, "invalid registry '" + printable(redactUrl(arguments[0])) +
                                         "': a host and perhaps a port are wanted, as in registry.example:5000");
  }
  registry::Client client(session.cancel(), {.retries = session.registry().retries()});
  if (options.user.empty() && !options.password) {
    auto works = existingWork(client, domain, session);
    if (!works) return works.takeError();
    if (*works) {
      session.out() << "Login Succeeded\n";
      return 0;
    }
  }
  auto asked = askedFor(options);
  if (!asked) return asked.takeError();
  auto verified = registry::verifyLogin(client, domain, *asked);
  if (!verified) return verified.takeError();
  if (auto error = keep(domain, *verified, session)) return error;
  session.out() << "Login Succeeded\n";
  return 0;
}

}  // namespace

Command loginCommand() {
  return {.name = "login",
          .usage = "[OPTIONS] [SERVER]",
          .description = "Log in to a registry",
          .minimum = 0,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<LoginOptions>();
            declared.text("-p,--password", options->password, "Password, for all to see who list processes");
            declared.flag("--password-stdin", options->passwordFromInput, "Take the password from standard input");
            declared.text("-u,--username", options->user, "Who you are there");
            return
                [options](Session& session, const Arguments& arguments) { return login(*options, session, arguments); };
          },
          .transfers = true};
}

}  // namespace strata::cli
