#pragma once
/// \file The one error payload of strata. Functions return `llvm::Error` or `llvm::Expected<T>`; inside is a Fault: a
/// kind that a caller can act on, and a message for a person (lower case, subject first, no full stop, the fix if
/// known). Nothing of ours throws.

#include <llvm/ADT/Twine.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata {

/// What a caller can do about it: create or pull on NotFound, retry Unavailable, rebuild on Corrupt, stop on Cancelled.
enum class FaultKind { NotFound, Exists, Invalid, Corrupt, Denied, Unavailable, Unsupported, Cancelled, Io };

/// Lower-case name of a kind, as JSON output shows it: "not-found", "io", ...
llvm::StringRef nameOf(FaultKind kind);

class Fault : public llvm::ErrorInfo<Fault> {
public:
  static char ID;
  Fault(FaultKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  FaultKind kind() const { return kind_; }
  llvm::StringRef text() const { return message_; }

  void log(llvm::raw_ostream& out) const override;
  std::error_code convertToErrorCode() const override;

private:
  FaultKind kind_;
  std::string message_;
};

/// A new error of this kind.
[[nodiscard]] llvm::Error fault(FaultKind kind, const llvm::Twine& message);

/// An error from errno: "<doing>: <strerror>". The kind follows the number: ENOENT NotFound, EEXIST Exists, EACCES and
/// EPERM Denied, ENOSYS and EOPNOTSUPP Unsupported, else Io; a full disk (ENOSPC, EDQUOT) says what to do about it.
[[nodiscard]] llvm::Error errnoFault(const llvm::Twine& doing, int number);
[[nodiscard]] llvm::Error errnoFault(const llvm::Twine& doing);

/// Prefixes the message with "<doing>: " and keeps the kind. Success stays success.
[[nodiscard]] llvm::Error withContext(llvm::Error error, const llvm::Twine& doing);

/// The kind of an error without consuming it; Io for one that is not a Fault. The error must be a failure. Of joined
/// errors, each of which stood in the way, it is Unavailable only if all are: to try again helps only then. Else it is
/// that of the last other one.
FaultKind kindOf(const llvm::Error& error);

/// Consumes the error, true if it had this kind; any other error is put back. `if (takeIf(error, NotFound)) ...`
bool takeIf(llvm::Error& error, FaultKind kind);

/// Consumes the error and gives its message (several joined errors: one line each).
std::string messageOf(llvm::Error error);

}  // namespace strata
