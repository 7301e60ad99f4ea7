#pragma once
/// \file Secrets that the command line offers (`--secret`): where each comes from, read only when a step asks, never
/// kept longer than that. Source: spec CLI-4, MNT-27, MNT-30.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <map>
#include <optional>
#include <string>

namespace strata::builder {

struct SecretSource {
  std::string id;
  enum class Kind { File, Env } kind = Kind::File;
  std::string name;  ///< path, or name of the variable
};

/// "id=token,src=path", "id=token,env=NAME", "id=NAME". Faults: Invalid; NotFound for a file that is not there.
llvm::Expected<SecretSource> parseSecret(llvm::StringRef option);

class Secrets {
public:
  /// 500 KiB: what a secret may weigh.
  static constexpr uint64_t kLargest = 500 * 1024;

  void add(SecretSource source) { sources_[source.id] = std::move(source); }
  /// Nothing if there is no such secret. Faults: Invalid for one that is too large; NotFound, Denied, Io.
  llvm::Expected<std::optional<std::string>> find(llvm::StringRef id) const;

private:
  std::map<std::string, SecretSource, std::less<>> sources_;
};

}  // namespace strata::builder
