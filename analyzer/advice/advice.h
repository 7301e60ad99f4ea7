#pragma once
/// \file What to change in a Dockerfile or its .dockerignore, and what that would have saved: computed from the image's
/// layers and from the builds that the journal has, never guessed. Each piece of advice is an edit of whole lines that
/// leaves the image's files as they are, but for what it says that it leaves out.

#include "analyzer/advice/dockerfile_lines.h"
#include "analyzer/causes/invalidation.h"
#include "analyzer/findings/finding.h"
#include "analyzer/image/image_report.h"
#include "builder/journal/step_reads.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/Error.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::analyzer {

struct Advice {
  Finding finding;  ///< with the edit as a diff
  bool ofIgnoreFile = false;
  std::vector<LineEdit> edits;  ///< of the Dockerfile, or of the ignore file
};

/// The two files that advice is about, as they are on disk.
struct AdviceFiles {
  std::string dockerfilePath, ignorePath;
  std::string dockerfileName, ignoreName;  ///< below the context, as diffs have them
  std::unique_ptr<FileLines> dockerfile, ignore;
  bool ignoreExists = false;
};
/// Those of a build; `dockerfile`: what the Dockerfile was (DockerfileDigests). Faults: Invalid where the Dockerfile on
/// disk is not the one that was built, NotFound where there is none, both saying so; Io.
llvm::Expected<AdviceFiles> readAdviceFiles(const builder::Build& build, const std::optional<Digest>& dockerfile);

/// Whether an ignore file leaves this path, relative to the context, out of it.
using IgnoreFilter = std::function<bool(llvm::StringRef path)>;

/// All that advice comes from. What it borrows must outlive it.
struct AdviceFacts {
  const builder::Build& build;             ///< the last of the project
  llvm::ArrayRef<ExplainedBuild> history;  ///< newest first, `build` the first of them
  const Analysis* analysis = nullptr;      ///< of its image; null: what layers tell is left out
  builder::TreeStore& trees;
  layerfs::ImageStore* images = nullptr;  ///< null: bases are not pinned
  layerfs::LayerStore* layers = nullptr;  ///< null: what steps left is not looked at
  builder::ReadStore* reads = nullptr;    ///< null: what RUNs read was not traced
  /// How the builder reads an ignore file with this text.
  std::function<llvm::Expected<IgnoreFilter>(llvm::StringRef text)> readIgnoreFile;
  const AdviceFiles& files;
};

/// The names of all kinds of advice: "reorder" is of findings with the rule "advice/reorder".
llvm::ArrayRef<llvm::StringRef> adviceKinds();

/// Largest gain first.
llvm::Expected<std::vector<Advice>> adviceFor(const AdviceFacts& facts);

/// What --apply does: as much of this advice as can be had at once, in order; of two that touch the same lines the
/// first. Nothing is written where a file is not as it was read. How many were applied. Faults: Invalid; Io.
llvm::Expected<size_t> applyAdvice(llvm::ArrayRef<Advice> advice, const AdviceFiles& files);

}  // namespace strata::analyzer
