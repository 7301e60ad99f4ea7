/// Input: a word or pattern on the first line, NAME=VALUE on each further one. The last name's value is also what the
/// pattern is tried on.

#include "builder/frontend/expand.h"
#include "builder/frontend/pattern.h"
#include "builder/frontend/unicode.h"
#include "tests/fuzz/fuzz.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/Sequence.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

#include <map>

namespace strata::fuzz {

namespace {
using namespace builder;
using Variables = std::map<std::string, std::string>;

struct Case {
  llvm::StringRef word;
  Variables variables;
  llvm::StringRef subject;  ///< of the pattern
};

Case caseIn(llvm::StringRef input) {
  Case read;
  llvm::SmallVector<llvm::StringRef> lines;
  input.split(lines, '\n');
  read.word = lines[0];
  for (llvm::StringRef line : llvm::drop_begin(lines)) {
    auto [name, value] = line.split('=');
    read.variables[name.str()] = value.str();
    read.subject = value;
  }
  return read;
}

std::optional<llvm::StringRef> find(const Variables& variables, llvm::StringRef name) {
  auto found = variables.find(name.str());
  if (found == variables.end()) return std::nullopt;
  return llvm::StringRef(found->second);
}

bool isPlain(llvm::StringRef text, char escape) {
  return text.find_first_of("'\"$") == llvm::StringRef::npos && !text.contains(escape);
}
constexpr size_t kLongestChecked =
    1 << 20;  ///< values put into values: the checks would take longer than the expansion

bool hasSpace(llvm::StringRef text) {
  while (!text.empty() && !spaceWidth(text)) text = text.drop_front(firstCharacter(text).width);
  return !text.empty();
}

void checkNames(const Expansion& expansion, const Variables& variables) {
  for (llvm::StringRef name : expansion.used)
    FUZZ_EXPECT(find(variables, name), "a variable that is used has a value");
  for (llvm::StringRef name : expansion.unset)
    FUZZ_EXPECT(!find(variables, name), "a variable that is unset has no value");
}

/// What expansion gives stays as it is once quoted.
void checkQuoted(const std::string& text, char escape) {
  if (llvm::StringRef(text).contains('\'')) return;
  auto again = expandWord(
      "'" + text + "'", [](llvm::StringRef) { return std::nullopt; }, escape);
  if (!again) return broken("a quoted text expands: " + messageOf(again.takeError()));
  FUZZ_EXPECT(again->text == text, "a quoted text stands for itself");
}

void checkWord(const Case& one, char escape) {
  auto lookup = [&](llvm::StringRef name) { return find(one.variables, name); };
  auto expansion = valueOf(expandWord(one.word, lookup, escape));
  auto words = valueOf(expandWords(one.word, lookup, escape));
  FUZZ_EXPECT(bool(expansion) == bool(words), "a word that expands can be split, and the other way round");
  if (!expansion || expansion->text.size() > kLongestChecked) return;
  checkNames(*expansion, one.variables);
  checkQuoted(expansion->text, escape);
  if (isPlain(one.word, escape)) FUZZ_EXPECT(expansion->text == one.word, "a plain word stands for itself");
  if (!hasSpace(expansion->text)) {
    FUZZ_EXPECT(words->size() <= 1, "a word without white space is not split");
    FUZZ_EXPECT(words->empty() ? expansion->text.empty() : words->front() == expansion->text,
                "splitting changes no word");
  }
}

void checkBody(const Case& one) {
  auto lookup = [&](llvm::StringRef name) { return find(one.variables, name); };
  auto body = valueOf(expandBody(one.word, lookup));
  if (body) checkNames(*body, one.variables);
  if (one.word.find_first_of("$\\") == llvm::StringRef::npos)
    FUZZ_EXPECT(body && body->text == one.word, "a body without variables stands for itself");
}

void checkDisplay(const Case& one) {
  std::string shown;
  appendForDisplay(shown, one.word, [](llvm::StringRef) { return std::nullopt; });
  FUZZ_EXPECT(shown == one.word, "what has no value is shown as written");
  appendForDisplay(shown, one.word, [&](llvm::StringRef name) { return find(one.variables, name); });
}

/// The same in the plainest way: every alternative tried. For short ASCII texts only.
bool fits(llvm::StringRef pattern, llvm::StringRef text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') return fits(pattern.drop_front(), text) || (!text.empty() && fits(pattern, text.drop_front()));
  if (pattern[0] == '\\')
    pattern = pattern.drop_front();
  else if (pattern[0] == '?')
    return !text.empty() && fits(pattern.drop_front(), text.drop_front());
  return !text.empty() && text[0] == pattern[0] && fits(pattern.drop_front(), text.drop_front());
}

std::string naivelyWithout(llvm::StringRef pattern, llvm::StringRef subject) {
  std::string left;
  while (!subject.empty()) {
    size_t length = subject.size();
    while (length > 0 && !fits(pattern, subject.take_front(length))) --length;
    if (length == 0) left += subject[0];
    subject = subject.drop_front(std::max<size_t>(length, 1));
  }
  return left;
}

void checkPattern(llvm::StringRef text, llvm::StringRef subject) {
  auto pattern = valueOf(ShellPattern::parse(text));
  if (!pattern) return;
  std::string shortHead = pattern->withoutPrefix(subject, false), longHead = pattern->withoutPrefix(subject, true);
  std::string shortTail = pattern->withoutSuffix(subject, false), longTail = pattern->withoutSuffix(subject, true);
  FUZZ_EXPECT(subject.ends_with(shortHead) && llvm::StringRef(shortHead).ends_with(longHead), "a prefix goes");
  FUZZ_EXPECT(subject.starts_with(shortTail) && llvm::StringRef(shortTail).starts_with(longTail), "a suffix goes");
  auto first = valueOf(pattern->replaced(subject, "", false)), all = valueOf(pattern->replaced(subject, "", true));
  FUZZ_EXPECT(first && all, "replacing by nothing is not too much");
  FUZZ_EXPECT(first->size() <= subject.size() && all->size() <= first->size(), "replacing by nothing makes nothing");

  bool tiny = text.size() <= 12 && subject.size() <= 16 && llvm::isASCII(text) && llvm::isASCII(subject);
  if (!tiny) return;
  auto naive = [&](auto lengths, auto part, auto rest) {
    for (size_t length : lengths)
      if (fits(text, part(length))) return rest(length).str();
    return subject.str();
  };
  auto up = llvm::to_vector(llvm::seq<size_t>(0, subject.size() + 1));
  auto down = llvm::to_vector(llvm::reverse(up));
  auto head = [&](size_t n) { return subject.take_front(n); };
  auto behind = [&](size_t n) { return subject.drop_front(n); };
  auto tail = [&](size_t n) { return subject.take_back(n); };
  auto before = [&](size_t n) { return subject.drop_back(n); };
  FUZZ_EXPECT(shortHead == naive(up, head, behind), "# takes the shortest prefix");
  FUZZ_EXPECT(longHead == naive(down, head, behind), "## takes the longest prefix");
  FUZZ_EXPECT(shortTail == naive(up, tail, before), "% takes the shortest suffix");
  FUZZ_EXPECT(longTail == naive(down, tail, before), "%% takes the longest suffix");
  FUZZ_EXPECT(text.empty() || *all == naivelyWithout(text, subject), "// takes every leftmost, longest piece");
}
}  // namespace

FUZZ_TARGET(expand) {
  Case one = caseIn(input);
  checkWord(one, '\\');
  checkWord(one, '`');
  checkBody(one);
  checkDisplay(one);
  checkPattern(one.word, one.subject);
}

}  // namespace strata::fuzz
