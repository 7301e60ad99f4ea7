#pragma once
/// \file Annotations that the command line asks for, and the documents they belong to. Source: spec ANN-1 to ANN-4.

#include "layerfs/platform.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

struct Annotation {
  enum class Place {
    Manifest,            ///< an image's manifest
    ManifestDescriptor,  ///< its entry in the index
    Index,               ///< the index
    IndexDescriptor,     ///< its entry in a layout's index.json
  };
  Place place = Place::Manifest;
  std::optional<layerfs::Platform> platform;  ///< nothing: every one
  std::string key, value;
};

/// A key of an output, "annotation[-TYPE][[PLATFORM]].KEY", with its value; nothing for a key of another kind.
/// Faults: Invalid for an unknown type or an unfit platform.
llvm::Expected<std::optional<Annotation>> parseAnnotationKey(llvm::StringRef key, llvm::StringRef value);

/// `--annotation [TYPE[PLATFORM][,TYPE[PLATFORM]...]:]KEY=VALUE`: one for each type. Faults: Invalid.
llvm::Expected<std::vector<Annotation>> parseAnnotationOption(llvm::StringRef option);

/// Those of one document, over what it has already: what is asked for wins (ANN-4).
void annotate(std::map<std::string, std::string>& document, llvm::ArrayRef<Annotation> annotations,
              Annotation::Place place, const layerfs::Platform* platform = nullptr);

}  // namespace strata::builder
