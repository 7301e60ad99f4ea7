#include "builder/settings/ssh.h"

#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/SmallVector.h>
#include <llvm/Support/Base64.h>

#include <sys/stat.h>
#include <cstdlib>

namespace strata::builder {

namespace {
using llvm::StringRef;
constexpr StringRef kOpensshHead = "-----BEGIN OPENSSH PRIVATE KEY-----",
                    kOpensshTail = "-----END OPENSSH PRIVATE KEY-----";

/// The format names its cipher at the beginning: "openssh-key-v1", NUL, length, "none".
bool isEncryptedOpenssh(StringRef text) {
  StringRef body = text.split(kOpensshHead).second.split(kOpensshTail).first;
  std::string packed;
  for (char c : body)
    if (!llvm::isSpace(c)) packed += c;
  std::vector<char> bytes;
  if (auto error = llvm::decodeBase64(packed, bytes)) {
    llvm::consumeError(std::move(error));
    return false;  // no key at all, which the agent will say
  }
  constexpr StringRef kPlain("openssh-key-v1\0\0\0\0\4none", 23);
  return !StringRef(bytes.data(), bytes.size()).starts_with(kPlain);
}

llvm::Error checkKey(const std::string& path) {
  auto text = readFile(path, kLargestSshKey);
  if (!text) return withContext(text.takeError(), "ssh key");
  StringRef key(*text);
  if (!key.contains("PRIVATE KEY-----"))
    return fault(FaultKind::Invalid, "ssh key " + path + " is neither a private key nor an agent's socket");
  bool encrypted = key.contains("ENCRYPTED") || (key.contains(kOpensshHead) && isEncryptedOpenssh(key));
  if (!encrypted) return llvm::Error::success();
  return fault(FaultKind::Invalid, "ssh key " + path +
                                       " has a passphrase, which is not supported: load it into an agent (ssh-add " +
                                       path + ") and give --ssh without a file");
}
}  // namespace

llvm::Expected<SshSource> parseSsh(StringRef option) {
  auto [id, value] = option.split('=');
  SshSource source{.id = id.empty() ? "default" : id.str(), .socket = "", .keys = {}};
  if (value.empty()) {
    const char* agent = ::getenv("SSH_AUTH_SOCK");
    if (!agent || !*agent)
      return fault(FaultKind::Invalid, "invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set");
    value = agent;
  }
  llvm::SmallVector<StringRef> paths;
  value.split(paths, ',', -1, false);
  for (StringRef path : paths) {
    struct stat status;
    if (::stat(path.str().c_str(), &status) != 0) return errnoFault("--ssh " + option + ": " + path);
    if (!S_ISSOCK(status.st_mode)) {
      if (auto error = checkKey(path.str())) return error;
      source.keys.push_back(path.str());
    } else if (!source.socket.empty()) {
      return fault(FaultKind::Invalid, "--ssh " + option + ": only one socket is possible");
    } else {
      source.socket = path.str();
    }
  }
  if (!source.socket.empty() && !source.keys.empty())
    return fault(FaultKind::Invalid, "--ssh " + option + ": a socket and key files cannot be combined");
  return source;
}

}  // namespace strata::builder
