#include "registry/settings/credentials.h"

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

constexpr size_t kLargestFile = 4 << 20;

std::string configurationPath() {
  if (const char* path = ::getenv("REGISTRY_AUTH_FILE")) return path;
  if (const char* directory = ::getenv("DOCKER_CONFIG")) return joinPath(directory, "config.json");
  const char* home = ::getenv("HOME");
  return home ? joinPath(home, ".docker/config.json") : "";
}

/// The names under which a file may keep a registry's login, longest first; Docker Hub has one of its own, of old.
std::vector<std::string> keysOf(llvm::StringRef domain, llvm::StringRef path) {
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
  if (!answer) return fault(FaultKind::Unavailable, program + ": " + messageOf(answer.takeError()));
  if (answer->exitCode != 0) {
    if (llvm::StringRef(answer->output).contains("credentials not found")) return std::nullopt;
    return fault(FaultKind::Unavailable,
                 program + " failed: " + printable(llvm::StringRef(answer->output + answer->errors).trim()));
  }
  auto document = parseJson(answer->output, kLargestFile);
  const Object* object = document ? document->getAsObject() : nullptr;
  if (!object) {
    llvm::consumeError(document.takeError());
    return fault(FaultKind::Unavailable, program + " did not answer with a JSON object");
  }
  Credential credential;
  std::string user = object->getString("Username").value_or("").str();
  std::string secret = object->getString("Secret").value_or("").str();
  if (user == "<token>") return Credential{.identityToken = secret};
  return Credential{.user = user, .password = secret};
}

std::optional<std::string> helperFor(const Object& configuration, llvm::ArrayRef<std::string> keys) {
  if (const Object* helpers = configuration.getObject("credHelpers"))
    for (const std::string& key : keys)
      if (auto helper = helpers->getString(key)) return helper->str();
  if (auto store = configuration.getString("credsStore"); store && !store->empty()) return store->str();
  return std::nullopt;
}
}  // namespace

llvm::Expected<std::optional<Credential>> findCredential(llvm::StringRef domain, llvm::StringRef path) {
  std::string file = configurationPath();
  if (file.empty() || !pathExists(file)) return std::nullopt;
  auto text = readFile(file, kLargestFile);
  if (!text) return text.takeError();
  auto document = parseJson(*text, kLargestFile);
  if (!document) return withContext(document.takeError(), file);
  const Object* configuration = document->getAsObject();
  if (!configuration) return fault(FaultKind::Invalid, file + ": not a JSON object");

  std::vector<std::string> keys = keysOf(domain, path);
  if (auto helper = helperFor(*configuration, keys))
    if (auto answer = askHelper(*helper, keys.front()); !answer || *answer) return answer;
  const Object* auths = configuration->getObject("auths");
  if (!auths) return std::nullopt;
  for (const std::string& key : keys)
    if (const Object* entry = auths->getObject(key)) {
      auto credential = readAuth(*entry, file + ": " + key);
      if (!credential) return credential.takeError();
      if (credential->user.empty() && credential->identityToken.empty()) return std::nullopt;
      return *credential;
    }
  return std::nullopt;
}

}  // namespace strata::registry
