#include "builder/frontend/ast.h"
#include "builder/frontend/json_list.h"
#include "builder/frontend/lines.h"
#include "builder/frontend/words.h"
#include "support/fault.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringSwitch.h>
#include <llvm/Support/Allocator.h>

namespace strata::builder {

struct Ast::Arena {
  llvm::BumpPtrAllocator allocator;
};

Ast::Ast() : arena_(std::make_unique<Arena>()) {}
Ast::~Ast() = default;
Ast::Ast(Ast&&) noexcept = default;
Ast& Ast::operator=(Ast&&) noexcept = default;

llvm::StringRef Ast::keep(llvm::StringRef text) { return text.copy(arena_->allocator); }

namespace {
using Form = AstNode::Form;

/// How an instruction's arguments are read (dump format, table).
enum class Shape { JsonOrWords, JsonOrRest, Words, Rest, Arg, NameValue, Healthcheck, Onbuild, Unknown };

Shape shapeOf(llvm::StringRef name) {
  return llvm::StringSwitch<Shape>(name)
      .Cases("add", "copy", "volume", Shape::JsonOrWords)
      .Cases("cmd", "entrypoint", "run", "shell", Shape::JsonOrRest)
      .Cases("expose", "from", Shape::Words)
      .Cases("maintainer", "stopsignal", "user", "workdir", Shape::Rest)
      .Case("arg", Shape::Arg)
      .Cases("env", "label", Shape::NameValue)
      .Case("healthcheck", Shape::Healthcheck)
      .Case("onbuild", Shape::Onbuild)
      .Default(Shape::Unknown);
}

bool takesHeredocs(llvm::StringRef name) { return name == "run" || name == "copy" || name == "add"; }

/// ONBUILD ONBUILD is refused later, by name; a line of nothing else must not end the stack before that.
constexpr int kDeepestTrigger = 100;

/// Makes one node out of one logical line.
class NodeParser {
public:
  NodeParser(Ast& ast, const LogicalLine& line, LineReader& reader) : ast_(ast), line_(line), reader_(reader) {}

  /// `text` is a part of the kept line that begins at `base_`.
  llvm::Expected<AstNode> parse(llvm::StringRef text) {
    if (!base_) base_ = text.data();
    AstNode node;
    node.text = text = text.trim();  // a first line of nothing but an escape sign lets the next begin with blanks
    node.range = {{line_.firstLine, 0}, {}};
    size_t end = text.find_first_of(" \t\v\f\r");
    node.keyword = text.take_front(end);
    node.name = ast_.keep(node.keyword.lower());
    llvm::StringRef after = end == llvm::StringRef::npos ? text.drop_front(text.size()) : text.drop_front(end);
    Flags flags = splitFlags(after, ast_.escape);
    for (const Flags::Flag& flag : flags.flags)
      node.flags.push_back({ast_.keep(flag.text), rangeOf(after.slice(flag.begin, flag.end))});
    node.rest = after.drop_front(flags.restOffset).trim();
    if (auto error = readArguments(node)) return error;
    if (takesHeredocs(node.name) && node.form != Form::Json)
      if (auto error = readHeredocs(node)) return error;
    return node;
  }

private:
  SourceRange rangeOf(llvm::StringRef part) const {
    size_t begin = size_t(part.data() - base_);
    return line_.rangeOf(begin, begin + part.size());
  }
  llvm::Error wrong(const llvm::Twine& message) const {
    SourceRange range{{line_.firstLine, 0}, {reader_.linesRead() + 1, 0}};
    return parseFault(*ast_.source, range, message);
  }
  void addRest(AstNode& node, llvm::StringRef rest) {
    if (!rest.empty()) node.args.push_back({rest, rangeOf(rest)});
  }

  llvm::Error readArguments(AstNode& node) {
    switch (shapeOf(node.name)) {
      case Shape::JsonOrWords:
      case Shape::JsonOrRest:
        return readJsonOr(node, node.rest, shapeOf(node.name) == Shape::JsonOrWords);
      case Shape::Words:
        addWords(node, node.rest);
        return llvm::Error::success();
      case Shape::Rest:
        node.form = Form::Rest;
        addRest(node, node.rest);
        return llvm::Error::success();
      case Shape::Arg: {
        std::vector<size_t> offsets;
        std::vector<std::string> words = splitQuoted(node.rest, ast_.escape, offsets);
        for (size_t i = 0; i < words.size(); ++i) addQuoted(node, words[i], offsets[i]);
        return llvm::Error::success();
      }
      case Shape::NameValue:
        return readNameValues(node);
      case Shape::Healthcheck: {
        llvm::StringRef type = node.rest.take_until([](char c) { return llvm::isSpace(c); });
        if (type.empty()) return llvm::Error::success();
        node.args.push_back({type, rangeOf(type)});
        return readJsonOr(node, node.rest.drop_front(type.size()).trim(), false);
      }
      case Shape::Onbuild: {
        if (node.rest.empty()) return llvm::Error::success();
        if (++depth_ > kDeepestTrigger)
          return wrong("ONBUILD is nested more than " + llvm::Twine(kDeepestTrigger) + " deep");
        auto nested = parse(node.rest);
        if (!nested) return nested.takeError();
        node.nested = std::make_unique<AstNode>(std::move(*nested));
        return llvm::Error::success();
      }
      case Shape::Unknown:
        node.args.push_back({});
        return llvm::Error::success();
    }
    return llvm::Error::success();
  }

  void addWords(AstNode& node, llvm::StringRef rest) {
    node.form = Form::Words;
    for (const WordSpan& word : splitBlanks(rest)) node.args.push_back({word.text, rangeOf(word.text)});
  }

  void addQuoted(AstNode& node, llvm::StringRef word, size_t offset) {
    llvm::StringRef inPlace = node.rest.substr(offset, word.size());
    node.args.push_back({inPlace == word ? inPlace : ast_.keep(word), rangeOf(inPlace)});
  }

  llvm::Error readJsonOr(AstNode& node, llvm::StringRef rest, bool words) {
    JsonList list = readJsonList(rest);
    if (list.valid && !list.allStrings)
      return wrong("only string type is allowed: arrays must be comprised of strings only");
    if (list.valid) {
      node.form = Form::Json;
      for (const std::string& string : list.strings) node.args.push_back({ast_.keep(string), rangeOf(rest)});
    } else if (words) {
      addWords(node, rest);
    } else {
      node.form = Form::Rest;
      addRest(node, rest);
    }
    return llvm::Error::success();
  }

  llvm::Error readNameValues(AstNode& node) {
    std::vector<size_t> offsets;
    std::vector<std::string> words = splitQuoted(node.rest, ast_.escape, offsets);
    if (words.empty()) return llvm::Error::success();
    if (words[0].find('=') == std::string::npos) {
      node.form = Form::LegacyNameValue;
      size_t end = node.rest.find_first_of(" \t\v\f\r");
      if (end == llvm::StringRef::npos) return wrong(node.keyword.upper() + " must have two arguments");
      llvm::StringRef name = node.rest.take_front(end), value = node.rest.drop_front(end).ltrim();
      node.args = {{name, rangeOf(name)}, {value, rangeOf(value)}, {}};
      return llvm::Error::success();
    }
    node.form = Form::NameValue;
    for (size_t i = 0; i < words.size(); ++i) {
      size_t equals = words[i].find('=');
      if (equals == std::string::npos)
        return wrong("Syntax error - can't find = in \"" + words[i] + "\". Must be of the form: name=value");
      llvm::StringRef word = ast_.keep(words[i]);
      SourceRange range = rangeOf(node.rest.substr(offsets[i], words[i].size()));
      node.args.push_back({word.take_front(equals), range});
      node.args.push_back({word.drop_front(equals + 1), range});
      node.args.push_back({"=", range});
    }
    return llvm::Error::success();
  }

  llvm::Error readHeredocs(AstNode& node) {
    for (HeredocWord& word : findHeredocs(node.text)) {
      Heredoc heredoc{.name = ast_.keep(word.name), .expand = word.expand, .stripTabs = word.stripTabs, .fd = word.fd};
      heredoc.range.begin = {reader_.linesRead() + 1, 0};
      const char* begin = nullptr;
      for (;;) {
        auto raw = reader_.nextRaw();
        if (!raw) return raw.takeError();
        if (!*raw) return wrong("unterminated heredoc");
        if (!begin) begin = (*raw)->data();
        llvm::StringRef line = (*raw)->rtrim("\r\n");
        if (heredoc.stripTabs) line = line.ltrim('\t');
        if (line != heredoc.name) continue;
        heredoc.body = {begin, size_t((*raw)->data() - begin)};
        break;
      }
      heredoc.range.end = {reader_.linesRead() + 1, 0};
      node.heredocs.push_back(std::move(heredoc));
    }
    return llvm::Error::success();
  }

  Ast& ast_;
  const LogicalLine& line_;
  LineReader& reader_;
  const char* base_ = nullptr;
  int depth_ = 0;
};
}  // namespace

llvm::Expected<Ast> parseDockerfile(std::shared_ptr<const SourceText> source) {
  Ast ast;
  ast.source = source;
  if (source->text().empty()) return fault(FaultKind::Invalid, source->name() + ": the Dockerfile cannot be empty");
  LineReader reader(*source);
  auto directives = reader.readDirectives();
  if (!directives) return directives.takeError();
  ast.directives = std::move(*directives);
  ast.escape = reader.escape();
  for (;;) {
    auto line = reader.next();
    if (!line) return line.takeError();
    if (!*line) break;
    auto node = NodeParser(ast, **line, reader).parse(ast.keep((*line)->text));
    if (!node) return node.takeError();
    node->comments = std::move((*line)->comments);
    node->emptyContinuation = (*line)->emptyContinuation;
    node->range.end = {reader.linesRead() + 1, 0};
    for (AstNode* inner = node->nested.get(); inner; inner = inner->nested.get()) inner->range = node->range;
    ast.nodes.push_back(std::move(*node));
  }
  if (ast.nodes.empty()) return fault(FaultKind::Invalid, source->name() + ": file with no instructions");
  return ast;
}

}  // namespace strata::builder
