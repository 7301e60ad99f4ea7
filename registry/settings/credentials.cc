#include "registry/settings/credentials.h"

#include "registry/settings/looked_at.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/process.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Base64.h>

#include <cstdlib>

namespace strata::registry {

namespace {
using llvm::json::Object;

/// "" without a home.
std::string dockerFile() {
  const char* home = ::getenv("HOME");
  return home && *home ? joinPath(home, ".docker/config.json") : "";
}

/// Every file that may know, in the order of asking.
std::vector<std::string> placesOfLogins() {
  if (const char* path = ::getenv("REGISTRY_AUTH_FILE"); path && *path) return {path};
  if (const char* directory = ::getenv("DOCKER_CONFIG"); directory && *directory)
    return {joinPath(directory, "config.json")};
  std::vector<std::string> places;
  if (std::string docker = dockerFile(); !docker.empty()) places.push_back(docker);
  if (const char* runtime = ::getenv("XDG_RUNTIME_DIR"); runtime && *runtime)
    places.push_back(joinPath(runtime, "containers/auth.json"));
  if (std::string user = userContainersDirectory(); !user.empty()) places.push_back(joinPath(user, "auth.json"));
  return places;
}

llvm::Expected<Credential> readAuth(const Object& entry, const std::string& where) {
  Credential credential;
  if (auto token = entry.getString("identitytoken")) credential.identityToken = token->str();
  if (auto packed = entry.getString("auth"); packed && !packed->empty()) {
    std::vector<char> bytes;
    if (auto error = llvm::decodeBase64(*packed, bytes)) {
      llvm::consumeError(std::move(error));
      return fault(FaultKind::Invalid, where + ": \"auth\" is not base64");
    }
    auto [user, password] = llvm::StringRef(bytes.data(), bytes.size()).rtrim('\0').split(':');
    credential.user = user.str();
    credential.password = password.str();
  }
  if (auto user = entry.getString("username")) credential.user = user->str();
  if (auto password = entry.getString("password")) credential.password = password->str();
  return credential;
}

/// `docker-credential-NAME get` reads the registry's key and answers with JSON.
llvm::Expected<std::optional<Credential>> askHelper(llvm::StringRef helper, llvm::StringRef key) {
  std::string program = ("docker-credential-" + helper).str();
  if (helper.contains('/')) return fault(FaultKind::Invalid, "credential helper '" + helper + "' is no plain name");
  auto answer = runProcess({.argv = {program, "get"}, .input = key.str()});
  if (!answer) return fault(FaultKind::Denied, program + ": " + messageOf(answer.takeError()));
  if (answer->exitCode != 0) {
    if (llvm::StringRef(answer->output).contains("credentials not found")) return std::nullopt;
    return fault(FaultKind::Denied,
                 program + " failed: " + printable(llvm::StringRef(answer->output + answer->errors).trim()));
  }
  auto document = parseJson(answer->output, kLargestSettings);
  const Object* object = document ? document->getAsObject() : nullptr;
  if (!object) {
    llvm::consumeError(document.takeError());
    return fault(FaultKind::Denied, program + " did not answer with a JSON object");
  }
  Credential credential;
  std::string user = object->getString("Username").value_or("").str();
  std::string secret = object->getString("Secret").value_or("").str();
  if (user == "<token>") return Credential{.identityToken = secret};
  return Credential{.user = user, .password = secret};
}

/// What one file says of one key: a helper of its own, or a login as it stands there.
llvm::Error readKey(const Object& configuration, const std::string& file, const std::string& key,
                    FoundCredential& found) {
  const Object* helpers = configuration.getObject("credHelpers");
  if (auto helper = helpers ? helpers->getString(key) : std::nullopt; helper && !helper->empty()) {
    auto answer = askHelper(*helper, key);
    if (!answer) return answer.takeError();
    found.credential = std::move(*answer);
    if (found.credential) found.helper = ("docker-credential-" + *helper).str();
  }
  const Object* auths = configuration.getObject("auths");
  if (const Object* entry = auths && !found.credential ? auths->getObject(key) : nullptr) {
    auto credential = readAuth(*entry, file + ": " + key);
    if (!credential) return credential.takeError();
    if (!credential->user.empty() || !credential->identityToken.empty()) found.credential = std::move(*credential);
  }
  return llvm::Error::success();
}

llvm::Error readStore(const Object& configuration, const std::string& key, FoundCredential& found) {
  auto store = configuration.getString("credsStore");
  if (!store || store->empty()) return llvm::Error::success();
  auto answer = askHelper(*store, key);
  if (!answer) return answer.takeError();
  found.credential = std::move(*answer);
  if (found.credential) found.helper = ("docker-credential-" + *store).str();
  return llvm::Error::success();
}

/// Whether the file is there at all. A store that knows nothing leaves the word to the file.
llvm::Expected<bool> lookInto(const std::string& file, llvm::StringRef domain, llvm::StringRef path,
                              FoundCredential& found) {
  if (!pathExists(file)) return false;
  auto configuration = readConfiguration(file);
  if (!configuration) return configuration.takeError();
  for (const std::string& key : credentialKeys(domain, path)) {
    if (auto error = readKey(*configuration, file, key, found)) return error;
    found.key = key;
    if (found.credential) break;
  }
  if (!found.credential) {
    found.key = credentialKeys(domain).front();
    if (auto error = readStore(*configuration, found.key, found)) return error;
  }
  found.file = file;
  return true;
}
}  // namespace

llvm::Expected<Object> readConfiguration(const std::string& file) {
  auto text = readFile(file, kLargestSettings);
  if (!text) return text.takeError();
  if (llvm::StringRef(*text).trim().empty()) return Object();
  auto document = parseJson(*text, kLargestSettings);
  if (!document) return withContext(document.takeError(), file);
  Object* configuration = document->getAsObject();
  if (!configuration) return fault(FaultKind::Invalid, file + ": not a JSON object");
  return std::move(*configuration);
}

std::optional<std::string> helperOf(const Object& configuration, llvm::ArrayRef<std::string> keys) {
  if (const Object* helpers = configuration.getObject("credHelpers"))
    for (const std::string& key : keys)
      if (auto helper = helpers->getString(key); helper && !helper->empty()) return helper->str();
  if (auto store = configuration.getString("credsStore"); store && !store->empty()) return store->str();
  return std::nullopt;
}

std::vector<std::string> credentialKeys(llvm::StringRef domain, llvm::StringRef path) {
  std::vector<std::string> keys;
  for (; !path.empty(); path = path.contains('/') ? path.rsplit('/').first : "")
    keys.push_back((domain + "/" + path).str());
  if (domain == "docker.io")
    llvm::append_range(keys, std::vector<std::string>{"https://index.docker.io/v1/", "docker.io", "index.docker.io"});
  else
    for (const char* scheme : {"", "https://", "http://"}) keys.push_back((scheme + domain).str());
  keys.push_back(("https://" + domain + "/v2/").str());
  return keys;
}

llvm::Expected<std::string> credentialFile() {
  std::vector<std::string> places = placesOfLogins();
  if (places.empty()) return fault(FaultKind::NotFound, "no place for logins: neither HOME nor DOCKER_CONFIG is set");
  return places.front();
}

llvm::Expected<FoundCredential> lookUpCredential(llvm::StringRef domain, llvm::StringRef path) {
  FoundCredential found;
  for (const std::string& file : placesOfLogins()) {
    auto there = lookInto(file, domain, path, found);
    if (!there) return there.takeError();
    found.files.push_back({file, *there});
    if (found.credential) break;
  }
  return found;
}

llvm::Expected<std::optional<Credential>> findCredential(llvm::StringRef domain, llvm::StringRef path) {
  auto found = lookUpCredential(domain, path);
  if (!found) return found.takeError();
  return std::move(found->credential);
}

}  // namespace strata::registry
