#pragma once
/// \file What containers, networks and volumes have in common: identities of 64 hexadecimal digits, the alphabet of
/// their names, and labels and options as JSON objects.

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/JSON.h>

#include <map>
#include <string>

namespace strata::runtime {

/// 256 random bits as 64 lower-case hexadecimal digits.
std::string makeObjectId();

/// [a-zA-Z0-9][a-zA-Z0-9_.-]*
bool isObjectName(llvm::StringRef name);

llvm::json::Object pairsJson(const std::map<std::string, std::string>& pairs);
/// No object has no pairs; a value that is no text is "".
std::map<std::string, std::string> pairsFrom(const llvm::json::Object* object);

}  // namespace strata::runtime
