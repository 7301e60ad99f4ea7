#pragma once
/// \file What tells a real secret from text that only looks like one: checksums that some tokens carry, randomness,
/// encodings that must decode, words that documentation writes in place of a secret.

#include <llvm/ADT/StringRef.h>

#include <string>

namespace strata::analyzer {

/// Shannon's, in bits a character: 0 of one character repeated, near 6 of long random base64.
double entropyOf(llvm::StringRef text);

/// Whether the last 6 characters are the CRC-32 of what is before them and behind `prefix`, in base 62, as the tokens
/// of GitHub and npm have it.
bool hasCrc32(llvm::StringRef token, size_t prefix);

/// The first bytes, at most `most`, of base64 in either alphabet, as far as it is that. Line ends, blanks and the
/// escapes "\n" and "\r" of JSON may stand between.
std::string decodedBase64(llvm::StringRef text, size_t most);

/// "EXAMPLE" and what else documentation writes: no secret.
bool isExample(llvm::StringRef token);

/// Whether a value can be a secret: not empty, no path, no reference to a variable, no "true", no "changeme".
bool isPlausibleValue(llvm::StringRef value);

/// Whether what is called so holds a secret: "DB_PASSWORD", "apiKey", "client-secret". Not "PASSWORD_FILE", "KEY_ID".
bool isSecretName(llvm::StringRef name);

/// "ghp_... (40 characters)": as much of a secret as may be shown. `shown`: the length of the part that is the same in
/// all of its kind.
std::string shapeOf(llvm::StringRef secret, size_t shown = 0);

}  // namespace strata::analyzer
