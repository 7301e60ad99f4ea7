#include "registry/settings/certificates.h"

#include "registry/settings/looked_at.h"
#include "support/fault.h"
#include "support/files.h"

namespace strata::registry {

namespace {

llvm::Error addCertificates(const std::string& directory, Certificates& all) {
  for (const std::string& name : filesIn(directory, ".crt")) all.authorities.push_back(joinPath(directory, name));
  for (const std::string& name : filesIn(directory, ".cert")) {
    std::string certificate = joinPath(directory, name);
    std::string key = certificate.substr(0, certificate.size() - 4) + "key";
    if (!pathExists(key))
      return fault(FaultKind::Invalid,
                   certificate + " has no key " + key + "; a certificate of an authority would have to end in .crt");
    all.pairs.push_back({std::move(certificate), std::move(key)});
  }
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<HttpClient::Options> Certificates::options() const {
  HttpClient::Options options;
  for (const std::string& path : authorities) {
    auto text = readFile(path, kLargestSettings);
    if (!text) return text.takeError();
    options.authorities += *text + "\n";
  }
  if (!pairs.empty()) {
    options.certificateFile = pairs.front().certificate;
    options.keyFile = pairs.front().key;
  }
  return options;
}

llvm::Expected<Certificates> findCertificates(llvm::StringRef domain) {
  Certificates all;
  std::vector<std::string> roots{"/etc/containers/certs.d", "/etc/docker/certs.d"};
  if (std::string user = userContainersDirectory(); !user.empty())
    roots.insert(roots.begin(), joinPath(user, "certs.d"));
  for (const std::string& root : roots) {
    std::string directory = joinPath(root, domain);
    all.places.push_back({directory, pathExists(directory)});
    if (auto error = addCertificates(directory, all)) return error;
  }
  return all;
}

}  // namespace strata::registry
