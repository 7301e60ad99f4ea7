#pragma once
/// \file The kinds of secrets that are known by their shape. Each begins where a literal stands that hardly anything
/// else has (its anchor); what is around must fit. The table is in secret_rules.cc.

#include "analyzer/secrets/finding_level.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>

#include <optional>
#include <string>

namespace strata::analyzer {

/// How many bytes before and behind an anchor a rule may look at.
inline constexpr size_t kSecretBehind = 1024, kSecretAhead = 16 * 1024;

/// What a rule found, as places in the text.
struct SecretSpan {
  size_t begin = 0, size = 0;  ///< of what must not be shown
  std::string shape;           ///< what may be
  bool weak = false;           ///< it may be worthless: protected by a password, or a wrong checksum
  std::string note;            ///< why; or what else is known: "protected by a passphrase"
};

struct SecretRule {
  llvm::StringLiteral anchor;
  llvm::StringLiteral name;   ///< "github-token"; several rows may have one
  llvm::StringLiteral title;  ///< "GitHub token"
  FindingLevel level;
  /// For an anchor at `at`, or nothing. Looks at kSecretBehind and kSecretAhead bytes at most, in time linear in them.
  std::optional<SecretSpan> (*match)(llvm::StringRef text, size_t at, const SecretRule& rule);

  // For matchToken():
  llvm::StringLiteral alphabet = "";  ///< of what follows the anchor: ranges and characters, "A-Za-z0-9_"
  size_t least = 0, most = 0;         ///< how many characters follow
  double entropy = 0;                 ///< that these have at least, in bits a character
  bool (*check)(llvm::StringRef token, const SecretRule& rule) = nullptr;  ///< of anchor and what follows
  bool checksum = false;  ///< `check` is a checksum: where it is wrong, the token is weak
};
llvm::ArrayRef<SecretRule> secretRules();

/// The anchor and a run of characters from the alphabet, neither preceded nor followed by one that could belong to it.
std::optional<SecretSpan> matchToken(llvm::StringRef text, size_t at, const SecretRule& rule);

// key_rules.cc: private keys
std::optional<SecretSpan> matchPem(llvm::StringRef text, size_t at, const SecretRule& rule);
std::optional<SecretSpan> matchCloudKey(llvm::StringRef text, size_t at, const SecretRule& rule);
std::optional<SecretSpan> matchEncodedPem(llvm::StringRef text, size_t at, const SecretRule& rule);
std::optional<SecretSpan> matchPutty(llvm::StringRef text, size_t at, const SecretRule& rule);

// value_rules.cc: secrets behind a name, and in structured text
std::optional<SecretSpan> matchAwsSecret(llvm::StringRef text, size_t at, const SecretRule& rule);
std::optional<SecretSpan> matchAssignedToken(llvm::StringRef text, size_t at, const SecretRule& rule);
std::optional<SecretSpan> matchDockerAuth(llvm::StringRef text, size_t at, const SecretRule& rule);
std::optional<SecretSpan> matchUrlPassword(llvm::StringRef text, size_t at, const SecretRule& rule);
std::optional<SecretSpan> matchAzureSecret(llvm::StringRef text, size_t at, const SecretRule& rule);
std::optional<SecretSpan> matchMiddle(llvm::StringRef text, size_t at, const SecretRule& rule);

}  // namespace strata::analyzer
