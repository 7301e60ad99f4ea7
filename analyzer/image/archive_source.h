#pragma once
/// \file Images in files: docker's archives (docker save), OCI layouts in directories and in tars, any of them
/// compressed. Read where they lie; nothing is put into a store.

#include "analyzer/image/image_source.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <memory>
#include <optional>
#include <string>

namespace strata::analyzer {

enum class ArchiveFormat {
  Any,     ///< what there is: manifest.json before index.json
  Docker,  ///< manifest.json
  Oci,     ///< index.json
};

struct ArchiveChoice {
  ArchiveFormat format = ArchiveFormat::Any;
  std::string name;  ///< which of several images: a name or tag as the archive has it; empty: the only one
  std::optional<layerfs::Platform> platform;  ///< of an index; nothing: this machine's, else the first
};

/// `path`: a file or a directory. Its layers are streamed. Faults: NotFound, also where the archive has no such image,
/// saying which it has; Invalid for what is no archive; Corrupt for documents without their digest.
llvm::Expected<std::unique_ptr<ImageSource>> openArchiveImage(const std::string& path, const ArchiveChoice& choice);

/// A place as a person writes it: "docker-archive:FILE[:NAME]", "oci-archive:FILE[:NAME]", "oci:DIRECTORY[:NAME]", or
/// the path of a file or directory that is there. Nothing: it is none of these.
struct ArchivePlace {
  std::string path;
  ArchiveChoice choice;
};
std::optional<ArchivePlace> archivePlaceOf(llvm::StringRef text);

}  // namespace strata::analyzer
