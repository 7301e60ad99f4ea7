#pragma once
/// \file Secrets of an image: in its configuration, in files of every layer, also of those that a later layer removes.

#include "analyzer/findings/finding.h"
#include "analyzer/findings/redactor.h"
#include "analyzer/image/image_report.h"

#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata::analyzer {

/// What was read of the layers' files; nothing of it where nobody asked for contents.
struct SecretReading {
  bool wanted = false;
  uint64_t files = 0, bytes = 0;  ///< that were looked through
  uint64_t binaries = 0;          ///< files that are no text, and were not
  uint64_t cut = 0;               ///< files longer than kScannedBytes, of which the rest was not
};

struct SecretReport {
  std::vector<Finding> findings;  ///< heaviest first
  SecretReading reading;
};

enum class Contents { No, Yes };
/// Configuration and names of files always; with `contents` every file of every layer is read, on all cores.
/// `redactor` knows the configuration. Faults: as ImageSource, naming the layer.
llvm::Expected<SecretReport> findImageSecrets(ImageSource& source, const Analysis& analysis, Contents contents,
                                              const Redactor& redactor);

/// "1234 files (56MB) of all layers were looked through; 78 that are no text were not"
std::string printReading(const SecretReading& reading);

}  // namespace strata::analyzer
