#pragma once
/// \file The syntax tree of a template, shared by its parser and its evaluation.

#include "support/fault.h"

#include <llvm/ADT/Twine.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <memory>
#include <string>
#include <vector>

namespace strata::cli {

/// Faults of both are Invalid and say so first.
inline llvm::Error templateFault(const llvm::Twine& message) {
  return fault(FaultKind::Invalid, "template: " + message);
}

struct TemplatePipeline;

/// One value of a command.
struct TemplateOperand {
  enum class Kind { Literal, Dot, Variable, Function, Parentheses };
  Kind kind = Kind::Dot;
  llvm::json::Value literal = nullptr;
  std::string name;                 ///< of a variable ("" is $) or a function
  std::vector<std::string> fields;  ///< ".Config.Env" behind it
  std::unique_ptr<TemplatePipeline> inner;
};

/// Commands joined by '|': each gets the result of the one before as its last argument.
struct TemplatePipeline {
  std::vector<std::vector<TemplateOperand>> commands;
  std::vector<std::string> variables;  ///< "$x :=", "$i, $e :="
};

struct TemplateNode {
  enum class Kind { List, Text, Action, If, Range, With };
  Kind kind = Kind::List;
  std::string text;
  TemplatePipeline pipeline;
  std::vector<TemplateNode> children;   ///< of a List; the body of a block
  std::vector<TemplateNode> otherwise;  ///< behind {{else}}
};

}  // namespace strata::cli
