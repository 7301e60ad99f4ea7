#include "builder/copy/copy.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

// chmod(1) as BSD has it, which is what BuildKit follows, so it differs from GNU's here and there: the sticky bit
// belongs to no class, "u=g" leaves setuid alone, X asks the mode before any clause, and "+t" without a class forgets
// the rest.
namespace {
constexpr uint32_t kUser = 04700, kGroup = 02070, kOther = 00007, kAll = 06777, kSetIds = 06000, kSticky = 01000;

/// The classes named in front of the operators; 0: none.
uint32_t classesOf(llvm::StringRef& clause) {
  uint32_t classes = 0;
  for (; !clause.empty(); clause = clause.drop_front()) switch (clause.front()) {
      case 'u':
        classes |= kUser;
        break;
      case 'g':
        classes |= kGroup;
        break;
      case 'o':
        classes |= kOther;
        break;
      case 'a':
        classes |= kAll;
        break;
      default:
        return classes;
    }
  return classes;
}

uint32_t changed(uint32_t mode, char operation, uint32_t bits, uint32_t affected) {
  if (operation == '-') return mode & ~(bits & affected);
  return (operation == '=' ? mode & ~affected : mode) | (bits & affected);
}

/// One operator with its letters, as it changes a mode.
class ModeOperation {
public:
  /// `original`: before any clause.
  ModeOperation(char operation, uint32_t classes, uint32_t mode, uint32_t original, bool isDirectory)
      : operation_(operation),
        classes_(classes),
        affected_(classes ? classes : kAll),
        mode_(mode),
        executable_(isDirectory || (original & 0111)) {}

  /// False for a letter that is none.
  bool take(char letter) {
    bool onlyOthers = classes_ && !(classes_ & ~kOther);
    switch (letter) {
      case 'r':
        bits_ |= 0444;
        return true;
      case 'w':
        bits_ |= 0222;
        return true;
      case 'x':
        bits_ |= 0111;
        return true;
      case 'X':
        bits_ |= executable_ ? 0111 : 0;
        return true;
      case 's':
        bits_ |= kSetIds;
        return true;
      case 't':
        if (onlyOthers) return true;
        bits_ |= kSticky;
        affected_ = classes_ | kSticky;
        return true;
      case 'u':
        return copyFrom(mode_ >> 6 & 7);
      case 'g':
        return copyFrom(mode_ >> 3 & 7);
      case 'o':
        return copyFrom(mode_ & 7);
      default:
        return false;
    }
  }

  uint32_t finish() {
    if (bits_ || !copied_) flush();
    return mode_;
  }

private:
  void flush() {
    mode_ = changed(mode_, operation_, bits_, affected_);
    bits_ = 0;
  }
  bool copyFrom(uint32_t bits) {
    if (bits_) flush();
    mode_ = changed(mode_, operation_, bits * 0111, affected_ & 0777);
    copied_ = true;
    return true;
  }

  char operation_;
  uint32_t classes_, affected_, mode_;
  bool executable_, copied_ = false;
  uint32_t bits_ = 0;
};

/// One clause: classes, then one or more of an operator with its letters. Nothing for a bad one.
std::optional<uint32_t> applyClause(llvm::StringRef clause, uint32_t mode, uint32_t original, bool isDirectory) {
  uint32_t classes = classesOf(clause);
  if (clause.empty()) return std::nullopt;
  while (!clause.empty()) {
    char operation = clause.front();
    if (operation != '+' && operation != '-' && operation != '=') return std::nullopt;
    clause = clause.drop_front();
    ModeOperation change(operation, classes, mode, original, isDirectory);
    while (!clause.empty() && change.take(clause.front())) clause = clause.drop_front();
    mode = change.finish();
  }
  return mode;
}

std::optional<uint32_t> applyClauses(llvm::StringRef clauses, uint32_t mode, bool isDirectory) {
  llvm::SmallVector<llvm::StringRef, 4> parts;
  clauses.split(parts, ',');
  uint32_t original = mode;
  for (llvm::StringRef clause : parts) {
    auto next = applyClause(clause, mode, original, isDirectory);
    if (!next) return std::nullopt;
    mode = *next;
  }
  return mode;
}
}  // namespace

llvm::Expected<ModeChange> ModeChange::parse(llvm::StringRef text) {
  ModeChange change;
  uint32_t value = 0;
  if (!text.empty() && llvm::isDigit(text.front())) {
    if (text.getAsInteger(8, value) || value > 07777)
      return fault(FaultKind::Invalid, "invalid chmod parameter: '" + printable(text) +
                                           "'. it should be octal string and between 0 and 07777");
    change.octal = value;
    return change;
  }
  if (!applyClauses(text, 0, false))
    return fault(FaultKind::Invalid, "invalid chmod parameter: '" + printable(text) +
                                         "'. it should be octal, or clauses as chmod has them: u=rwX,go-w");
  change.clauses = text.str();
  return change;
}

uint32_t ModeChange::apply(uint32_t mode, bool isDirectory) const {
  return octal ? *octal : applyClauses(clauses, mode, isDirectory).value_or(mode);
}

}  // namespace strata::builder
