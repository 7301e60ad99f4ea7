#include "cli/options.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <deque>

namespace strata::cli {

namespace {

enum class Takes { None, Needed, OnlyBehindEquals };

struct Declared {
  std::string shortName;  ///< "-t" or empty
  std::string longName;   ///< "--tag" or empty
  Takes value = Takes::None;
  std::string kind, help;
  bool later = false;
  std::function<void(CLI::App&)> addTo;
  bool isUsed = false;
};

Declared declaredFrom(llvm::StringRef names) {
  Declared declared;
  while (!names.empty()) {
    auto [name, rest] = names.split(',');
    (name.starts_with("--") ? declared.longName : declared.shortName) = name.str();
    names = rest;
  }
  return declared;
}

}  // namespace

struct Options::Impl {
  std::deque<Declared> declared;  ///< stable addresses
  std::deque<bool> flagsWithoutEffect;
  std::deque<std::string> textsWithoutEffect;
  bool help = false;

  void declare(const char* names, Takes value, const char* kind, const char* text,
               std::function<void(CLI::App&)> addTo) {
    Declared& one = declared.emplace_back(declaredFrom(names));
    one.value = value;
    one.kind = kind;
    one.help = text;
    one.addTo = std::move(addTo);
  }

  const Declared* use(llvm::StringRef name) {
    for (Declared& one : declared) {
      if (name != one.shortName && name != one.longName) continue;
      one.isUsed = true;
      return &one;
    }
    return nullptr;
  }

  llvm::Error unknownFlag(llvm::StringRef name) const {
    std::vector<llvm::StringRef> names;
    for (const Declared& one : declared)
      if (!one.longName.empty()) names.push_back(one.longName);
    return fault(FaultKind::Invalid, "unknown flag: " + name + didYouMean(name, names));
  }

  /// The library compares each option with all others: it hears of those alone that somebody has written.
  llvm::Error parse(std::vector<std::string> words) {
    if (words.empty()) return llvm::Error::success();
    CLI::App app;
    app.set_help_flag();  // help is ours: docker's form
    for (const Declared& one : declared)
      if (one.isUsed) one.addTo(app);
    std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
    try {
      app.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
      return fault(FaultKind::Invalid, "invalid argument: " + llvm::StringRef(error.what()));
    }
    return llvm::Error::success();
  }
};

Options::Options() : impl_(std::make_unique<Impl>()) {}
Options::~Options() = default;

void Options::flag(const char* names, bool& target, const char* help) {
  impl_->declare(names, Takes::None, "", help, [=, &target](CLI::App& app) { app.add_flag(names, target); });
}

void Options::text(const char* names, std::string& target, const char* help, const char* kind) {
  impl_->declare(names, Takes::Needed, kind, help, [=, &target](CLI::App& app) {
    app.add_option(names, target)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  });
}

void Options::text(const char* names, std::optional<std::string>& target, const char* help, const char* kind) {
  impl_->declare(names, Takes::Needed, kind, help, [=, &target](CLI::App& app) {
    app.add_option_function<std::string>(names, [&target](const std::string& value) { target = value; })
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  });
}

void Options::number(const char* names, uint64_t& target, const char* help) {
  auto problemOf = [](const std::string& text) {  // the library would take -1 for a very large number
    bool isNumber = !text.empty() && llvm::all_of(text, llvm::isDigit);
    return isNumber ? std::string() : printable(text) + " is no whole number";
  };
  impl_->declare(names, Takes::Needed, "int", help, [=, &target](CLI::App& app) {
    app.add_option(names, target)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
        ->check(CLI::Validator(problemOf, "", ""));
  });
}

void Options::list(const char* names, std::vector<std::string>& target, const char* help, const char* kind) {
  impl_->declare(names, Takes::Needed, kind, help,
                 [=, &target](CLI::App& app) { app.add_option(names, target)->allow_extra_args(false); });
}

void Options::optionalText(const char* names, std::string& target, const char* alone, const char* help,
                           const char* kind) {
  impl_->declare(names, Takes::OnlyBehindEquals, kind, help, [=, &target](CLI::App& app) {
    app.add_flag(std::string(names) + "{" + alone + "}", target)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  });
}

void Options::ignored(const char* names, bool takesValue) {
  if (takesValue) {
    text(names, impl_->textsWithoutEffect.emplace_back(), "");
  } else {
    flag(names, impl_->flagsWithoutEffect.emplace_back(), "");
  }
}

void Options::later(const char* names, bool takesValue) {
  ignored(names, takesValue);
  impl_->declared.back().later = true;
}

namespace {

llvm::Error notYet(llvm::StringRef name) { return fault(FaultKind::Unsupported, "not yet supported: " + name); }

/// One walk over the command line: options go, in a form that leaves CLI11 nothing to guess, into `forLibrary`.
class Reader {
public:
  Reader(llvm::ArrayRef<std::string> words, llvm::function_ref<const Declared*(llvm::StringRef)> use,
         llvm::function_ref<llvm::Error(llvm::StringRef)> unknown)
      : words_(words), use_(use), unknown_(unknown) {}

  llvm::Error read(Options::Order order) {
    for (; next_ < words_.size() && !help; ++next_) {
      llvm::StringRef word = words_[next_];
      if (word == "--") {
        arguments.insert(arguments.end(), words_.begin() + next_ + 1, words_.end());
        return llvm::Error::success();
      }
      if (word.size() > 1 && word.front() == '-') {
        if (llvm::Error error = word.starts_with("--") ? readLong(word) : readShort(word)) return error;
      } else if (order == Options::Order::OptionsFirst) {
        arguments.insert(arguments.end(), words_.begin() + next_, words_.end());
        return llvm::Error::success();
      } else {
        arguments.push_back(word.str());
      }
    }
    return llvm::Error::success();
  }

  std::vector<std::string> forLibrary, arguments;
  bool help = false;

private:
  llvm::Error readLong(llvm::StringRef word) {
    auto [name, value] = word.split('=');
    if (name == "--help") {
      help = true;
      return llvm::Error::success();
    }
    const Declared* option = use_(name);
    if (!option) return unknown_(name);
    if (option->later) return notYet(name);
    bool attached = word.contains('=');
    if (option->value != Takes::Needed) {
      forLibrary.push_back(word.str());
      return llvm::Error::success();
    }
    return take(name, attached ? std::optional(value.str()) : std::nullopt);
  }

  llvm::Error readShort(llvm::StringRef word) {
    for (size_t i = 1; i < word.size(); ++i) {
      std::string name = "-" + word.substr(i, 1).str();
      const Declared* option = use_(name);
      if (!option && name == "-h") {
        help = true;
        return llvm::Error::success();
      }
      if (!option) return fault(FaultKind::Invalid, "unknown shorthand flag: '" + word.substr(i, 1) + "' in " + word);
      if (option->later) return notYet(name);
      llvm::StringRef rest = word.drop_front(i + 1);
      if (option->value == Takes::Needed) {
        rest.consume_front("=");
        return take(name, i + 1 < word.size() ? std::optional(rest.str()) : std::nullopt);
      }
      if (rest.starts_with("=")) {
        forLibrary.push_back((option->longName.empty() ? name : option->longName) + rest.str());
        return llvm::Error::success();
      }
      forLibrary.push_back(name);
    }
    return llvm::Error::success();
  }

  /// The value behind the option, or else the next word, whatever it looks like.
  llvm::Error take(llvm::StringRef name, std::optional<std::string> value) {
    if (!value) {
      if (next_ + 1 >= words_.size()) return fault(FaultKind::Invalid, "flag needs an argument: " + name);
      value = words_[++next_];
    }
    forLibrary.push_back(name.str());
    forLibrary.push_back(std::move(*value));
    return llvm::Error::success();
  }

  llvm::ArrayRef<std::string> words_;
  llvm::function_ref<const Declared*(llvm::StringRef)> use_;
  llvm::function_ref<llvm::Error(llvm::StringRef)> unknown_;
  size_t next_ = 0;
};

}  // namespace

llvm::Expected<std::vector<std::string>> Options::parse(llvm::ArrayRef<std::string> words, Order order) {
  auto use = [this](llvm::StringRef name) { return impl_->use(name); };
  auto unknown = [this](llvm::StringRef name) { return impl_->unknownFlag(name); };
  Reader reader(words, use, unknown);
  if (llvm::Error error = reader.read(order)) return error;
  impl_->help = reader.help;
  if (llvm::Error error = impl_->parse(std::move(reader.forLibrary))) return error;
  return std::move(reader.arguments);
}

bool Options::wantsHelp() const { return impl_->help; }

std::vector<Options::Listed> Options::listed() const {
  std::vector<Listed> options;
  for (const Declared& one : impl_->declared)
    if (!one.help.empty())
      options.push_back({one.shortName, one.longName, one.kind, one.value == Takes::Needed, one.help});
  llvm::stable_sort(options, [](const Listed& a, const Listed& b) {
    auto key = [](const Listed& one) {
      return llvm::StringRef(one.longName.empty() ? one.shortName : one.longName).ltrim('-');
    };
    return key(a) < key(b);
  });
  return options;
}

std::string Options::help() const {
  auto leftOf = [](const Listed& one) {
    std::string left = one.shortName.empty() ? "      " : "  " + one.shortName + (one.longName.empty() ? "" : ", ");
    left += one.longName;
    if (one.kind.empty()) return left;
    return one.needsValue ? left + " " + one.kind : left + "[=" + one.kind + "]";
  };
  std::vector<Listed> options = listed();
  size_t width = 0;
  for (const Listed& one : options) width = std::max(width, leftOf(one).size());
  std::string text;
  for (const Listed& one : options) {
    std::string left = leftOf(one);
    left.append(width - left.size() + 3, ' ');
    text += left + one.help + "\n";
  }
  return text;
}

}  // namespace strata::cli
