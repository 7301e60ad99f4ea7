#pragma once
/// \file What is to be measured, with which tools, where.

#include "analyzer/bench/workload.h"
#include "layerfs/image_digests.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// The options of a build that strata and its peers have in common.
struct BuildFlags {
  std::string dockerfile;  ///< a path from anywhere; empty: the context's own
  std::string target, network;
  std::vector<std::string> platforms, buildArgs, secrets, ssh;
};

/// The same in words, as docker, buildah, podman and strata read them.
std::vector<std::string> wordsOf(const BuildFlags& flags);

/// What a name with a digest stands for, which an archive does not say.
struct PinnedImage {
  Digest id;
  layerfs::RepositoryDigest known;
  bool operator==(const PinnedImage& other) const {
    return id == other.id && known.repository == other.known.repository && known.digest == other.known.digest;
  }
};

/// An image that the build stands on.
struct BenchBase {
  std::string name;                   ///< as the Dockerfile has it, variables resolved
  std::string canonical;              ///< "docker.io/library/app:1"
  std::string platform;               ///< that it is needed for
  bool isHere = false;                ///< it is in `BenchRequest::basesArchive`; else it has to be pulled
  bool isPinned = false;              ///< the name has a digest
  bool hasTriggers = false;           ///< ONBUILD, which nothing can be put on top of unnoticed
  std::optional<PinnedImage> pinned;  ///< where it is pinned and here
  bool operator==(const BenchBase&) const = default;
};

struct BenchRequest {
  std::string directory;             ///< empty, ours alone, on the store's file system; removed by who made it
  std::vector<std::string> globals;  ///< options of strata before the command's name, --root excepted
  std::string context;               ///< a directory, absolute; it is copied
  BuildFlags flags;
  std::vector<BenchBase> bases;
  std::string basesArchive;  ///< an archive as `strata load` takes it; empty: there is none
  std::vector<Workload> workloads;
  unsigned rounds = 5, warmUp = 1;
  std::string touched, dependency;  ///< paths in the context; empty: chosen
  std::vector<std::string>
      changedFiles;                ///< as the user's journal calls those that builds ran again for, each so often
  std::vector<std::string> peers;  ///< names of peers.h
  std::string registry;            ///< HOST[/REPOSITORY]; empty: one of our own, where a program for it is found
};

}  // namespace strata::analyzer
