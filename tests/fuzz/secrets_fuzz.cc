/// Input: a file of an image that is searched for secrets, or a text of its configuration; and a file of rules for CI.

#include "analyzer/findings/gate_rules.h"
#include "analyzer/secrets/secret_formats.h"
#include "analyzer/secrets/secret_scan.h"
#include "tests/fuzz/fuzz.h"

namespace strata::fuzz {

namespace {
using analyzer::SecretMatch;

void checkMatches(llvm::ArrayRef<SecretMatch> matches, llvm::StringRef text, bool ordered) {
  uint64_t end = 0;
  for (const SecretMatch& match : matches) {
    FUZZ_EXPECT(match.begin + match.size <= text.size(), "a secret lies in its text");
    FUZZ_EXPECT(match.size > 0 && !match.rule.empty() && !match.title.empty(), "a secret is something");
    FUZZ_EXPECT(!ordered || match.begin >= end, "secrets come in order and do not overlap");
    uint64_t line = 1 + uint64_t(text.take_front(match.begin).count('\n'));
    FUZZ_EXPECT(match.line == line, "a secret's line is the one that it begins in");
    llvm::StringRef secret = text.substr(match.begin, match.size);
    llvm::StringRef tail = secret.take_back(secret.size() / 2);
    FUZZ_EXPECT(tail.size() < 8 || !llvm::StringRef(match.shape).contains(tail), "a shape does not show the secret");
    end = match.begin + match.size;
  }
}

void checkFile(llvm::StringRef path, llvm::StringRef text) {
  StringSource source(text);
  analyzer::FileScanner scanner;
  auto file = valueOf(scanner.scan(path, source));
  if (!file) return;
  FUZZ_EXPECT(file->bytes <= text.size(), "no more is read than there is");
  checkMatches(file->secrets, text, /*ordered=*/true);
}

void checkRules(llvm::StringRef text) {
  analyzer::GateRules rules = analyzer::defaultRules();
  if (auto error = analyzer::readRules(rules, "rules", text)) {
    FUZZ_EXPECT(!messageOf(std::move(error)).empty(), "a fault says what is wrong");
    return;
  }
  FUZZ_EXPECT(rules.size() == analyzer::kGates, "there is one rule a gate");
  for (const analyzer::GateRule& rule : rules) FUZZ_EXPECT(rule.limit >= 0, "no limit is below nothing");
}
}  // namespace

FUZZ_TARGET(secrets) {
  checkMatches(analyzer::findSecrets(input), input, /*ordered=*/true);
  checkMatches(analyzer::findAssignments(input), input, /*ordered=*/true);
  for (llvm::StringRef path : {"file", "etc/shadow", "a/.netrc", "a/.pgpass", "a/.my.cnf", "a/.npmrc", "a/.env"}) {
    checkMatches(analyzer::findInFormat(path, input), input, /*ordered=*/false);
    checkFile(path, input);
  }
  analyzer::suspiciousName(input);
  analyzer::excuseFor(input);
  checkRules(input);
}

}  // namespace strata::fuzz
