#include "cli/completion/candidates.h"

#include "cli/commands.h"
#include "cli/globals.h"
#include "cli/options.h"

#include <llvm/ADT/STLExtras.h>

namespace strata::cli {

namespace {
using llvm::StringRef;

/// An option whose value names something.
constexpr std::pair<StringRef, Noun> kOptions[] = {{"--network", Noun::Network}, {"--volumes-from", Noun::Container},
                                                   {"--cidfile", Noun::File},    {"--env-file", Noun::File},
                                                   {"--label-file", Noun::File}, {"--file", Noun::File},
                                                   {"--output", Noun::File},     {"--input", Noun::File},
                                                   {"--iidfile", Noun::File},    {"--metadata-file", Noun::File},
                                                   {"--volume", Noun::Volume},   {"--root", Noun::File},
                                                   {"--diff", Noun::Image}};

/// What the words of a usage line stand for.
constexpr std::pair<StringRef, Noun> kWords[] = {
    {"CONTAINER", Noun::Container}, {"BUILD", Noun::Build},        {"IMAGE", Noun::Image},
    {"SOURCE_IMAGE", Noun::Image},  {"TARGET_IMAGE", Noun::Image}, {"REPOSITORY", Noun::Image},
    {"NAME[:TAG", Noun::Image},     {"NETWORK", Noun::Network},    {"VOLUME", Noun::Volume},
    {"FILE", Noun::File},           {"file", Noun::File},          {"PATH", Noun::File}};

bool isOption(StringRef word) { return word.size() > 1 && word.front() == '-'; }

void addOptions(const Options& options, StringRef begun, std::vector<Candidate>& candidates) {
  for (const Options::Listed& option : options.listed())
    for (const std::string& name : {option.longName, option.shortName})
      if (!name.empty() && StringRef(name).starts_with(begun)) candidates.push_back({name, option.help});
}

/// One pass over the words before the one that is being written.
class TypedLine {
public:
  TypedLine(const Options& options, bool optionsFirst) : listed_(options.listed()), optionsFirst_(optionsFirst) {}

  /// False: this word is no option and belongs to nobody here.
  bool take(StringRef word) {
    if (wanting_) {
      wanting_ = nullptr;
      return true;
    }
    if (behindAll_ || !isOption(word)) {
      behindAll_ |= optionsFirst_;
      ++arguments_;
      return false;
    }
    behindAll_ = word == "--";
    const Options::Listed* option = find(word);
    if (option && option->needsValue && !word.contains('=')) wanting_ = option;
    return true;
  }

  /// Whose value comes next; null: nobody's.
  const Options::Listed* wanting() const { return wanting_; }
  bool mayBeOption() const { return !behindAll_; }
  size_t arguments() const { return arguments_; }

private:
  /// Of short ones that stand together the last.
  const Options::Listed* find(StringRef word) const {
    std::string name = word.starts_with("--") ? word.str() : "-" + word.take_back(1).str();
    auto found = llvm::find_if(
        listed_, [&](const Options::Listed& one) { return one.longName == name || one.shortName == name; });
    return found == listed_.end() ? nullptr : &*found;
  }

  std::vector<Options::Listed> listed_;
  bool optionsFirst_, behindAll_ = false;
  const Options::Listed* wanting_ = nullptr;
  size_t arguments_ = 0;
};

Noun nounOfValue(const Options::Listed& option) {
  for (auto [name, noun] : kOptions)
    if (option.longName == name) return noun;
  return option.kind == "file" || option.kind == "directory" ? Noun::File : Noun::None;
}

void addCommands(llvm::ArrayRef<Command> commands, StringRef begun, std::vector<Candidate>& candidates) {
  for (const Command& command : commands)
    if (!command.alias && StringRef(command.name).starts_with(begun))
      candidates.push_back({command.name, command.description});
}

Completion completeCommand(const Command& command, llvm::ArrayRef<std::string> words) {
  Options options;
  command.declare(options);
  TypedLine line(options, command.optionsFirst);
  for (const std::string& word : words.drop_back()) line.take(word);
  StringRef begun = words.back();
  Completion completion;
  if (line.wanting())
    completion.noun = nounOfValue(*line.wanting());
  else if (line.mayBeOption() && begun.starts_with("-"))
    addOptions(options, begun, completion.candidates);
  else
    completion.noun = nounAt(command.usage, line.arguments());
  return completion;
}

Completion completeGroup(const CommandGroup& group, llvm::ArrayRef<std::string> words) {
  Completion completion;
  if (words.size() == 1)
    addCommands(group.commands, words.front(), completion.candidates);
  else if (const Command* command = findCommand(group.commands, words.front()))
    return completeCommand(*command, words.drop_front());
  return completion;
}

Completion completeFirst(const Options& options, const TypedLine& line, StringRef begun) {
  Completion completion;
  if (line.wanting()) {
    completion.noun = nounOfValue(*line.wanting());
  } else if (begun.starts_with("-")) {
    addOptions(options, begun, completion.candidates);
  } else {
    addCommands(topCommands(), begun, completion.candidates);
    for (const CommandGroup& group : commandGroups())
      if (StringRef(group.name).starts_with(begun)) completion.candidates.push_back({group.name, group.description});
  }
  return completion;
}
}  // namespace

Noun nounAt(StringRef usage, size_t place) {
  llvm::SmallVector<StringRef> tokens;
  usage.split(tokens, ' ', -1, false);
  llvm::erase_if(tokens, [](StringRef token) { return token.starts_with("[OPTIONS") || token.starts_with("[--"); });
  if (tokens.empty()) return Noun::None;
  if (place >= tokens.size() && !tokens.back().contains("...")) return Noun::None;
  StringRef token = tokens[std::min(place, tokens.size() - 1)].ltrim('[');
  for (auto [word, noun] : kWords) {
    StringRef rest = token;
    if (rest.consume_front(word) && (rest.empty() || !llvm::isAlpha(rest.front()))) return noun;
  }
  return Noun::None;
}

Completion completionOf(llvm::ArrayRef<std::string> words) {
  Globals globals;
  Options options;
  declareGlobals(options, globals);
  TypedLine line(options, true);
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (line.take(words[i])) continue;
    auto rest = words.drop_front(i + 1);
    std::vector<Command> commands = topCommands();
    if (const Command* command = findCommand(commands, words[i])) return completeCommand(*command, rest);
    for (const CommandGroup& group : commandGroups())
      if (words[i] == group.name) return completeGroup(group, rest);
    return {};
  }
  return words.empty() ? Completion() : completeFirst(options, line, words.back());
}

}  // namespace strata::cli
