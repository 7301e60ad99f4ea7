#include "cli/template.h"
#include "cli/template_ast.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::cli {

namespace {

using llvm::json::Value;
using Values = std::vector<Value>;

/// As Go prints it: lists "[a b]", maps "map[k:v ...]" by key.
std::string shown(const Value& value) {
  if (auto text = value.getAsString()) return text->str();
  if (auto truth = value.getAsBoolean()) return *truth ? "true" : "false";
  if (const auto* array = value.getAsArray()) {
    std::vector<std::string> parts;
    for (const Value& element : *array) parts.push_back(shown(element));
    return "[" + llvm::join(parts, " ") + "]";
  }
  if (const auto* object = value.getAsObject()) {
    std::map<std::string, std::string> parts;
    for (const auto& [key, member] : *object) parts[key.str()] = shown(member);
    std::vector<std::string> pairs;
    for (const auto& [key, text] : parts) pairs.push_back(key + ":" + text);
    return "map[" + llvm::join(pairs, " ") + "]";
  }
  return value.getAsNull() ? "<no value>" : printJson(value);
}

bool isTrue(const Value& value) {
  if (auto truth = value.getAsBoolean()) return *truth;
  if (auto text = value.getAsString()) return !text->empty();
  if (auto number = value.getAsNumber()) return *number != 0;
  if (const auto* array = value.getAsArray()) return !array->empty();
  if (const auto* object = value.getAsObject()) return !object->empty();
  return false;
}

/// Members that are maps, whose keys are the user's: one that is missing is no mistake of the template.
constexpr llvm::StringRef kMaps[] = {"Annotations", "Containers",   "DriverOpts", "ExposedPorts", "Labels", "Networks",
                                     "Options",     "PortBindings", "Ports",      "Sysctls",      "Volumes"};

/// `owner`: the name under which `value` was found itself, if it was.
llvm::Expected<Value> memberOf(const Value& value, llvm::StringRef name, llvm::StringRef owner) {
  const auto* object = value.getAsObject();
  if (!object && !(value.getAsNull() && llvm::is_contained(kMaps, owner)))
    return templateFault("can't evaluate field " + name + " in '" + shown(value) + "'");
  if (const Value* member = object ? object->get(name) : nullptr) return *member;
  if (llvm::is_contained(kMaps, owner)) return nullptr;
  std::vector<llvm::StringRef> names;
  for (const auto& [key, member] : *object) names.push_back(key);
  return templateFault("no field '" + name + "'" + didYouMean(name, names, true));
}

llvm::Expected<Value> indexed(Values& arguments) {
  Value value = arguments.front();
  for (const Value& key : llvm::ArrayRef(arguments).drop_front()) {
    if (const auto* object = value.getAsObject()) {
      const Value* member = object->get(key.getAsString().value_or(""));
      value = member ? Value(*member) : Value("");
      continue;
    }
    const auto* array = value.getAsArray();
    int64_t position = key.getAsInteger().value_or(-1);
    if (!array) return templateFault("index of what is no list or map");
    if (position < 0 || size_t(position) >= array->size())
      return templateFault("index out of range: " + llvm::Twine(position));
    value = Value((*array)[size_t(position)]);
  }
  return value;
}

llvm::Expected<Value> lengthOf(const Value& value) {
  if (const auto* array = value.getAsArray()) return int64_t(array->size());
  if (const auto* object = value.getAsObject()) return int64_t(object->size());
  if (auto text = value.getAsString()) return int64_t(text->size());
  if (value.getAsNull()) return 0;
  return templateFault("len of a number");
}

llvm::Expected<Value> joined(const Values& arguments) {
  const auto* array = arguments[0].getAsArray();
  if (!array && !arguments[0].getAsNull()) return templateFault("join of what is no list");
  std::vector<std::string> parts;
  if (array)
    for (const Value& element : *array) parts.push_back(shown(element));
  return Value(llvm::join(parts, shown(arguments[1])));
}

Value splitUp(const Values& arguments) {
  std::string text = shown(arguments[0]), separator = shown(arguments[1]);
  llvm::SmallVector<llvm::StringRef> parts;
  if (!separator.empty()) llvm::StringRef(text).split(parts, separator);
  llvm::json::Array result;
  for (llvm::StringRef part : parts) result.push_back(part.str());
  return result;
}

std::string printed(const Values& arguments) {
  std::vector<std::string> parts;
  for (const Value& argument : arguments) parts.push_back(shown(argument));
  return llvm::join(parts, " ");
}

/// The value that decides: the first false one for "and", the first true one for "or", else the last.
Value decided(const Values& arguments, bool stopAt) {
  for (const Value& argument : arguments)
    if (isTrue(argument) == stopAt) return argument;
  return arguments.back();
}

llvm::Expected<Value> call(llvm::StringRef name, Values arguments) {
  auto needs = [&](size_t count) { return arguments.size() == count; };
  if (arguments.empty()) return templateFault("function '" + name + "' needs a value");
  if (name == "json" && needs(1)) return Value(printJson(arguments[0]));
  if (name == "index") return indexed(arguments);
  if (name == "len" && needs(1)) return lengthOf(arguments[0]);
  if (name == "join" && needs(2)) return joined(arguments);
  if (name == "split" && needs(2)) return splitUp(arguments);
  if (name == "lower" && needs(1)) return Value(llvm::StringRef(shown(arguments[0])).lower());
  if (name == "upper" && needs(1)) return Value(llvm::StringRef(shown(arguments[0])).upper());
  if (name == "print") return Value(printed(arguments));
  if (name == "println") return Value(printed(arguments) + "\n");
  if (name == "eq" && arguments.size() > 1)
    return Value(llvm::is_contained(llvm::ArrayRef(arguments).drop_front(), arguments[0]));
  if (name == "ne" && needs(2)) return Value(arguments[0] != arguments[1]);
  if (name == "not" && needs(1)) return Value(!isTrue(arguments[0]));
  if (name == "and") return decided(arguments, false);
  if (name == "or") return decided(arguments, true);
  if (name == "truncate" && needs(2)) {
    size_t length = size_t(std::max<int64_t>(0, arguments[1].getAsInteger().value_or(0)));
    return Value(llvm::json::fixUTF8(llvm::StringRef(shown(arguments[0])).take_front(length)));
  }
  static constexpr llvm::StringRef kFunctions[] = {"json",  "index", "len",   "join", "split",
                                                   "lower", "upper", "print", "and",  "println",
                                                   "or",    "eq",    "ne",    "not",  "truncate"};
  if (llvm::is_contained(kFunctions, name)) return templateFault("wrong number of values for '" + name + "'");
  return templateFault("function '" + name + "' not defined" + didYouMean(name, kFunctions));
}

class Evaluation {
public:
  explicit Evaluation(const Value& root) { variables_.push_back({"", root}); }

  llvm::Error list(const std::vector<TemplateNode>& nodes, const Value& dot) {
    size_t visible = variables_.size();
    for (const TemplateNode& node : nodes)
      if (llvm::Error error = one(node, dot)) return error;
    variables_.erase(variables_.begin() + visible, variables_.end());
    return llvm::Error::success();
  }
  std::string text;

private:
  llvm::Error one(const TemplateNode& node, const Value& dot) {
    if (node.kind == TemplateNode::Kind::Text) {
      text += node.text;
      return llvm::Error::success();
    }
    auto value = evaluate(node.pipeline, dot);
    if (!value) return value.takeError();
    size_t visible = variables_.size();
    llvm::Error error = apply(node, *value, dot);
    if (node.kind != TemplateNode::Kind::Action) variables_.erase(variables_.begin() + visible, variables_.end());
    return error;
  }

  llvm::Error apply(const TemplateNode& node, const Value& value, const Value& dot) {
    const auto& variables = node.pipeline.variables;
    if (node.kind == TemplateNode::Kind::Range) return range(node, value, dot);
    if (!variables.empty()) variables_.push_back({variables.back(), value});
    if (node.kind == TemplateNode::Kind::Action) {
      if (variables.empty()) text += shown(value);
      return llvm::Error::success();
    }
    if (!isTrue(value)) return list(node.otherwise, dot);
    return list(node.children, node.kind == TemplateNode::Kind::With ? value : dot);
  }

  llvm::Error range(const TemplateNode& node, const Value& value, const Value& dot) {
    if (!isTrue(value)) return list(node.otherwise, dot);
    if (const auto* array = value.getAsArray()) {
      for (size_t i = 0; i < array->size(); ++i)
        if (llvm::Error error = round(node, int64_t(i), (*array)[i])) return error;
      return llvm::Error::success();
    }
    const auto* object = value.getAsObject();
    if (!object) return templateFault("range can't iterate over " + shown(value));
    std::map<std::string, const Value*> sorted;
    for (const auto& [key, member] : *object) sorted[key.str()] = &member;
    for (const auto& [key, member] : sorted)
      if (llvm::Error error = round(node, key, *member)) return error;
    return llvm::Error::success();
  }

  llvm::Error round(const TemplateNode& node, Value key, const Value& value) {
    const auto& names = node.pipeline.variables;
    size_t visible = variables_.size();
    if (names.size() == 2) variables_.push_back({names[0], std::move(key)});
    if (!names.empty()) variables_.push_back({names.back(), value});
    llvm::Error error = list(node.children, value);
    variables_.erase(variables_.begin() + visible, variables_.end());
    return error;
  }

  llvm::Expected<Value> evaluate(const TemplatePipeline& pipeline, const Value& dot) {
    std::optional<Value> result;
    for (const auto& command : pipeline.commands) {
      auto value = run(command, std::move(result), dot);
      if (!value) return value.takeError();
      result = std::move(*value);
    }
    return std::move(*result);
  }

  llvm::Expected<Value> run(const std::vector<TemplateOperand>& command, std::optional<Value> piped, const Value& dot) {
    bool function = command.front().kind == TemplateOperand::Kind::Function;
    if (!function) {
      if (command.size() > 1 || piped) return templateFault("can't give arguments to what is no function");
      return valueOf(command.front(), dot);
    }
    Values arguments;
    for (const TemplateOperand& operand : llvm::ArrayRef(command).drop_front()) {
      auto value = valueOf(operand, dot);
      if (!value) return value.takeError();
      arguments.push_back(std::move(*value));
    }
    if (piped) arguments.push_back(std::move(*piped));
    return call(command.front().name, std::move(arguments));
  }

  llvm::Expected<Value> valueOf(const TemplateOperand& operand, const Value& dot) {
    auto value = startOf(operand, dot);
    llvm::StringRef owner;
    for (const std::string& field : operand.fields) {
      if (!value) return value;
      value = memberOf(*value, field, owner);
      owner = field;
    }
    return value;
  }

  llvm::Expected<Value> startOf(const TemplateOperand& operand, const Value& dot) {
    switch (operand.kind) {
      case TemplateOperand::Kind::Literal:
        return operand.literal;
      case TemplateOperand::Kind::Dot:
        return dot;
      case TemplateOperand::Kind::Parentheses:
        return evaluate(*operand.inner, dot);
      case TemplateOperand::Kind::Function:
        return call(operand.name, {});
      case TemplateOperand::Kind::Variable:
        break;
    }
    for (const auto& [name, value] : llvm::reverse(variables_))
      if (name == operand.name) return value;
    return templateFault("undefined variable $" + operand.name);
  }

  std::vector<std::pair<std::string, Value>> variables_;  ///< innermost last; "" is the root
};

}  // namespace

llvm::Expected<std::string> Template::render(const Value& value) const {
  Evaluation evaluation(value);
  if (llvm::Error error = evaluation.list(root_->children, value)) return error;
  return std::move(evaluation.text);
}

llvm::Error printFormatted(llvm::StringRef format, Value document, llvm::raw_ostream& out) {
  if (format == "json") {
    out << printJson(document) << "\n";
    return llvm::Error::success();
  }
  auto parsed = Template::parse(format);
  if (!parsed) return parsed.takeError();
  auto text = parsed->render(document);
  if (!text) return text.takeError();
  out << *text << "\n";
  return llvm::Error::success();
}

}  // namespace strata::cli
