#pragma once
/// \file Where images are pushed to: a registry that the user names, or one of our own, which has nothing before each
/// push and ends with the benchmark.

#include "support/cancel.h"

#include <llvm/Support/Error.h>

#include <sys/types.h>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace strata::analyzer {

/// The program that can be a registry of our own, if PATH finds one.
std::optional<std::string> findRegistryProgram();

class PushPlace {
public:
  /// HOST[/REPOSITORY].
  static std::unique_ptr<PushPlace> named(const std::string& place, std::string id);
  /// Starts the program on a free port of 127.0.0.1 and waits until it answers; its files are below `directory`.
  /// Faults: Unavailable with what it said where it ends, or says nothing for ten seconds; Cancelled; NotFound; Io.
  static llvm::Expected<std::unique_ptr<PushPlace>> start(const std::string& program, const std::string& directory,
                                                          std::string id, const CancelToken& cancel);
  ~PushPlace();

  /// A name that nothing was pushed to before.
  std::string nameFor(llvm::StringRef tool, unsigned round) const;
  /// Takes away what was pushed to a registry of our own.
  [[nodiscard]] llvm::Error empty();
  /// Bytes that a registry of our own has; of another one nothing.
  llvm::Expected<std::optional<uint64_t>> size() const;
  bool isOwn() const { return process_ > 0; }

private:
  PushPlace(std::string prefix, std::string id) : prefix_(std::move(prefix)), id_(std::move(id)) {}
  std::string prefix_, id_;
  std::string data_;    ///< the registry's files, where it is ours
  pid_t process_ = -1;  ///< likewise
};

}  // namespace strata::analyzer
