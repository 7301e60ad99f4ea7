#pragma once
/// \file What a target can be given: its build arguments, the secrets, SSH sockets and caches that its steps ask for.
/// Source: spec CALL-3, LEX-23.

#include "builder/frontend/instruction.h"
#include "builder/frontend/mount_flag.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringMap.h>
#include <llvm/ADT/StringRef.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strata::builder {

struct OutlineArg {
  std::string name, description;
  std::optional<std::string> value;  ///< effective; nothing: not set
  SourceRange range;
};
struct OutlineMount {
  std::string id;
  bool required = false;
  SourceRange range;
};

struct Outline {
  std::string name, description;  ///< of the target; an unnamed one has none
  std::vector<OutlineArg> args;   ///< by line
  std::vector<OutlineMount> secrets, ssh, caches;
};

/// Listens to a planner that walks the stages which a target needs: each declares its arguments, and uses some of those
/// before the first FROM, whose defaults use others.
class OutlineRecorder {
public:
  /// An ARG before the first FROM: its value, and the names that its default uses.
  void addGlobal(const Instruction& at, llvm::StringRef name, std::optional<llvm::StringRef> value,
                 llvm::ArrayRef<llvm::StringRef> uses);
  /// An ARG of a stage. One without a default of its own stands for the global one, if there is one.
  void addArg(const Instruction& at, const KeyValue& pair, std::optional<llvm::StringRef> value);
  /// Names in FROM's words.
  void use(llvm::ArrayRef<llvm::StringRef> globals);
  void addMount(const Instruction& at, const RunMount& mount);

  Outline finish(const Stage& target) const;

private:
  struct Global {
    OutlineArg arg;
    std::vector<llvm::StringRef> uses;  ///< pieces of the Dockerfile
  };
  llvm::StringMap<Global> globals_;
  std::map<std::string, OutlineArg> args_;  ///< the last declaration of each counts
  std::vector<OutlineMount> secrets_, ssh_, caches_;
};

}  // namespace strata::builder
