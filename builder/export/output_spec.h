#pragma once
/// \file What the command line asks to be made of a build's result: `-o/--output`, `--load`, `--push`, `-t`,
/// `--annotation`, read and checked before anything is built. Source: spec OUT-1 to OUT-18, ANN-1, ANN-3.

#include "builder/export/annotation.h"
#include "layerfs/compression.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

enum class OutputType {
  Image,   ///< an image of the store
  Oci,     ///< an OCI image layout, as a tar or a directory
  Docker,  ///< the same with docker's manifest.json; without a destination it is loaded into the store
  Local,   ///< the files, in a directory
  Tar,     ///< the files, in a tar
};

/// What image, oci and docker outputs can be told.
struct ImageAttributes {
  std::vector<std::string> names;  ///< canonical references
  layerfs::MediaFamily family = layerfs::MediaFamily::Oci;
  layerfs::CompressionChoice compression;
  bool forceCompression = false;  ///< of the base's layers too
  bool rewriteTimestamp = false;
  bool ociArtifact = false;
  bool preferNonDistributable = false;  ///< asked for, though every layer is made distributable (OUT-14)
  bool push = false, pushByDigest = false, unpack = false;
  bool insecure = false;  ///< registry.insecure: plain HTTP may be spoken
  bool store = true;      ///< image: keep it in the store
  std::vector<Annotation> annotations;
};

struct OutputSpec {
  OutputType type = OutputType::Image;
  std::string destination;  ///< a path, "-" for standard output, empty for the store
  bool tar = true;          ///< oci, docker: one file rather than a directory
  ImageAttributes image;
  std::optional<bool> platformSplit;       ///< local, tar: nothing: as soon as there are several platforms
  bool deleteStale = false;                ///< local, mode=delete
  bool hasEpoch = false;                   ///< source-date-epoch: instead of the build's
  std::optional<int64_t> sourceDateEpoch;  ///< seconds; nothing: none

  bool isImage() const { return type != OutputType::Local && type != OutputType::Tar; }
  bool goesToStore() const { return isImage() && destination.empty() && (type != OutputType::Image || image.store); }
};

/// One value of -o. Faults: Invalid naming the key; Unsupported for what strata cannot do yet.
llvm::Expected<OutputSpec> parseOutput(llvm::StringRef text);

/// Everything that the flags say about outputs.
struct OutputFlags {
  std::vector<std::string> outputs, tags, annotations;  ///< as given; tags canonical
  bool load = false, push = false;
  std::vector<std::string> pushKeys;  ///< "compression=zstd": keys for every output that pushes
};
/// The outputs of a build: an image of the store where none is asked for. Faults: as parseOutput.
llvm::Expected<std::vector<OutputSpec>> makeOutputs(const OutputFlags& flags);

/// What can only be said with the platforms known. `asIndex`: the result is an index, be it of one platform.
/// Faults: Invalid, Unsupported.
[[nodiscard]] llvm::Error checkOutputs(llvm::ArrayRef<OutputSpec> outputs, llvm::ArrayRef<layerfs::Platform> platforms,
                                       bool asIndex);

}  // namespace strata::builder
