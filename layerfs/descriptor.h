#pragma once
/// \file Descriptors, manifests and indexes. Source: OCI image-spec v1.1, descriptor.md, manifest.md, image-index.md;
/// Docker image manifest v2 schema 2.

#include "layerfs/platform.h"
#include "support/digest.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strata::layerfs {

namespace media {
inline constexpr llvm::StringLiteral kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr llvm::StringLiteral kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr llvm::StringLiteral kOciConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr llvm::StringLiteral kOciLayer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr llvm::StringLiteral kOciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr llvm::StringLiteral kOciLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr llvm::StringLiteral kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr llvm::StringLiteral kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr llvm::StringLiteral kDockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr llvm::StringLiteral kDockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr llvm::StringLiteral kDockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip";
bool isIndex(llvm::StringRef mediaType);     ///< OCI index or Docker list
bool isManifest(llvm::StringRef mediaType);  ///< OCI or Docker image manifest
}  // namespace media

struct Descriptor {
  std::string mediaType;
  Digest digest;
  uint64_t size = 0;  ///< bytes of the blob as stored
  std::map<std::string, std::string> annotations;
  std::optional<Platform> platform;
  std::string artifactType;  ///< of what refers to an image; mostly empty
};

struct Manifest {
  std::string mediaType = media::kOciManifest.str();
  Descriptor config;
  std::vector<Descriptor> layers;  ///< bottom first
  std::map<std::string, std::string> annotations;
};

struct Index {
  std::string mediaType = media::kOciIndex.str();
  std::vector<Descriptor> manifests;
  std::map<std::string, std::string> annotations;
};

/// Reads a document from outside: sizes, media types and digests checked. Faults: Invalid naming the member.
llvm::Expected<Descriptor> parseDescriptor(const llvm::json::Value& value);
llvm::Expected<Manifest> parseManifest(llvm::StringRef json);
llvm::Expected<Index> parseIndex(llvm::StringRef json);

/// One line of JSON, members in the order of the specification: the same value prints the same bytes.
std::string printManifest(const Manifest& manifest);
std::string printIndex(const Index& index);

}  // namespace strata::layerfs
