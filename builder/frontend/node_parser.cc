#include "builder/frontend/node_parser.h"

#include "builder/frontend/heredoc_words.h"
#include "builder/frontend/json_list.h"
#include "builder/frontend/unicode.h"
#include "builder/frontend/words.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

namespace {
using Form = AstNode::Form;

/// How an instruction's arguments are read (dump format, table).
enum class Shape { JsonOrWords, JsonOrRest, Words, Rest, Arg, NameValue, Healthcheck, Onbuild, Unknown };

struct Keyword {
  llvm::StringLiteral name;
  Shape shape;
};
constexpr Keyword kKeywords[] = {
    {"run", Shape::JsonOrRest},
    {"copy", Shape::JsonOrWords},
    {"env", Shape::NameValue},
    {"arg", Shape::Arg},
    {"from", Shape::Words},
    {"workdir", Shape::Rest},
    {"add", Shape::JsonOrWords},
    {"label", Shape::NameValue},
    {"cmd", Shape::JsonOrRest},
    {"user", Shape::Rest},
    {"entrypoint", Shape::JsonOrRest},
    {"expose", Shape::Words},
    {"volume", Shape::JsonOrWords},
    {"shell", Shape::JsonOrRest},
    {"healthcheck", Shape::Healthcheck},
    {"onbuild", Shape::Onbuild},
    {"stopsignal", Shape::Rest},
    {"maintainer", Shape::Rest},
};

bool takesHeredocs(llvm::StringRef name) { return name == "run" || name == "copy" || name == "add"; }

/// ONBUILD ONBUILD is refused later, by name; a line of nothing else must not end the stack before that.
constexpr int kDeepestTrigger = 100;

class NodeParser {
public:
  NodeParser(Ast& ast, const LogicalLine& line, LineReader& reader) : ast_(ast), line_(line), reader_(reader) {}

  /// `text` is a piece of the line.
  llvm::Expected<AstNode> parse(llvm::StringRef text) {
    AstNode node;
    node.text = text = trimSpace(text);  // a line of nothing but an escape sign lets the next begin with blanks
    node.range = {{line_.firstLine, 0}, {}};
    size_t end = size_t(llvm::find_if(text, isBlank) - text.begin());
    node.keyword = text.take_front(end);
    Shape shape = nameOf(node);
    Flags flags = splitFlags(text.drop_front(end), ast_.escape, ast_.arena);
    llvm::SmallVector<AstWord, 4> words;
    for (const Flags::Flag& flag : flags.flags) words.push_back({flag.text, line_.rangeOf(flag.written)});
    node.flags = ast_.keep(llvm::ArrayRef(words));
    node.rest = trimSpace(flags.rest);
    if (auto error = readArguments(node, shape)) return error;
    if (takesHeredocs(node.name) && node.form != Form::Json && depth_ < 2)  // HDOC-1
      if (auto error = readHeredocs(node)) return error;
    return node;
  }

private:
  Shape nameOf(AstNode& node) {
    for (const Keyword& keyword : kKeywords) {
      if (!node.keyword.equals_insensitive(keyword.name)) continue;
      node.name = keyword.name;
      return keyword.shape;
    }
    node.name = ast_.keep(node.keyword.lower());
    return Shape::Unknown;
  }

  llvm::Error wrong(const llvm::Twine& message) const {
    return parseFault(*ast_.source, {{line_.firstLine, 0}, {reader_.linesRead() + 1, 0}}, message);
  }

  llvm::Error readArguments(AstNode& node, Shape shape) {
    Arguments arguments;
    llvm::Error error = llvm::Error::success();
    switch (shape) {
      case Shape::JsonOrWords:
      case Shape::JsonOrRest:
        error = readJsonOr(node, arguments, node.rest, shape == Shape::JsonOrWords);
        break;
      case Shape::Words:
        add(arguments, splitBlanks(node.rest));
        break;
      case Shape::Rest:
        node.form = Form::Rest;
        addRest(arguments, node.rest);
        break;
      case Shape::Arg:
        add(arguments, splitQuoted(node.rest, ast_.escape));
        break;
      case Shape::NameValue:
        error = readNameValues(node, arguments);
        break;
      case Shape::Healthcheck:
        error = readHealthcheck(node, arguments);
        break;
      case Shape::Onbuild:
        error = readNested(node);
        break;
      case Shape::Unknown:
        arguments.push_back({});
        break;
    }
    if (error) return error;
    node.args = ast_.keep(llvm::ArrayRef(arguments));
    return llvm::Error::success();
  }

  using Arguments = llvm::SmallVector<AstWord, 8>;
  void add(Arguments& arguments, llvm::ArrayRef<llvm::StringRef> words) {
    for (llvm::StringRef word : words) arguments.push_back({word, line_.rangeOf(word)});
  }
  void addRest(Arguments& arguments, llvm::StringRef rest) {
    if (!rest.empty()) add(arguments, rest);
  }

  llvm::Error readJsonOr(AstNode& node, Arguments& arguments, llvm::StringRef rest, bool words) {
    JsonList list = readJsonList(rest, ast_.arena);
    if (list.kind == JsonList::Kind::OtherValues)
      return wrong("when using JSON array syntax, arrays must be comprised of strings only");
    if (list.kind == JsonList::Kind::Strings) {
      node.form = Form::Json;
      SourceRange range = line_.rangeOf(rest);
      for (llvm::StringRef string : list.strings) arguments.push_back({string, range});
    } else if (words) {
      add(arguments, splitBlanks(rest));
    } else {
      node.form = Form::Rest;
      addRest(arguments, rest);
    }
    return llvm::Error::success();
  }

  llvm::Error readNameValues(AstNode& node, Arguments& arguments) {
    Words words = splitQuoted(node.rest, ast_.escape);
    if (words.empty()) return llvm::Error::success();
    node.form = words[0].contains('=') ? Form::NameValue : Form::LegacyNameValue;
    if (node.form == Form::LegacyNameValue) {
      size_t end = node.rest.find_first_of(kBlanks);
      if (end == llvm::StringRef::npos) return wrong(node.name.upper() + " must have two arguments");
      add(arguments, {node.rest.take_front(end), node.rest.drop_front(end).ltrim(kBlanks)});
      arguments.push_back({});
      return llvm::Error::success();
    }
    for (llvm::StringRef word : words) {
      size_t equals = word.find('=');
      if (equals == llvm::StringRef::npos)
        return wrong("Syntax error - can't find = in \"" + word + "\". Must be of the form: name=value");
      SourceRange range = line_.rangeOf(word);
      arguments.push_back({word.take_front(equals), range});
      arguments.push_back({word.drop_front(equals + 1), range});
      arguments.push_back({"=", range});
    }
    return llvm::Error::success();
  }

  llvm::Error readHealthcheck(AstNode& node, Arguments& arguments) {
    llvm::StringRef type = node.rest.take_until([](char c) { return llvm::isSpace(c); });
    if (type.empty()) return llvm::Error::success();
    add(arguments, type);
    return readJsonOr(node, arguments, node.rest.drop_front(type.size()).ltrim(), /*words=*/false);
  }

  llvm::Error readNested(AstNode& node) {
    if (node.rest.empty()) return llvm::Error::success();
    if (++depth_ > kDeepestTrigger)
      return wrong("ONBUILD is nested more than " + llvm::Twine(kDeepestTrigger) + " deep");
    auto nested = parse(node.rest);
    if (!nested) return nested.takeError();
    node.nested = ast_.keep(llvm::ArrayRef(*nested)).data();
    return llvm::Error::success();
  }

  llvm::Error readHeredocs(AstNode& node) {
    llvm::SmallVector<Heredoc, 2> heredocs;
    for (HeredocWord& word : findHeredocs(node.text)) {
      Heredoc heredoc{.name = ast_.keep(word.name),
                      .word = word.written,
                      .expand = word.expand,
                      .stripTabs = word.stripTabs,
                      .fd = word.fd};
      if (auto error = readBody(heredoc)) return error;
      heredocs.push_back(heredoc);
    }
    node.heredocs = ast_.keep(llvm::ArrayRef(heredocs));
    return llvm::Error::success();
  }

  /// HDOC-7, HDOC-8.
  llvm::Error readBody(Heredoc& heredoc) {
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
      heredoc.range.end = {reader_.linesRead() + 1, 0};
      return llvm::Error::success();
    }
  }

  Ast& ast_;
  const LogicalLine& line_;
  LineReader& reader_;
  int depth_ = 0;
};
}  // namespace

llvm::Expected<AstNode> parseNode(Ast& ast, const LogicalLine& line, LineReader& reader) {
  return NodeParser(ast, line, reader).parse(line.text);
}

}  // namespace strata::builder
