#include "builder/copy/copy.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

namespace {
constexpr uint32_t kUser = 04700, kGroup = 02070, kOther = 01007, kAll = 07777;

uint32_t affectedBy(llvm::StringRef& clause) {
  uint32_t affected = 0;
  for (; !clause.empty(); clause = clause.drop_front()) {
    char who = clause.front();
    if (who == 'u')
      affected |= kUser;
    else if (who == 'g')
      affected |= kGroup;
    else if (who == 'o')
      affected |= kOther;
    else if (who == 'a')
      affected |= kAll;
    else
      break;
  }
  return affected ? affected : kAll;  // nobody named: all, the umask being 0
}

/// The bits of one letter, for every class; nothing for a letter that is none.
std::optional<uint32_t> bitsOf(char letter, uint32_t mode, bool isDirectory) {
  switch (letter) {
    case 'r':
      return 0444;
    case 'w':
      return 0222;
    case 'x':
      return 0111;
    case 'X':
      return isDirectory || (mode & 0111) ? 0111 : 0;
    case 's':
      return 06000;
    case 't':
      return 01000;
    case 'u':
      return (mode >> 6 & 7) * 0111;
    case 'g':
      return (mode >> 3 & 7) * 0111;
    case 'o':
      return (mode & 7) * 0111;
    default:
      return std::nullopt;
  }
}

/// One clause: who, then one or more of an operator with its letters. Nothing for a bad one.
std::optional<uint32_t> applyClause(llvm::StringRef clause, uint32_t mode, bool isDirectory) {
  uint32_t affected = affectedBy(clause);
  if (clause.empty()) return std::nullopt;
  while (!clause.empty()) {
    char operation = clause.front();
    if (operation != '+' && operation != '-' && operation != '=') return std::nullopt;
    clause = clause.drop_front();
    uint32_t value = 0;
    while (!clause.empty()) {
      auto bits = bitsOf(clause.front(), mode, isDirectory);
      if (!bits) break;
      value |= *bits;
      clause = clause.drop_front();
    }
    value &= affected;
    mode = operation == '+' ? mode | value : operation == '-' ? mode & ~value : (mode & ~affected) | value;
  }
  return mode;
}

std::optional<uint32_t> applyClauses(llvm::StringRef clauses, uint32_t mode, bool isDirectory) {
  llvm::SmallVector<llvm::StringRef, 4> parts;
  clauses.split(parts, ',');
  for (llvm::StringRef clause : parts) {
    auto changed = applyClause(clause, mode, isDirectory);
    if (!changed) return std::nullopt;
    mode = *changed;
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
