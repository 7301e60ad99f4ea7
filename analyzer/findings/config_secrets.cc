#include "analyzer/findings/config_secrets.h"

#include "analyzer/secrets/secret_checks.h"
#include "analyzer/secrets/secret_formats.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::analyzer {

namespace {

class ConfigSearch {
public:
  void element(std::string name, std::optional<uint32_t> layer = std::nullopt) {
    element_ = std::move(name);
    layer_ = layer;
  }

  /// A value and what it is called: of a known shape, or secret by its name.
  void pair(llvm::StringRef name, llvm::StringRef value) {
    auto matches = findSecrets(value);
    if (matches.empty() && isSecretName(name) && isPlausibleValue(value)) matches.push_back(named(name, value));
    for (SecretMatch& match : matches) add(std::move(match), name, value);
  }

  void text(llvm::StringRef text) {
    size_t before = found_.size();
    for (SecretMatch& match : findSecrets(text)) add(std::move(match), "", text);
    for (SecretMatch& match : findAssignments(text)) {
      llvm::StringRef value = text.substr(match.begin, match.size);
      bool isKnown = llvm::any_of(llvm::ArrayRef(found_).drop_front(before), [&](const ConfigSecret& secret) {
        return value.contains(secret.value) || llvm::StringRef(secret.value).contains(value);
      });
      if (!isKnown) add(std::move(match), nameBefore(text, match.begin), text);
    }
  }

  std::vector<ConfigSecret> take() { return std::move(found_); }

private:
  static SecretMatch named(llvm::StringRef name, llvm::StringRef value) {
    return {.rule = "named-secret",
            .title = "value that its name calls secret",
            .level = FindingLevel::Warning,
            .begin = 0,
            .size = value.size(),
            .shape = shapeOf(value),
            .note = {},
            .line = 1};
  }

  static llvm::StringRef nameBefore(llvm::StringRef text, size_t at) {
    llvm::StringRef before = text.take_front(at).rtrim("\"'=");
    size_t begin = before.find_last_of(" \t\n|;&\"'");
    return begin == llvm::StringRef::npos ? before : before.substr(begin + 1);
  }

  void add(SecretMatch match, llvm::StringRef name, llvm::StringRef text) {
    std::string value = text.substr(match.begin, match.size).str();
    found_.push_back({std::move(match), element_, name.str(), std::move(value), layer_});
  }

  std::string element_;
  std::optional<uint32_t> layer_;
  std::vector<ConfigSecret> found_;
};

bool isName(llvm::StringRef text) {
  return !text.empty() && !llvm::isDigit(text.front()) &&
         llvm::all_of(text, [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

/// Cuts "A=1 B=x y" where a word begins that is a name and '='.
void searchArguments(llvm::StringRef text, ConfigSearch& search) {
  llvm::StringRef name, value;
  auto flush = [&] {
    if (!name.empty()) search.pair(name, value.trim());
  };
  while (!text.empty()) {
    llvm::StringRef word = text.take_until([](char c) { return c == ' '; });
    auto [left, right] = word.split('=');
    if (left.size() < word.size() && isName(left)) {
      flush();
      name = left;
      value = right;
    } else if (!name.empty()) {
      value = llvm::StringRef(value.data(), size_t(word.end() - value.data()));
    }
    text = text.drop_front(word.size()).ltrim(' ');
  }
  flush();
}

/// What a builder writes of an instruction: "RUN |2 A=1 B=x y /bin/sh -c make", "ENV TOKEN abc", or anything else.
void searchInstruction(llvm::StringRef createdBy, ConfigSearch& search) {
  llvm::StringRef text = createdBy;
  text.consume_front("/bin/sh -c #(nop)");
  text = text.ltrim();
  llvm::StringRef rest = text;
  rest.consume_front("RUN ");
  if (rest.consume_front("|")) {
    size_t shell = rest.find(" /bin/sh -c ");
    llvm::StringRef arguments = rest.take_front(shell);
    searchArguments(arguments.split(' ').second, search);
    return search.text(rest.substr(arguments.size()));
  }
  auto [name, value] = rest.split(' ').second.split(' ');
  if (rest.starts_with("ENV ") && isName(name)) return search.pair(name, value);
  search.text(text);
}

void searchHistory(const layerfs::ImageConfig& config, ConfigSearch& search) {
  uint32_t layer = 0;
  for (size_t at = 0; at < config.history.size(); ++at) {
    const layerfs::HistoryEntry& entry = config.history[at];
    bool hasLayer = !entry.emptyLayer && layer < config.diffIds.size();
    search.element("history " + std::to_string(at + 1), hasLayer ? std::optional(layer++) : std::nullopt);
    searchInstruction(entry.createdBy, search);
    search.text(entry.comment);
  }
}

void searchWords(llvm::StringRef element, llvm::ArrayRef<std::string> words, ConfigSearch& search) {
  search.element(element.str());
  for (const std::string& word : words) search.text(word);
}

}  // namespace

std::vector<ConfigSecret> findConfigSecrets(const layerfs::ImageConfig& config) {
  ConfigSearch search;
  for (llvm::StringRef variable : config.env) {
    auto [name, value] = variable.split('=');
    search.element(("ENV " + name).str());
    search.pair(name, value);
  }
  for (const auto& [name, value] : config.labels) {
    search.element("label " + name);
    search.pair(name, value);
  }
  if (config.entrypoint) searchWords("ENTRYPOINT", *config.entrypoint, search);
  if (config.cmd) searchWords("CMD", *config.cmd, search);
  if (config.healthcheck) searchWords("HEALTHCHECK", config.healthcheck->test, search);
  searchWords("ONBUILD", config.onBuild, search);
  searchHistory(config, search);
  return search.take();
}

}  // namespace strata::analyzer
