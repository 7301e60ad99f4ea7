/// Input: each line an URL, a git repository, one record of comma-separated values and a registry's challenge.

#include "builder/sources/git_reference.h"
#include "registry/transport/challenge.h"
#include "support/csv.h"
#include "support/url.h"
#include "tests/fuzz/fuzz.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>

namespace strata::fuzz {

namespace {
using builder::GitForm;
using builder::GitReference;

bool hidesUser(llvm::StringRef userInfo) { return userInfo.empty() || userInfo.contains("xxxxx"); }

void checkUrl(llvm::StringRef text) {
  auto url = valueOf(parseUrl(text));
  if (!url) return;
  auto bare = parseUrl(url->bare());
  if (!bare) return broken("a bare URL is one: " + messageOf(bare.takeError()));
  FUZZ_EXPECT(bare->scheme == url->scheme && bare->authority() == url->authority() && bare->path == url->path,
              "a bare URL names the same place");
  FUZZ_EXPECT(bare->userInfo.empty() && bare->query.empty() && bare->fragment.empty(), "a bare URL says no more");
  auto shown = parseUrl(redactUrl(text));
  if (!shown) return broken("a URL is one without its user: " + messageOf(shown.takeError()));
  FUZZ_EXPECT(hidesUser(shown->userInfo), "user and password are hidden");
  FUZZ_EXPECT(shown->bare() == url->bare() && shown->query == url->query, "hiding the user hides nothing else");
  queryPairs(url->query);
}

/// What is handed to git as an argument is what it seems to be, and stays inside.
void checkGit(llvm::StringRef text, GitForm form) {
  auto read = valueOf(builder::parseGitReference(text, form));
  if (!read || !*read) return;
  const GitReference& git = **read;
  FUZZ_EXPECT(!git.remote.empty() && git.remote.front() != '-', "a repository is no option");
  FUZZ_EXPECT(!llvm::StringRef(git.ref).starts_with("-"), "a ref is no option");
  FUZZ_EXPECT(!llvm::StringRef(git.host).contains('@'), "a host has no user");
  FUZZ_EXPECT(llvm::none_of(git.remote, [](char c) { return uint8_t(c) < 0x20; }), "a repository is plain text");
  if (git.transport != GitReference::Transport::Ssh)
    FUZZ_EXPECT(llvm::StringRef(git.remote).split("://").second.split('/').first == git.host,
                "a repository is at its host, without user");
  llvm::SmallVector<llvm::StringRef> parts;
  llvm::StringRef(git.subdir).split(parts, '/');
  FUZZ_EXPECT(
      git.subdir.empty() ||
          llvm::none_of(parts, [](llvm::StringRef part) { return part.empty() || part == "." || part == ".."; }),
      "a subdirectory is below its repository");
}

void checkCsv(llvm::StringRef text) {
  auto fields = valueOf(splitCsv(text));
  if (!fields) return;
  std::string again;
  for (const std::string& field : *fields) {
    parseCsvOption(field);
    again += again.empty() ? "\"" : ",\"";
    for (char c : field) again += c == '"' ? std::string("\"\"") : std::string(1, c);
    again += '"';
  }
  auto reread = splitCsv(again);
  if (!reread) return broken("quoted fields are fields: " + messageOf(reread.takeError()));
  FUZZ_EXPECT(*reread == *fields, "fields stay the same in quotes");
}

void checkChallenges(llvm::StringRef text) {
  for (const registry::Challenge& challenge : registry::parseChallenges(text)) {
    FUZZ_EXPECT(!challenge.scheme.empty(), "a challenge has a scheme");
    FUZZ_EXPECT(llvm::StringRef(challenge.scheme).lower() == challenge.scheme, "schemes are lower case");
  }
}
}  // namespace

FUZZ_TARGET(address) {
  for (llvm::StringRef rest = input; !rest.empty();) {
    auto [line, below] = rest.split('\n');
    rest = below;
    checkUrl(line);
    checkGit(line, GitForm::Source);
    checkGit(line, GitForm::Context);
    checkCsv(line);
    checkChallenges(line);
  }
}

}  // namespace strata::fuzz
