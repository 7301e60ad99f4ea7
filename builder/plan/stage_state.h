#pragma once
/// \file What a stage knows while its instructions are read one after the other: configuration, variables, where the
/// files stand. Source: spec STAGE-9, ARG-4, ARG-13, ARG-14, ENV.

#include "builder/plan/plan.h"
#include "layerfs/image_config.h"

#include <llvm/ADT/StringMap.h>
#include <llvm/ADT/StringRef.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

inline constexpr llvm::StringLiteral kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The stage environment while it grows: looked up by name, and shared with the steps as it is at each (Environment).
class Variables {
public:
  void set(llvm::StringRef name, Variable variable);
  std::optional<llvm::StringRef> find(llvm::StringRef name) const;
  const Variable* get(llvm::StringRef name) const;
  /// As it is now.
  const std::shared_ptr<const Environment>& now() const { return last_; }

private:
  std::shared_ptr<const Environment> last_;
  llvm::StringMap<std::shared_ptr<const Environment>> index_;  ///< name -> its last setting
};

struct StageState {
  layerfs::ImageConfig config;
  layerfs::Platform platform;             ///< that the stage is built for and named by
  layerfs::Platform programs;             ///< that its base's programs are made for: RUNs run on this
  Variables env;                          ///< ENV and ARG
  std::vector<std::string> declaredArgs;  ///< distinct, in order of first declaration (HIST-5)
  std::optional<VertexId> files;          ///< nothing: empty
  std::vector<PlannedHistory> history;
  bool cmdSet = false;      ///< a CMD appeared in this stage (ENTRYPOINT-2)
  bool workdirSet = false;  ///< a WORKDIR appeared in this stage or one that it stands on (LINT-19)

  std::string workdir() const { return config.workingDir.empty() ? "/" : config.workingDir; }
  /// `path` as seen from the WORKDIR: absolute, "." and ".." resolved.
  std::string absolute(llvm::StringRef path) const;

  /// The state that a stage FROM this one starts with: everything inherited, configuration's ENV on top of ARG values.
  StageState child() const;
  static StageState fromScratch(const layerfs::Platform& platform);
  static StageState fromImage(const layerfs::ImageConfig& config, const layerfs::Platform& platform);

  /// ENV: in the configuration and in the environment.
  void setEnv(llvm::StringRef name, llvm::StringRef value, std::string where);

private:
  void adoptConfigEnv(llvm::StringRef where);

  llvm::StringMap<size_t> envPlaces_;  ///< where config.env has a name: many ENVs stay cheap
};

}  // namespace strata::builder
