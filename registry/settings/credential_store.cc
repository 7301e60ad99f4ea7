#include "registry/settings/credential_store.h"

#include "support/fault.h"
#include "support/files.h"
#include "support/process.h"
#include "support/text.h"

#include <llvm/Support/Base64.h>

#include <cstdlib>
#include <filesystem>

namespace strata::registry {

namespace {
using llvm::json::Object;

/// The file behind symbolic links: a rename would replace the link.
std::string realFile(const std::string& path) {
  std::error_code error;
  std::filesystem::path real = std::filesystem::weakly_canonical(path, error);
  return error ? path : real.string();
}

llvm::Error writeConfiguration(const std::string& file, Object configuration) {
  std::string path = realFile(file);
  std::string directory = llvm::StringRef(path).rsplit('/').first.str();
  if (auto error = makeDirectories(directory)) return error;
  return writeFileAtomically(path, printPrettyJson(std::move(configuration)) + "\n", 0600, Sync::Yes);
}

llvm::Expected<ProcessResult> runHelper(const std::string& helper, const char* verb, const std::string& input) {
  if (llvm::StringRef(helper).contains('/'))
    return fault(FaultKind::Invalid, "credential helper '" + helper + "' is no plain name");
  auto result = runProcess({.argv = {"docker-credential-" + helper, verb}, .input = input});
  if (!result) return fault(FaultKind::Denied, "docker-credential-" + helper + ": " + messageOf(result.takeError()));
  return result;
}

llvm::Error helperFault(const std::string& helper, const char* verb, const ProcessResult& result) {
  return fault(FaultKind::Denied, "docker-credential-" + helper + " " + verb +
                                      " failed: " + printable(llvm::StringRef(result.output + result.errors).trim()));
}

llvm::Error storeWith(const std::string& helper, const std::string& key, const Credential& credential) {
  bool token = !credential.identityToken.empty();
  Object entry{{"ServerURL", key},
               {"Username", token ? "<token>" : credential.user},
               {"Secret", token ? credential.identityToken : credential.password}};
  auto result = runHelper(helper, "store", printJson(std::move(entry)));
  if (!result) return result.takeError();
  return result->exitCode == 0 ? llvm::Error::success() : helperFault(helper, "store", *result);
}

Object entryOf(const Credential& credential) {
  bool token = !credential.identityToken.empty();
  Object entry{{"auth", llvm::encodeBase64(credential.user + ":" + (token ? "" : credential.password))}};
  if (token) entry["identitytoken"] = credential.identityToken;
  return entry;
}

Object& memberOf(Object& object, llvm::StringRef name) {
  if (!object.getObject(name)) object[name] = Object();
  return *object.getObject(name);
}

llvm::Expected<Object> configurationIn(const std::string& file) {
  return pathExists(file) ? readConfiguration(file) : llvm::Expected<Object>(Object());
}

/// Whether the helper had something to forget.
llvm::Expected<bool> eraseWith(const std::string& helper, const std::string& key) {
  auto known = runHelper(helper, "get", key);
  if (!known) return known.takeError();
  if (known->exitCode != 0) return false;
  auto result = runHelper(helper, "erase", key);
  if (!result) return result.takeError();
  if (result->exitCode != 0) return helperFault(helper, "erase", *result);
  return true;
}
}  // namespace

llvm::Expected<CredentialPlace> storeCredential(llvm::StringRef domain, const Credential& credential) {
  auto file = credentialFile();
  if (!file) return file.takeError();
  auto configuration = configurationIn(*file);
  if (!configuration) return configuration.takeError();
  CredentialPlace place{.file = *file, .key = credentialKeys(domain).front()};
  auto helper = helperOf(*configuration, credentialKeys(domain));
  if (helper) {
    place.helper = "docker-credential-" + *helper;
    if (auto error = storeWith(*helper, place.key, credential)) return error;
  }
  // docker, too, leaves an empty entry for what a helper keeps.
  memberOf(*configuration, "auths")[place.key] = helper ? Object() : entryOf(credential);
  if (auto error = writeConfiguration(*file, std::move(*configuration))) return error;
  return place;
}

llvm::Expected<std::optional<CredentialPlace>> eraseCredential(llvm::StringRef domain) {
  auto file = credentialFile();
  if (!file) return file.takeError();
  auto configuration = configurationIn(*file);
  if (!configuration) return configuration.takeError();
  CredentialPlace place{.file = *file, .key = credentialKeys(domain).front()};
  bool known = false, changed = false;
  if (auto helper = helperOf(*configuration, credentialKeys(domain))) {
    auto erased = eraseWith(*helper, place.key);
    if (!erased) return erased.takeError();
    known = *erased;
    place.helper = "docker-credential-" + *helper;
  }
  Object* auths = configuration->getObject("auths");
  for (const std::string& key : credentialKeys(domain))
    if (auths && auths->erase(key)) changed = true;
  if (changed)
    if (auto error = writeConfiguration(*file, std::move(*configuration))) return error;
  if (!known && !changed) return std::nullopt;
  return place;
}

}  // namespace strata::registry
