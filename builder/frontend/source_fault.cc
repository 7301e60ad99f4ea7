#include "builder/frontend/source_fault.h"

namespace strata::builder {

char SourceFault::ID = 0;

SourceFault::SourceFault(FaultKind kind, const SourceText& source, const SourceRange& range, std::string cause)
    : ErrorInfo(kind, source.excerpt(range) + cause), cause_(std::move(cause)), range_(range) {}

llvm::Error sourceFault(const SourceText& source, const SourceRange& range, const llvm::Twine& message,
                        FaultKind kind) {
  return llvm::make_error<SourceFault>(kind, source, range, message.str());
}

llvm::Error parseFault(const SourceText& source, const SourceRange& range, const llvm::Twine& message) {
  return sourceFault(source, range,
                     "dockerfile parse error on line " + llvm::Twine(range.firstLine()) + ": " + message);
}

}  // namespace strata::builder
