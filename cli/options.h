#pragma once
/// \file The options of one command, read as docker reads them: `-it`, `-eA=1`, `--flag=value`, `--flag value`,
/// `--rm=false`, options and arguments mixed unless the command says otherwise, `--` before arguments that begin with a
/// hyphen. This is the one door to CLI11, which keeps the declarations and converts the values.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata::cli {

/// Made for the one command that was named, so that the others cost nothing. Targets are borrowed and must outlive
/// parse(); `names` are CLI11's: "-t,--tag". Options with an empty `help` are not listed by help().
class Options {
public:
  Options();
  ~Options();

  void flag(const char* names, bool& target, const char* help);
  void text(const char* names, std::string& target, const char* help, const char* kind = "string");
  void text(const char* names, std::optional<std::string>& target, const char* help, const char* kind = "string");
  void number(const char* names, uint64_t& target, const char* help);
  void list(const char* names, std::vector<std::string>& target, const char* help, const char* kind = "list");
  /// The option alone means `alone`; another value comes only behind '='.
  void optionalText(const char* names, std::string& target, const char* alone, const char* help,
                    const char* kind = "string");
  /// docker has it and it can do no harm here: taken without effect.
  void ignored(const char* names, bool takesValue);
  /// docker has it and strata will: using it is an Unsupported fault that names it.
  void later(const char* names, bool takesValue);

  enum class Order {
    Mixed,         ///< options anywhere
    OptionsFirst,  ///< the first argument ends the options: what follows belongs to another program
  };
  /// Stores the options' values; the arguments that are no options come back, in order. Asking for help ends the
  /// reading. Faults: Invalid for an unknown option, a missing or unfit value; Unsupported for a `later` one.
  llvm::Expected<std::vector<std::string>> parse(llvm::ArrayRef<std::string> words, Order order);
  bool wantsHelp() const;

  /// What help shows of an option.
  struct Listed {
    std::string shortName;  ///< "-t" or empty
    std::string longName;   ///< "--tag" or empty
    std::string kind;       ///< of the value, in one word; empty: it takes none
    bool needsValue = false;
    std::string help;
  };
  std::vector<Listed> listed() const;  ///< sorted by name
  /// A line an option, sorted by name; empty without options.
  std::string help() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strata::cli
