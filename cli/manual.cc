#include "cli/manual.h"

#include "cli/commands.h"
#include "cli/globals.h"
#include "cli/options.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/raw_ostream.h>

namespace strata::cli {

namespace {
using llvm::StringRef;

/// Nothing of a text is an instruction to roff.
std::string escaped(StringRef text) {
  std::string safe;
  if (text.starts_with(".") || text.starts_with("'")) safe = "\\&";
  for (char c : text) {
    if (c == '\\')
      safe += "\\e";
    else if (c == '-')
      safe += "\\-";
    else
      safe += c;
  }
  return safe;
}

/// In capitals the name of a page, in small letters what is typed.
std::string pageName(StringRef path) {
  std::string name = path.str();
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

void writeHead(StringRef path, StringRef description, llvm::raw_ostream& out) {
  out << ".TH " << escaped(StringRef(pageName(path)).upper()) << " 1 \"\" \"strata " STRATA_VERSION "\" \"strata\"\n"
      << ".SH NAME\n"
      << escaped(pageName(path)) << " \\- " << escaped(description) << "\n";
}

void writeOptions(const Options& options, llvm::raw_ostream& out) {
  std::vector<Options::Listed> listed = options.listed();
  if (listed.empty()) return;
  out << ".SH OPTIONS\n";
  for (const Options::Listed& one : listed) {
    std::vector<std::string> names;
    for (const std::string& name : {one.shortName, one.longName})
      if (!name.empty()) names.push_back("\\fB" + escaped(name) + "\\fR");
    out << ".TP\n" << llvm::join(names, ", ");
    if (!one.kind.empty())
      out << (one.needsValue ? " \\fI" : "[=\\fI") << escaped(one.kind) << "\\fR" << (one.needsValue ? "" : "]");
    out << "\n" << escaped(one.help) << "\n";
  }
}

void writeList(llvm::ArrayRef<std::pair<std::string, StringRef>> rows, llvm::raw_ostream& out) {
  for (const auto& [path, description] : rows)
    out << ".TP\n\\fB" << escaped(path) << "\\fR\n" << escaped(description) << "\n";
}

ManualPage commandPage(const Command& command, const std::string& path) {
  Options options;
  command.declare(options);
  ManualPage page{pageName(path) + ".1", ""};
  llvm::raw_string_ostream out(page.text);
  writeHead(path, command.description, out);
  out << ".SH SYNOPSIS\n\\fB" << escaped(path) << "\\fR " << escaped(command.usage) << "\n"
      << ".SH DESCRIPTION\n"
      << escaped(command.description) << ".\n";
  writeOptions(options, out);
  out << ".SH SEE ALSO\n\\fBstrata\\fR(1)\n";
  return page;
}

ManualPage programPage(llvm::ArrayRef<std::pair<std::string, StringRef>> commands) {
  Globals globals;
  Options options;
  declareGlobals(options, globals);
  ManualPage page{"strata.1", ""};
  llvm::raw_string_ostream out(page.text);
  writeHead("strata", "build images from Dockerfiles, and know why", out);
  out << ".SH SYNOPSIS\n\\fBstrata\\fR [OPTIONS] COMMAND\n"
      << ".SH DESCRIPTION\nOne program, no daemon: it turns a Dockerfile into an OCI image, says why anything was "
         "rebuilt, and carries the image through its whole life. The commands are docker's.\n";
  writeOptions(options, out);
  out << ".SH COMMANDS\nEach has a page of its own, strata\\-COMMAND(1).\n";
  writeList(commands, out);
  out << ".SH ENVIRONMENT\n.TP\n\\fBSTRATA_ROOT\\fR\nWhere images, layers and the cache are kept.\n";
  return page;
}
}  // namespace

std::vector<ManualPage> manualPages() {
  std::vector<ManualPage> pages;
  std::vector<std::pair<std::string, StringRef>> listed;
  auto add = [&](const Command& command, const std::string& above) {
    if (command.alias) return;
    std::string path = above + " " + command.name;
    listed.emplace_back(path, command.description);
    pages.push_back(commandPage(command, path));
  };
  for (const Command& command : topCommands()) add(command, "strata");
  for (const CommandGroup& group : commandGroups())
    for (const Command& command : group.commands) add(command, std::string("strata ") + group.name);
  pages.insert(pages.begin(), programPage(listed));
  return pages;
}

}  // namespace strata::cli
