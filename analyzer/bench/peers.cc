#include "analyzer/bench/peers.h"

#include "support/fault.h"
#include "support/process.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::analyzer {

namespace {
constexpr llvm::StringLiteral kPeers[] = {"docker", "buildx", "buildah", "podman"};

bool isDocker(Peer peer) { return peer == Peer::Docker || peer == Peer::Buildx; }

/// The program and its options, then `words`.
Words with(Peer peer, const PeerStore& store, const Words& words) {
  Words line{programOf(peer)};
  if (!isDocker(peer)) {
    line.insert(line.end(), {"--root", store.root, "--runroot", store.run});
    if (!store.driver.empty()) line.insert(line.end(), {"--storage-driver", store.driver});
  }
  llvm::append_range(line, words);
  return line;
}
/// Of a name with its registry. What docker speaks HTTP with unless told otherwise, and strata.
bool isOnThisMachine(llvm::StringRef name) {
  llvm::StringRef host = name.split('/').first;
  host = host.starts_with("[") ? host.take_front(host.find(']') + 1) : host.split(':').first;
  return host == "localhost" || host.starts_with("127.") || host == "[::1]";
}
}  // namespace

llvm::StringRef nameOf(Peer peer) { return kPeers[size_t(peer)]; }

llvm::Expected<std::vector<AskedPeer>> peersFrom(const std::vector<std::string>& texts) {
  std::vector<AskedPeer> peers;
  auto add = [&](Peer peer, bool byName) {
    auto known = llvm::find_if(peers, [&](const AskedPeer& one) { return one.peer == peer; });
    if (known == peers.end())
      peers.push_back({peer, byName});
    else
      known->byName |= byName;
  };
  std::vector<llvm::StringRef> known(std::begin(kPeers), std::end(kPeers));
  for (llvm::StringRef text : texts)
    for (llvm::StringRef name : llvm::split(text, ',')) {
      size_t number = size_t(llvm::find(known, name.trim()) - known.begin());
      if (number < known.size()) {
        add(Peer(number), true);
        continue;
      }
      if (name.trim() != "all")
        return fault(FaultKind::Invalid, "no builder is called '" + printable(name.trim()) + "'" +
                                             didYouMean(name.trim(), known) + "; there are " + llvm::join(known, ", ") +
                                             " and all");
      for (Peer peer : {Peer::Docker, Peer::Buildx, Peer::Buildah, Peer::Podman})
        if (findProgram(programOf(peer))) add(peer, false);
    }
  return peers;
}

std::string programOf(Peer peer) { return isDocker(peer) ? "docker" : nameOf(peer).str(); }
bool worksItself(Peer peer) { return !isDocker(peer); }

std::vector<Words> checkWords(Peer peer) {
  const Words daemon{"docker", "version", "--format", "{{.Server.Version}}"};
  if (peer == Peer::Docker) return {daemon};
  if (peer == Peer::Buildx) return {daemon, {"docker", "buildx", "version"}};
  return {{programOf(peer), "--version"}};
}

Words driverWords(Peer peer) {
  if (peer == Peer::Podman) return {"podman", "info", "--format", "{{.Store.GraphDriverName}}"};
  if (peer == Peer::Buildah) return {"buildah", "info", "--format", "{{.store.GraphDriverName}}"};
  return {};
}

Words buildWords(Peer peer, const PeerStore& store, const BuildFlags& flags, UseCache cache, const std::string& image,
                 const std::string& context) {
  Words words;
  if (peer == Peer::Buildx) words.push_back("buildx");
  words.insert(words.end(), {"build", "--quiet", "--tag", image});
  if (peer == Peer::Buildx) words.push_back("--load");
  if (!isDocker(peer)) words.push_back("--layers");
  if (cache == UseCache::No) words.push_back("--no-cache");
  llvm::append_range(words, wordsOf(flags));
  words.push_back(context);
  return with(peer, store, words);
}

Words tagWords(Peer peer, const PeerStore& store, const std::string& image, const std::string& name) {
  return with(peer, store, {"tag", image, name});
}

Words pushWords(Peer peer, const PeerStore& store, const std::string& name) {
  Words words{"push", "--quiet"};
  if (isOnThisMachine(name) && !isDocker(peer)) words.push_back("--tls-verify=false");
  words.push_back(name);
  return with(peer, store, words);
}

Words pullWords(Peer peer, const PeerStore& store, const BenchBase& base) {
  Words words{"pull", "--quiet", "--platform", base.platform};
  if (isOnThisMachine(base.canonical) && !isDocker(peer)) words.push_back("--tls-verify=false");
  words.push_back(base.name);
  return with(peer, store, words);
}

Words removeWords(Peer peer, const PeerStore& store, const std::vector<std::string>& names) {
  Words words{"rmi", "--force"};
  llvm::append_range(words, names);
  return with(peer, store, words);
}

Words findWords(Peer peer, const PeerStore& store, const std::string& name) {
  if (peer == Peer::Buildah) return with(peer, store, {"inspect", "--type", "image", name});
  return with(peer, store, {"image", "inspect", "--format", "{{json .RootFS.Layers}}", name});
}

Words loadWords(Peer peer, const PeerStore& store, const std::string& archive) {
  return with(peer, store,
              peer == Peer::Buildah ? Words{"pull", "--quiet", "docker-archive:" + archive}
                                    : Words{"load", "--quiet", "--input", archive});
}

}  // namespace strata::analyzer
