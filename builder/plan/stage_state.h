#pragma once
/// \file What a stage knows while its instructions are read one after the other: configuration, variables, where the
/// files stand. Source: spec STAGE-9, ARG-4, ARG-13, ARG-14, ENV.

#include "builder/plan/plan.h"
#include "layerfs/image_config.h"

#include <llvm/ADT/StringRef.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

inline constexpr llvm::StringLiteral kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A variable of the stage environment and who set it.
struct Variable {
  std::string value;
  bool isArg = false;
  std::string where;  ///< "Dockerfile:3", "--build-arg", "base image", "default"
};

/// Variables in the order of their first setting; the last writer of a name counts.
class Variables {
public:
  void set(llvm::StringRef name, Variable variable);
  std::optional<llvm::StringRef> find(llvm::StringRef name) const;
  const Variable* get(llvm::StringRef name) const;
  const std::vector<std::pair<std::string, Variable>>& all() const { return variables_; }

private:
  std::vector<std::pair<std::string, Variable>> variables_;
  std::map<std::string, size_t, std::less<>> index_;
};

struct StageState {
  layerfs::ImageConfig config;
  Variables env;                          ///< ENV and ARG
  std::vector<std::string> declaredArgs;  ///< distinct, in order of first declaration (HIST-5)
  std::optional<VertexId> files;          ///< nothing: empty
  std::vector<PlannedHistory> history;
  bool cmdSet = false;  ///< a CMD appeared in this stage (ENTRYPOINT-2)

  std::string workdir() const { return config.workingDir.empty() ? "/" : config.workingDir; }
  /// `path` as seen from the WORKDIR: absolute, "." and ".." resolved.
  std::string absolute(llvm::StringRef path) const;

  /// The state that a stage FROM this one starts with: everything inherited, configuration's ENV on top of ARG values.
  StageState child() const;
  static StageState fromScratch(const layerfs::Platform& platform);
  static StageState fromImage(const layerfs::ImageConfig& config);

private:
  void adoptConfigEnv(llvm::StringRef where);
};

}  // namespace strata::builder
