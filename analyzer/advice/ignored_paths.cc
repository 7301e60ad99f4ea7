#include "analyzer/advice/ignored_paths.h"

#include "analyzer/advice/finders.h"
#include "analyzer/advice/shell_line.h"
#include "analyzer/causes/step_match.h"

#include <llvm/ADT/STLExtras.h>

#include <set>

namespace strata::analyzer {

namespace {
constexpr llvm::StringLiteral kNodeTools = "npm yarn pnpm bun", kPythonTools = "pip pip3 python python3 uv poetry";

constexpr IgnoreRule kIgnoreRules[] = {
    {".git", "git history", "git go make cargo npm pip python python3", ""},
    {".hg", "mercurial history", "hg make", ""},
    {".svn", "subversion folder", "svn make", ""},
    {"node_modules", "packages that the build installs itself", "", kNodeTools},
    {".venv", "a Python environment of this machine", "", kPythonTools},
    {"__pycache__", "compiled Python", "", ""},
    {"*.pyc", "compiled Python", "", ""},
    {".pytest_cache", "test cache", "", ""},
    {".mypy_cache", "mypy cache", "", ""},
    {".ruff_cache", "ruff cache", "", ""},
    {".tox", "tox environments", "tox", ""},
    {".nox", "nox environments", "nox", ""},
    {".nyc_output", "coverage data", "", ""},
    {".coverage", "coverage data", "coverage", ""},
    {".idea", "editor settings", "", ""},
    {".vscode", "editor settings", "", ""},
    {".DS_Store", "desktop files", "", ""},
    {"Thumbs.db", "desktop files", "", ""},
    {"*.swp", "editor files", "", ""},
    {"*.swo", "editor files", "", ""},
    {"*~", "editor files", "", ""},
    {"*.log", "logs", "", ""},
    {"Dockerfile", "the Dockerfile itself", "", ""},
    {".dockerignore", "the ignore file itself", "", ""},
};

bool anyRuns(llvm::StringRef programs, const std::set<std::string>& running) {
  llvm::SmallVector<llvm::StringRef> words;
  programs.split(words, ' ', -1, false);
  return llvm::any_of(words, [&](llvm::StringRef word) { return running.count(word.str()) != 0; });
}
}  // namespace

bool IgnoreRule::matches(llvm::StringRef fileName) const {
  llvm::StringRef pattern = name;
  return pattern.consume_front("*") ? fileName.size() > pattern.size() && fileName.ends_with(pattern)
                                    : fileName == pattern;
}

std::vector<const IgnoreRule*> ignoreRulesFor(const builder::Build& build) {
  std::set<std::string> running;
  std::string named;  // what COPYs and RUNs say
  for (const builder::BuildStep& step : build.steps) {
    named += (textOf(step) + "\n").str();
    if (step.instruction != "run") continue;
    const auto* text = componentOf(step, builder::KeyComponent::Kind::Instruction);
    if (!text) continue;
    for (const SimpleCommand& command : looseCommands(llvm::StringRef(text->value).split(" -c ").second))
      running.insert(command.front());
  }
  std::vector<const IgnoreRule*> rules;
  for (const IgnoreRule& rule : kIgnoreRules) {
    if (anyRuns(rule.unlessRun, running) || (!rule.onlyRun.empty() && !anyRuns(rule.onlyRun, running))) continue;
    if (!llvm::StringRef(named).contains(llvm::StringRef(rule.name).ltrim('*'))) rules.push_back(&rule);
  }
  return rules;
}

const IgnoreRule* ruleFor(llvm::ArrayRef<const IgnoreRule*> rules, llvm::StringRef path) {
  llvm::SmallVector<llvm::StringRef> names;
  path.split(names, '/', -1, false);
  for (llvm::StringRef name : names)
    for (const IgnoreRule* rule : rules)
      if (rule->matches(name)) return rule;
  return nullptr;
}

}  // namespace strata::analyzer
