/// \file `COPY . .` above the installation of dependencies: the few files that name them are copied first, so that a
/// change of any other does not install again. Which files a package manager reads is known of a few commands alone,
/// and what would make it read more is looked for in them.

#include "analyzer/advice/finders.h"
#include "analyzer/advice/replay.h"
#include "analyzer/advice/shell_line.h"
#include "support/duration_text.h"
#include "support/files.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringSwitch.h>

namespace strata::analyzer {

namespace {
using builder::BuildStep;
using builder::KeyComponent;

/// What an installation reads of the directory that it runs in.
struct Installation {
  std::vector<std::string> required, optional;
  bool (*isSelfContained)(llvm::StringRef text) = nullptr;  ///< asked of the first of `required`
  std::string output;                                       ///< must not be in the context
};

bool packageJsonReadsNoMore(llvm::StringRef text) {
  auto value = parseJson(text);
  if (!value) {
    llvm::consumeError(value.takeError());
    return false;
  }
  const llvm::json::Object* package = value->getAsObject();
  if (!package || package->get("workspaces")) return false;
  if (const llvm::json::Object* scripts = package->getObject("scripts"))
    for (const char* hook :
         {"preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"})
      if (scripts->get(hook)) return false;
  for (llvm::StringRef local : {"\"file:", "\"link:", "\"workspace:", "\"portal:", "\"./", "\"../"})
    if (text.contains(local)) return false;
  return true;
}

bool requirementsReadNoMore(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef> lines;
  text.split(lines, '\n', -1, false);
  return llvm::none_of(lines, [](llvm::StringRef line) {
    line = line.trim();
    if (line.starts_with("#")) return false;
    bool option = line.starts_with("-") && !line.starts_with("--hash");
    return option || line.starts_with(".") || line.starts_with("/") || line.contains("file:") || line.contains("@ .");
  });
}

bool goModReadsNoMore(llvm::StringRef text) { return !text.contains("=> .") && !text.contains("=> /"); }

bool isPlainName(llvm::StringRef word) { return !word.empty() && !word.contains('/') && !word.starts_with("-"); }

std::optional<Installation> installationOf(const SimpleCommand& command) {
  if (llvm::any_of(command, [](llvm::StringRef word) { return word.contains('/') || word.starts_with("--prefix"); }))
    return std::nullopt;
  llvm::StringRef program = command.front(), action = command.size() > 1 ? command[1] : "";
  bool onlyOptions = llvm::all_of(llvm::drop_begin(command, std::min<size_t>(2, command.size())),
                                  [](llvm::StringRef word) { return word.starts_with("-"); });
  if (program == "npm" && (action == "ci" || action == "install" || action == "i") && onlyOptions)
    return Installation{{"package.json"},
                        {"package-lock.json", "npm-shrinkwrap.json", ".npmrc"},
                        packageJsonReadsNoMore,
                        "node_modules"};
  if (program == "yarn" && (action == "install" || action.starts_with("-") || action.empty()) && onlyOptions)
    return Installation{{"package.json", "yarn.lock"}, {".yarnrc", ".npmrc"}, packageJsonReadsNoMore, "node_modules"};
  if (program == "go" && action == "mod" && command.size() == 3 && command[2] == "download")
    return Installation{{"go.mod"}, {"go.sum"}, goModReadsNoMore, "vendor"};
  if ((program == "pip" || program == "pip3") && action == "install" && command.size() >= 4 &&
      command[command.size() - 2] == "-r" && isPlainName(command.back()) &&
      llvm::all_of(llvm::ArrayRef(command).slice(2, command.size() - 4), [](llvm::StringRef word) {
        return word == "--no-cache-dir" || word == "--upgrade" || word == "-U" || word == "-q" || word == "--no-deps";
      }))
    return Installation{{command.back()}, {}, requirementsReadNoMore, ""};
  return std::nullopt;
}

/// The directory of the context that a `COPY . DIR` took; nothing for any other selection, or a pruned one.
llvm::Expected<std::optional<builder::TreeObject>> contextOf(builder::TreeStore& trees, const Digest& tree) {
  auto selection = trees.find(tree);
  if (!selection || !*selection) return selection;
  bool single = (*selection)->isSelection && (*selection)->entries.size() == 1;
  if (!single || !llvm::StringRef((*selection)->entries.front().name).split(' ').second.empty())
    return std::optional<builder::TreeObject>();
  return trees.find((*selection)->entries.front().content);
}

const builder::TreeEntry* entryOf(const builder::TreeObject& tree, llvm::StringRef name) {
  auto found = llvm::find_if(tree.entries, [&](const builder::TreeEntry& entry) { return entry.name == name; });
  return found == tree.entries.end() ? nullptr : &*found;
}

/// The files in the tree that the installation reads; empty where one is missing, or is more than a file.
std::vector<const builder::TreeEntry*> manifestsIn(const builder::TreeObject& tree, const Installation& installation) {
  std::vector<const builder::TreeEntry*> found;
  for (const std::string& name : installation.required) {
    const builder::TreeEntry* entry = entryOf(tree, name);
    if (!entry || entry->kind != layerfs::EntryKind::File) return {};
    found.push_back(entry);
  }
  for (const std::string& name : installation.optional) {
    const builder::TreeEntry* entry = entryOf(tree, name);
    if (entry && entry->kind != layerfs::EntryKind::File) return {};
    if (entry) found.push_back(entry);
  }
  return found;
}

std::string fingerprintOf(llvm::ArrayRef<const builder::TreeEntry*> entries) {
  std::string text;
  for (const builder::TreeEntry* entry : entries)
    text += entry->name + std::string(1, '\0') + std::to_string(entry->mode) + entry->content.hex() + "\n";
  return text;
}

class Narrowing {
public:
  Narrowing(const AdviceFacts& facts, size_t copy, size_t run, Installation installation)
      : facts_(facts), copy_(copy), run_(run), installation_(std::move(installation)) {}

  llvm::Error advise(Advices& advice) {
    auto tree = contextOf(facts_.trees, treeOf(facts_.build.steps[copy_]));
    if (!tree) return tree.takeError();
    if (!*tree) return llvm::Error::success();
    std::vector<const builder::TreeEntry*> manifests = manifestsIn(**tree, installation_);
    if (manifests.empty() || !isSelfContained(*manifests.front())) return llvm::Error::success();
    if (!installation_.output.empty() && entryOf(**tree, installation_.output)) return llvm::Error::success();
    if (entryOf(**tree, "binding.gyp")) return llvm::Error::success();  // npm would compile
    auto replayed = replay(facts_, copy_, {run_}, [&](const BuildStep& moved) { return groundFor(moved); });
    if (!replayed) return replayed.takeError();
    if (replayed->saved > 0) advice.push_back(adviceOf(manifests, *replayed));
    return llvm::Error::success();
  }

private:
  static Digest treeOf(const BuildStep& step) {
    const KeyComponent* files = componentOf(step, KeyComponent::Kind::Files);
    return files ? files->tree : Digest();
  }

  /// What the RUN would stand on: what the COPY stood on, and the few files.
  llvm::Expected<std::optional<std::string>> groundFor(const BuildStep& moved) const {
    std::string ground = groundOf(moved);
    if (ground.empty() || !treeOf(moved)) return std::optional<std::string>();
    auto tree = contextOf(facts_.trees, treeOf(moved));
    if (!tree) return tree.takeError();
    auto manifests = *tree ? manifestsIn(**tree, installation_) : std::vector<const builder::TreeEntry*>();
    if (manifests.empty()) return std::optional<std::string>();
    return std::optional(ground + "\n" + fingerprintOf(manifests));
  }

  /// Only of the very content that was built.
  bool isSelfContained(const builder::TreeEntry& manifest) const {
    auto text = readFile(joinPath(facts_.build.context, manifest.name), 16 << 20);
    if (!text) {
      llvm::consumeError(text.takeError());
      return false;
    }
    return digestOf(*text) == manifest.content && installation_.isSelfContained(*text);
  }

  Advice adviceOf(llvm::ArrayRef<const builder::TreeEntry*> manifests, const Replayed& replayed) const {
    const FileLines& lines = *facts_.files.dockerfile;
    const BuildStep &copy = facts_.build.steps[copy_], &run = facts_.build.steps[run_];
    std::string first = "COPY", names;
    for (const builder::TreeEntry* entry : manifests) names += " " + entry->name;
    first += names + " ./";
    Advice one{.finding =
                   findingAbout(facts_, copy_, "narrow-copy", "of all that is copied the next RUN reads" + names)};
    LineEdit edit{copy.firstLine, run.lastLine, {first}};
    for (auto [from, to] : {std::pair(run.firstLine, run.lastLine), std::pair(copy.firstLine, run.firstLine - 1)})
      for (std::string& line : lines.lines(from, to)) edit.lines.push_back(std::move(line));
    one.edits.push_back(std::move(edit));
    one.finding.nanoseconds = replayed.saved;
    one.finding.detail = "With these copied first it would have saved " + durationText(replayed.saved) + " in " +
                         std::to_string(replayed.builds) + " of the last " + std::to_string(facts_.history.size()) +
                         " builds. That the command reads nothing else is known of the command, not observed.";
    return one;
  }

  const AdviceFacts& facts_;
  size_t copy_, run_;
  Installation installation_;
};

/// "COPY . ." or "COPY . /app" without any flag, where /app is where the RUN works.
bool copiesContextTo(const BuildStep& copy, llvm::StringRef line, const BuildStep& run) {
  const KeyComponent* files = componentOf(copy, KeyComponent::Kind::Files);
  const KeyComponent* destination = componentOf(copy, KeyComponent::Kind::Option, "destination");
  const KeyComponent* workdir = componentOf(run, KeyComponent::Kind::Workdir);
  if (!files || files->step || (files->name != "." && files->name != "./") || !destination || !workdir) return false;
  return !line.contains("--") &&
         llvm::StringRef(destination->value).rtrim('/') == llvm::StringRef(workdir->value).rtrim('/');
}
}  // namespace

llvm::Error adviseNarrow(const AdviceFacts& facts, Advices& advice) {
  for (size_t position = 0; position < facts.build.steps.size(); ++position) {
    const BuildStep& copy = facts.build.steps[position];
    auto next = copy.instruction == "copy" ? directlyAfter(facts, position) : std::nullopt;
    if (!next) continue;
    const BuildStep& run = facts.build.steps[*next];
    auto text = shellTextOf(run);
    auto commands = text ? simpleCommands(*text) : std::nullopt;
    if (!commands || commands->size() != 1) continue;
    auto installation = installationOf(commands->front());
    if (!installation || !copiesContextTo(copy, facts.files.dockerfile->line(copy.firstLine), run)) continue;
    if (llvm::Error error = Narrowing(facts, position, *next, std::move(*installation)).advise(advice)) return error;
  }
  return llvm::Error::success();
}

}  // namespace strata::analyzer
