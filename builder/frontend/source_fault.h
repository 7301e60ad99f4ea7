#pragma once
/// \file Faults that point at a place in a file. The message is the excerpt (spec ERR-2), then the cause; whoever shows
/// several, or answers a program, takes them apart again.

#include "builder/frontend/source_text.h"
#include "support/fault.h"

#include <llvm/ADT/Twine.h>
#include <llvm/Support/Error.h>

#include <string>

namespace strata::builder {

class SourceFault : public llvm::ErrorInfo<SourceFault, Fault> {
public:
  static char ID;
  SourceFault(FaultKind kind, const SourceText& source, const SourceRange& range, std::string cause);

  llvm::StringRef cause() const { return cause_; }
  const SourceRange& range() const { return range_; }

private:
  std::string cause_;
  SourceRange range_;
};

/// A fault about something written there. Without a known range the cause stands alone.
[[nodiscard]] llvm::Error sourceFault(const SourceText& source, const SourceRange& range, const llvm::Twine& message,
                                      FaultKind kind = FaultKind::Invalid);
/// The same for what the parser is to blame for: the cause begins "dockerfile parse error on line N: ".
[[nodiscard]] llvm::Error parseFault(const SourceText& source, const SourceRange& range, const llvm::Twine& message);

}  // namespace strata::builder
