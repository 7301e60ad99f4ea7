#include "cli/template.h"
#include "cli/template_ast.h"
#include "support/fault.h"

#include <llvm/ADT/StringExtras.h>

namespace strata::cli {

namespace {

/// Deeper blocks or parentheses are nobody's; the parser recurses.
constexpr unsigned kDeepest = 50;

bool isNameStart(char c) { return llvm::isAlpha(c) || c == '_'; }
bool isName(char c) { return llvm::isAlnum(c) || c == '_'; }

/// The inside of one {{action}}.
class ActionParser {
public:
  ActionParser(llvm::StringRef text, unsigned depth) : rest_(text.trim()), depth_(depth) {}

  /// The first word if it is a keyword of a block; taken.
  std::string takeKeyword() {
    for (llvm::StringRef keyword : {"if", "range", "with", "else", "end"}) {
      bool ends = rest_.size() == keyword.size() || (rest_.size() > keyword.size() && !isName(rest_[keyword.size()]));
      if (!rest_.starts_with(keyword) || !ends) continue;
      rest_ = rest_.drop_front(keyword.size()).ltrim();
      return keyword.str();
    }
    return "";
  }
  bool atEnd() const { return rest_.empty(); }
  llvm::StringRef rest() const { return rest_; }

  llvm::Expected<TemplatePipeline> pipeline() {
    TemplatePipeline pipeline;
    if (llvm::Error error = variables(pipeline)) return error;
    for (;;) {
      auto command = operands();
      if (!command) return command.takeError();
      pipeline.commands.push_back(std::move(*command));
      if (!rest_.consume_front("|")) break;
    }
    return pipeline;
  }

private:
  /// "$i, $e :=" before a pipeline.
  llvm::Error variables(TemplatePipeline& pipeline) {
    size_t assign = rest_.find(":=");
    if (!rest_.starts_with("$") || assign == llvm::StringRef::npos) return llvm::Error::success();
    llvm::SmallVector<llvm::StringRef> names;
    rest_.take_front(assign).split(names, ',');
    for (llvm::StringRef name : names) {
      name = name.trim();
      if (!name.consume_front("$") || name.empty() || !llvm::all_of(name, isName))
        return templateFault("'" + rest_.take_front(assign) + "' declares no variable");
      pipeline.variables.push_back(name.str());
    }
    if (pipeline.variables.size() > 2) return templateFault("too many variables in " + rest_.take_front(assign));
    rest_ = rest_.drop_front(assign + 2);
    return llvm::Error::success();
  }

  llvm::Expected<std::vector<TemplateOperand>> operands() {
    std::vector<TemplateOperand> operands;
    for (;;) {
      rest_ = rest_.ltrim();
      if (rest_.empty() || rest_.front() == '|' || rest_.front() == ')') break;
      auto one = operand();
      if (!one) return one.takeError();
      operands.push_back(std::move(*one));
    }
    if (operands.empty()) return templateFault("missing value for command");
    return operands;
  }

  llvm::Expected<TemplateOperand> operand() {
    TemplateOperand result;
    char first = rest_.front();
    if (first == '.') {
      if (rest_.size() == 1 || !isNameStart(rest_[1])) rest_ = rest_.drop_front();
    } else if (first == '$') {
      rest_ = rest_.drop_front();
      result.kind = TemplateOperand::Kind::Variable;
      result.name = takeName();
    } else if (first == '(') {
      if (depth_ >= kDeepest) return templateFault("nested too deep");
      if (llvm::Error error = parentheses(result)) return error;
    } else if (isNameStart(first)) {
      word(result);
    } else {
      if (llvm::Error error = literal(result)) return error;
    }
    while (rest_.size() > 1 && rest_[0] == '.' && isNameStart(rest_[1])) {
      rest_ = rest_.drop_front();
      result.fields.push_back(takeName());
    }
    return result;
  }

  llvm::Error parentheses(TemplateOperand& result) {
    rest_ = rest_.drop_front();
    ++depth_;
    auto inner = pipeline();
    --depth_;
    if (!inner) return inner.takeError();
    if (!rest_.consume_front(")")) return templateFault("unclosed left parenthesis");
    result.kind = TemplateOperand::Kind::Parentheses;
    result.inner = std::make_unique<TemplatePipeline>(std::move(*inner));
    return llvm::Error::success();
  }

  void word(TemplateOperand& result) {
    result.name = takeName();
    result.kind = TemplateOperand::Kind::Function;
    bool known = result.name == "true" || result.name == "false" || result.name == "nil";
    if (!known) return;
    result.kind = TemplateOperand::Kind::Literal;
    if (result.name != "nil") result.literal = result.name == "true";
  }

  llvm::Error literal(TemplateOperand& result) {
    result.kind = TemplateOperand::Kind::Literal;
    char quote = rest_.front();
    if (quote == '"' || quote == '`') {
      size_t end = 1;
      while (end < rest_.size() && rest_[end] != quote) end += quote == '"' && rest_[end] == '\\' ? 2 : 1;
      if (end >= rest_.size()) return templateFault("unterminated quoted string");
      result.literal = unquoted(rest_.slice(1, end), quote);
      rest_ = rest_.drop_front(end + 1);
      return llvm::Error::success();
    }
    llvm::StringRef digits = rest_.take_while([](char c) { return llvm::isDigit(c) || c == '-' || c == '+'; });
    int64_t number = 0;
    if (digits.empty() || digits.getAsInteger(10, number))
      return templateFault("unexpected '" + rest_.take_front(1) + "'");
    result.literal = number;
    rest_ = rest_.drop_front(digits.size());
    return llvm::Error::success();
  }

  static std::string unquoted(llvm::StringRef text, char quote) {
    std::string result;
    for (size_t i = 0; i < text.size(); ++i) {
      if (quote != '"' || text[i] != '\\' || i + 1 == text.size()) {
        result += text[i];
        continue;
      }
      char escaped = text[++i];
      result += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
    }
    return llvm::json::fixUTF8(result);
  }

  std::string takeName() {
    llvm::StringRef name = rest_.take_while(isName);
    rest_ = rest_.drop_front(name.size());
    return name.str();
  }

  llvm::StringRef rest_;
  unsigned depth_;
};

/// docker's escapes in the text between actions.
std::string textOf(llvm::StringRef text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    bool escape = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 'n' || text[i + 1] == 't');
    if (escape)
      result += text[++i] == 'n' ? '\n' : '\t';
    else
      result += text[i];
  }
  return result;
}

class Parser {
public:
  explicit Parser(llvm::StringRef text) : rest_(text) {}

  llvm::Expected<TemplateNode> parse() {
    TemplateNode root;
    auto end = list(root.children, 0);
    if (!end) return end.takeError();
    if (!end->empty()) return templateFault("unexpected {{" + *end + "}}");
    return root;
  }

private:
  /// Up to {{else}}, {{end}} or the end of the text; which of them ("" for the last). After "else" `elseRest_` holds
  /// what followed the word.
  llvm::Expected<std::string> list(std::vector<TemplateNode>& nodes, unsigned depth) {
    if (depth > kDeepest) return templateFault("nested too deep");
    while (!rest_.empty()) {
      auto [before, after] = rest_.split("{{");
      bool action = rest_.contains("{{");
      bool trims = after.starts_with("- ") || after == "-";
      if (llvm::StringRef shown = action && trims ? before.rtrim() : before; !shown.empty()) addText(nodes, shown);
      rest_ = after;
      if (!action) break;
      auto inside = takeAction();
      if (!inside) return inside.takeError();
      if (inside->starts_with("/*")) continue;
      ActionParser parser(*inside, depth);
      std::string keyword = parser.takeKeyword();
      if (keyword == "end" || keyword == "else") {
        elseRest_ = parser.rest();
        return keyword;
      }
      if (llvm::Error error = addAction(nodes, keyword, parser, depth)) return error;
    }
    return std::string();
  }

  static void addText(std::vector<TemplateNode>& nodes, llvm::StringRef text) {
    TemplateNode node;
    node.kind = TemplateNode::Kind::Text;
    node.text = textOf(text);
    nodes.push_back(std::move(node));
  }

  llvm::Expected<llvm::StringRef> takeAction() {
    size_t end = rest_.find("}}");
    if (end == llvm::StringRef::npos) return templateFault("unclosed action");
    llvm::StringRef inside = rest_.take_front(end);
    rest_ = rest_.drop_front(end + 2);
    if (inside.ends_with(" -")) {
      inside = inside.drop_back(2);
      rest_ = rest_.ltrim();
    }
    if (inside.starts_with("- ")) inside = inside.drop_front(2);
    return inside.trim();
  }

  llvm::Error addAction(std::vector<TemplateNode>& nodes, llvm::StringRef keyword, ActionParser& parser,
                        unsigned depth) {
    auto pipeline = parser.pipeline();
    if (!pipeline) return pipeline.takeError();
    if (!parser.atEnd()) return templateFault("unexpected '" + parser.rest() + "'");
    TemplateNode node;
    node.pipeline = std::move(*pipeline);
    node.kind = keyword == "if"      ? TemplateNode::Kind::If
                : keyword == "range" ? TemplateNode::Kind::Range
                : keyword == "with"  ? TemplateNode::Kind::With
                                     : TemplateNode::Kind::Action;
    if (node.kind != TemplateNode::Kind::Action)
      if (llvm::Error error = block(node, depth)) return error;
    nodes.push_back(std::move(node));
    return llvm::Error::success();
  }

  llvm::Error block(TemplateNode& node, unsigned depth) {
    auto end = list(node.children, depth + 1);
    if (!end) return end.takeError();
    if (end->empty()) return templateFault("missing {{end}}");
    if (*end == "end") return llvm::Error::success();
    if (elseRest_.empty()) {
      end = list(node.otherwise, depth + 1);
      if (!end) return end.takeError();
      return *end == "end" ? llvm::Error::success() : templateFault("missing {{end}}");
    }
    ActionParser parser(elseRest_, depth + 1);  // {{else if ...}}: a block that shares our {{end}}
    std::string keyword = parser.takeKeyword();
    if (keyword != "if" && keyword != "with") return templateFault("unexpected '" + elseRest_ + "' behind else");
    if (depth >= kDeepest) return templateFault("nested too deep");
    return addAction(node.otherwise, keyword, parser, depth + 1);
  }

  llvm::StringRef rest_, elseRest_;
};

}  // namespace

llvm::Expected<Template> Template::parse(llvm::StringRef text) {
  auto root = Parser(text).parse();
  if (!root) return root.takeError();
  return Template(std::make_unique<TemplateNode>(std::move(*root)));
}

Template::Template(std::unique_ptr<TemplateNode> root) : root_(std::move(root)) {}
Template::Template(Template&&) noexcept = default;
Template::~Template() = default;

}  // namespace strata::cli
