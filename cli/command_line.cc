#include "cli/commands.h"
#include "cli/flag_fault.h"
#include "cli/globals.h"
#include "cli/options.h"
#include "cli/session.h"
#include "layerfs/store.h"
#include "runtime/oci/oci_runtime.h"
#include "runtime/rootless/ordinary_user.h"
#include "support/fault.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/FormatVariadic.h>
#include <llvm/Support/raw_ostream.h>

#include <unistd.h>
#include <optional>

namespace strata::cli {

namespace {

/// docker's: a flag that is not understood is not the command's failure but the caller's.
constexpr int kFlagError = 125;
constexpr int kFailure = 1;

constexpr llvm::StringLiteral kProgram = "strata";

std::string commandTable(llvm::ArrayRef<std::pair<std::string, std::string>> rows) {
  size_t width = 0;
  for (const auto& [name, description] : rows) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, description] : rows)
    text += "  " + name + std::string(width - name.size() + 3, ' ') + description + "\n";
  return text;
}

void printProgramHelp(const Options& globals, llvm::raw_ostream& out) {
  std::vector<std::pair<std::string, std::string>> commands, groups;
  for (const Command& command : topCommands())
    if (!command.alias) commands.emplace_back(command.name, command.description);
  for (const CommandGroup& group : commandGroups()) groups.emplace_back(group.name, group.description);
  out << "Usage:  strata [OPTIONS] COMMAND\n\nBuild images from Dockerfiles, and know why\n\nCommands:\n"
      << commandTable(commands) << "\nManagement Commands:\n"
      << commandTable(groups) << "\nOptions:\n"
      << globals.help() << "\nRun 'strata COMMAND --help' for more information on a command.\n";
}

void printGroupHelp(const CommandGroup& group, llvm::raw_ostream& out) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Command& command : group.commands)
    if (!command.alias) rows.emplace_back(command.name, command.description);
  out << "Usage:  strata " << group.name << " COMMAND\n\n"
      << group.description << "\n\nCommands:\n"
      << commandTable(rows) << "\nRun 'strata " << group.name
      << " COMMAND --help' for more information on a command.\n";
}

std::string usageLine(const Command& command, llvm::StringRef path) {
  return ("Usage:  " + path + (*command.usage ? " " : "") + command.usage).str();
}

void printCommandHelp(const Command& command, llvm::StringRef path, const Options& options, llvm::raw_ostream& out) {
  out << usageLine(command, path) << "\n\n" << command.description << "\n";
  if (std::string help = options.help(); !help.empty()) out << "\nOptions:\n" << help;
}

int usageError(const Command& command, llvm::StringRef path, const llvm::Twine& message, int status) {
  llvm::errs() << message << "\n\n"
               << usageLine(command, path) << "\n\nRun '" << path << " --help' for more information\n";
  return status;
}

int unknownCommand(llvm::StringRef path, llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> names) {
  llvm::errs() << "strata: unknown command: " << path << " " << printable(word) << didYouMean(word, names)
               << "\n\nRun '" << path << " --help' for more information\n";
  return kFailure;
}

/// docker's words for a number of arguments that is not right, or nothing.
std::string wrongCount(const Command& command, llvm::StringRef path, size_t count) {
  auto requires_ = [&](llvm::StringRef bound, int number) {
    return llvm::formatv("strata: '{0}' requires {1}{2} argument{3}", path, bound, number, number == 1 ? "" : "s")
        .str();
  };
  bool tooFew = int(count) < command.minimum, tooMany = command.maximum >= 0 && int(count) > command.maximum;
  if (!tooFew && !tooMany) return "";
  if (command.maximum == 0) return ("strata: '" + path + "' accepts no arguments").str();
  if (command.minimum == command.maximum) return requires_("", command.minimum);
  return tooFew ? requires_("at least ", command.minimum) : requires_("at most ", command.maximum);
}

/// The one place where errors are printed.
int report(const Command& command, llvm::Error error) {
  bool stopped = kindOf(error) == FaultKind::Cancelled && Session::stoppedBy() != 0;
  bool passing = command.transfers && kindOf(error) == FaultKind::Unavailable;
  bool ofFlag = error.isA<FlagFault>();
  llvm::errs() << command.errorPrefix << messageOf(std::move(error)) << "\n";
  if (stopped) return 128 + Session::stoppedBy();
  return ofFlag ? kFlagError : passing ? kTransferFailed : command.failure;
}

bool metDamagedDatabase(const Session& session) {
  return Database::isMarkedDamaged(joinPath(session.root(), "strata.db"));
}

/// Where that cannot be, a command goes on as the user that we are: most need no more.
llvm::Error leaveOrdinaryUser(Session::Settings& settings) {
  if (::geteuid() == 0) return llvm::Error::success();
  if (settings.root.empty()) settings.root = layerfs::defaultRoot();
  auto entered = runtime::becomeRootOfUserNamespace(settings.root);
  if (entered) {
    if (!entered->trouble.empty())
      llvm::errs() << "WARNING: " << entered->trouble
                   << ": files of other users and groups cannot be made; 'strata doctor' says what would help\n";
    return runtime::enterPrivateMounts();  // it may change nobody else's
  }
  llvm::Error error = entered.takeError();
  return takeIf(error, FaultKind::Unsupported) ? llvm::Error::success() : std::move(error);
}

int runFound(const Command& command, llvm::StringRef path, llvm::ArrayRef<std::string> words, const Globals& globals) {
  Options options;
  Action action = command.declare(options);
  auto arguments = options.parse(words, command.optionsFirst ? Options::Order::OptionsFirst : Options::Order::Mixed);
  if (!arguments) {
    llvm::Error error = arguments.takeError();
    if (kindOf(error) == FaultKind::Unsupported) return report(command, asFlagFault(std::move(error)));
    return usageError(command, path, messageOf(std::move(error)), kFlagError);
  }
  Session::Settings settings = globals.settings;
  if (!command.asCaller && !options.wantsHelp())
    if (llvm::Error error = leaveOrdinaryUser(settings)) return report(command, std::move(error));
  std::optional<Session> session(std::in_place, settings);
  if (options.wantsHelp()) {
    printCommandHelp(command, path, options, session->out());
    return session->finish(0);
  }
  if (std::string wrong = wrongCount(command, path, arguments->size()); !wrong.empty())
    return usageError(command, path, wrong, kFailure);
  if (command.ownMounts)
    if (llvm::Error error = runtime::enterPrivateMounts()) return report(command, std::move(error));
  auto status = action(*session, *arguments);
  if (!status && metDamagedDatabase(*session)) {  // a store that is opened anew is mended
    llvm::consumeError(status.takeError());
    session.emplace(settings);
    status = action(*session, *arguments);
  }
  if (!status) return session->finish(report(command, status.takeError()));
  return session->finish(*status);
}

int runGroup(const CommandGroup& group, llvm::ArrayRef<std::string> words, const Globals& globals) {
  std::string path = (kProgram + " " + group.name).str();
  if (words.empty() || words[0] == "--help" || words[0] == "-h") {
    printGroupHelp(group, llvm::outs());
    return Session(globals.settings).finish(0);
  }
  if (const Command* command = findCommand(group.commands, words[0]))
    return runFound(*command, path + " " + words[0], words.drop_front(), globals);
  std::vector<llvm::StringRef> names;
  for (const Command& command : group.commands) names.push_back(command.name);
  return unknownCommand(path, words[0], names);
}

/// `strata help build` is `strata build --help`.
std::vector<std::string> withHelpBehind(llvm::ArrayRef<std::string> words) {
  std::vector<std::string> turned(words.begin() + 1, words.end());
  turned.push_back("--help");
  return turned;
}

int runNamed(llvm::ArrayRef<std::string> words, const Globals& globals) {
  std::vector<Command> commands = topCommands();
  if (const Command* command = findCommand(commands, words[0]))
    return runFound(*command, (kProgram + " " + words[0]).str(), words.drop_front(), globals);
  std::vector<llvm::StringRef> names;
  for (const Command& command : commands)
    if (!command.alias) names.push_back(command.name);
  std::vector<CommandGroup> groups = commandGroups();
  for (const CommandGroup& group : groups) {
    if (words[0] == group.name) return runGroup(group, words.drop_front(), globals);
    names.push_back(group.name);
  }
  return unknownCommand(kProgram, words[0], names);
}

}  // namespace

int runCommandLine(const std::vector<std::string>& words) {
  Globals globals;
  Options options;
  declareGlobals(options, globals);
  auto rest = options.parse(words, Options::Order::OptionsFirst);
  if (!rest) {
    llvm::errs() << messageOf(rest.takeError()) << "\n\nRun 'strata --help' for more information\n";
    return kFlagError;
  }
  if (globals.version) *rest = {"version"};
  if (!rest->empty() && rest->front() == "help") *rest = withHelpBehind(*rest);
  if (options.wantsHelp() || rest->empty() || rest->front() == "--help") {
    printProgramHelp(options, llvm::outs());
    return Session(globals.settings).finish(0);
  }
  return runNamed(*rest, globals);
}

}  // namespace strata::cli
