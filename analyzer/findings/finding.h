#pragma once
/// \file What an analysis has to say: one value for everything that is worth a line in a report, whoever found it.
/// Secrets, waste, gates that failed and advice all become Findings, and every report prints the same ones. No
/// Finding ever holds a secret.

#include "analyzer/secrets/finding_level.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

/// Where it is, as far as that is known. Everything may be missing.
struct FindingPlace {
  std::optional<uint32_t> layer;     ///< from 0, bottom first
  std::string instruction;           ///< of the layer, tidied and without secrets
  std::string dockerfile;            ///< path as given to the build that is known
  std::optional<uint32_t> line;      ///< in the Dockerfile, from 1
  std::string path;                  ///< in the image, without a leading slash
  std::optional<uint64_t> fileLine;  ///< in that file, from 1
  std::optional<uint64_t> offset;    ///< in that file, bytes from 0
  std::string element;               ///< of the configuration: "ENV TOKEN", "label org.x", "history 3"
};

struct Finding {
  std::string rule;  ///< family and name: "secret/aws-access-key", "waste/deleted-later", "gate/imageSize"
  FindingLevel level = FindingLevel::Warning;
  std::string title;  ///< one line, lower case, no full stop: "GitHub token"
  FindingPlace where;
  std::string detail;       ///< what more there is to know, and what to do; sentences; may be empty
  std::string edit;         ///< what to change, as a unified diff that `patch -p1` takes; may be empty
  uint64_t bytes = 0;       ///< that it costs or would save; 0: none, or unknown
  int64_t nanoseconds = 0;  ///< likewise
};

/// "layer 3, COPY . /app (Dockerfile:5), /app/key:12": safe to show, without what is not known. May be empty.
std::string placeText(const FindingPlace& place);

/// Errors first, then by bytes, by time, by place.
void sortByWeight(std::vector<Finding>& findings);

size_t countOf(llvm::ArrayRef<Finding> findings, FindingLevel level);

}  // namespace strata::analyzer
