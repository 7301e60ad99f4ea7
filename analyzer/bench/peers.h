#pragma once
/// \file The builders that strata is compared with, by their command lines.

#include "analyzer/bench/bench_request.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::analyzer {

using Words = std::vector<std::string>;

enum class Peer { Docker, Buildx, Buildah, Podman };

llvm::StringRef nameOf(Peer peer);

struct AskedPeer {
  Peer peer;
  bool byName = true;  ///< and so has to be there
  bool operator==(const AskedPeer&) const = default;
};
/// Names, each alone or several with commas, each once; "all" stands for those whose program PATH finds. Faults:
/// Invalid.
llvm::Expected<std::vector<AskedPeer>> peersFrom(const std::vector<std::string>& texts);

/// The program that PATH has to find.
std::string programOf(Peer peer);
/// Whether its own processes build, not a daemon.
bool worksItself(Peer peer);

/// Each of these is one command line; the first word is the program. `store` is where a peer that works itself keeps
/// what it has, so that nobody else's images are met; a daemon has its own.
struct PeerStore {
  std::string root;
  std::string run;     ///< podman wants it to have 50 characters at most
  std::string driver;  ///< empty: the peer's own choice
};
/// Succeed where the peer can be used; the last one prints its version.
std::vector<Words> checkWords(Peer peer);
/// Prints the driver of the user's own store; of a daemon none.
Words driverWords(Peer peer);
enum class UseCache { No, Yes };
Words buildWords(Peer peer, const PeerStore& store, const BuildFlags& flags, UseCache cache, const std::string& image,
                 const std::string& context);
Words tagWords(Peer peer, const PeerStore& store, const std::string& image, const std::string& name);
/// A registry of this machine may speak HTTP: docker knows, the others are told.
Words pushWords(Peer peer, const PeerStore& store, const std::string& name);
Words pullWords(Peer peer, const PeerStore& store, const BenchBase& base);
Words removeWords(Peer peer, const PeerStore& store, const std::vector<std::string>& names);
/// Succeeds where the image is there; of a daemon's it prints the diffIDs, as JSON.
Words findWords(Peer peer, const PeerStore& store, const std::string& name);
/// Loads the one image of a docker archive.
Words loadWords(Peer peer, const PeerStore& store, const std::string& archive);

}  // namespace strata::analyzer
