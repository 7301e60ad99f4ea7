#include "support/fault.h"

#include <cerrno>
#include <cstring>
#include <optional>

namespace strata {

char Fault::ID = 0;

llvm::StringRef nameOf(FaultKind kind) {
  switch (kind) {
    case FaultKind::NotFound: return "not-found";
    case FaultKind::Exists: return "exists";
    case FaultKind::Invalid: return "invalid";
    case FaultKind::Corrupt: return "corrupt";
    case FaultKind::Denied: return "denied";
    case FaultKind::Unavailable: return "unavailable";
    case FaultKind::Unsupported: return "unsupported";
    case FaultKind::Cancelled: return "cancelled";
    case FaultKind::Io: return "io";
  }
  return "io";
}

void Fault::log(llvm::raw_ostream& out) const { out << message_; }
std::error_code Fault::convertToErrorCode() const { return llvm::inconvertibleErrorCode(); }

llvm::Error fault(FaultKind kind, const llvm::Twine& message) { return llvm::make_error<Fault>(kind, message.str()); }

namespace {
FaultKind kindOfErrno(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR: return FaultKind::NotFound;
    case EEXIST:
    case ENOTEMPTY: return FaultKind::Exists;
    case EACCES:
    case EPERM:
    case EROFS: return FaultKind::Denied;
    case ENOSYS:
    case EOPNOTSUPP: return FaultKind::Unsupported;
    case ECANCELED: return FaultKind::Cancelled;
    default: return FaultKind::Io;
  }
}
llvm::StringRef wayOut(int number) {
  if (number == ENOSPC || number == EDQUOT)
    return "; free some space (strata system prune) or point STRATA_ROOT at a larger disk";
  return "";
}
}  // namespace

llvm::Error errnoFault(const llvm::Twine& doing, int number) {
  return fault(kindOfErrno(number), doing + ": " + std::strerror(number) + wayOut(number));
}
llvm::Error errnoFault(const llvm::Twine& doing) { return errnoFault(doing, errno); }

llvm::Error withContext(llvm::Error error, const llvm::Twine& doing) {
  if (!error) return llvm::Error::success();
  FaultKind kind = kindOf(error);
  return fault(kind, doing + ": " + messageOf(std::move(error)));
}

FaultKind kindOf(const llvm::Error& error) {
  std::optional<FaultKind> kind;
  llvm::visitErrors(error, [&](const llvm::ErrorInfoBase& info) {
    FaultKind one = info.isA<Fault>() ? static_cast<const Fault&>(info).kind() : FaultKind::Io;
    if (!kind || one != FaultKind::Unavailable) kind = one;
  });
  return kind.value_or(FaultKind::Io);
}

bool takeIf(llvm::Error& error, FaultKind kind) {
  if (!error || kindOf(error) != kind) return false;
  llvm::consumeError(std::move(error));
  error = llvm::Error::success();
  return true;
}

std::string messageOf(llvm::Error error) { return llvm::toString(std::move(error)); }

}  // namespace strata
