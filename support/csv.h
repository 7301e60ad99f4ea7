#pragma once
/// \file One record of comma-separated values, as options carry them ("type=local,dest=out"). Source: RFC 4180.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <string>
#include <vector>

namespace strata {

/// The fields of one record: `a,"b,c","say ""hi"""` gives a | b,c | say "hi". A quote inside a bare field and text
/// after a closing quote are errors, as is a line end outside quotes. Faults: Invalid.
llvm::Expected<std::vector<std::string>> splitCsv(llvm::StringRef record);

/// A field "key=value". The key is lower-cased and trimmed; without "=" there is no value.
struct CsvOption {
  std::string key;
  std::string value;
  bool hasValue = false;
};
CsvOption parseCsvOption(llvm::StringRef field);

}  // namespace strata
