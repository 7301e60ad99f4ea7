#pragma once
/// \file The image configuration: what a container of the image runs, and how the image came about.
/// Source: OCI image-spec v1.1, config.md; docker's extension members Healthcheck, OnBuild, Shell, ArgsEscaped.

#include "layerfs/ids.h"
#include "layerfs/platform.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace strata::layerfs {

struct Healthcheck {
  std::vector<std::string> test;  ///< {"NONE"}, {"CMD", ...} or {"CMD-SHELL", text}
  int64_t interval = 0, timeout = 0, startPeriod = 0, startInterval = 0;  ///< nanoseconds; 0: unset
  int retries = 0;
  bool operator==(const Healthcheck&) const = default;
};

struct HistoryEntry {
  std::optional<int64_t> created;  ///< nanoseconds since 1970, UTC
  std::string createdBy;
  std::string author;
  std::string comment;
  bool emptyLayer = false;
  bool operator==(const HistoryEntry&) const = default;
};

struct ImageConfig {
  Platform platform;
  std::vector<std::string> osFeatures;
  std::optional<int64_t> created;  ///< nanoseconds since 1970, UTC
  std::string author;

  std::string user;
  std::set<std::string> exposedPorts;  ///< "80/tcp"
  std::vector<std::string> env;        ///< NAME=VALUE, in order
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> cmd;
  std::set<std::string> volumes;
  std::string workingDir;
  std::map<std::string, std::string> labels;
  std::string stopSignal;
  bool argsEscaped = false;
  std::optional<Healthcheck> healthcheck;
  std::vector<std::string> onBuild;
  std::vector<std::string> shell;

  std::string inlineCache;      ///< JSON of the member strata.cache.v1: written, never read here; empty: none
  std::vector<DiffId> diffIds;  ///< bottom first
  std::vector<HistoryEntry> history;

  /// Value of an environment variable: of duplicates the last one counts (CFG-5).
  std::optional<llvm::StringRef> findEnv(llvm::StringRef name) const;
  /// Replaces in place or appends.
  void setEnv(llvm::StringRef name, llvm::StringRef value);

  bool operator==(const ImageConfig&) const = default;
};

/// Reads a configuration from outside. Members outside OCI and docker's four are dropped. Faults: Invalid.
llvm::Expected<ImageConfig> parseImageConfig(llvm::StringRef json);
/// One line of JSON in a fixed member order; empty members left out as docker and BuildKit leave them out.
std::string printImageConfig(const ImageConfig& config);
/// The "config" member alone, as `docker inspect` shows it.
llvm::json::Object containerConfigJson(const ImageConfig& config);

}  // namespace strata::layerfs
