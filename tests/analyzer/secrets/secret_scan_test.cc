#include "analyzer/secrets/secret_scan.h"

#include "analyzer/secrets/secret_checks.h"
#include "analyzer/secrets/secret_rules.h"
#include "tests/analyzer/secrets/made_secrets.h"
#include "tests/support/testing.h"

#include <chrono>
#include <set>

namespace strata::analyzer {
namespace {

using strata::testing::must;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

ScannedFile scan(llvm::StringRef text, llvm::StringRef path = "some/file") {
  StringSource source(text);
  FileScanner scanner;
  return must(scanner.scan(path, source));
}

std::string rulesIn(llvm::StringRef text) {
  std::string rules;
  for (const SecretMatch& match : findSecrets(text)) rules += (rules.empty() ? "" : " ") + match.rule.str();
  return rules;
}

TEST(SecretScan, EveryKindIsFoundOnceWhereItIs) {
  for (const MadeSecret& made : madeSecrets()) {
    std::string text = "first line\n\n" + made.text + "\nlast line\n";
    auto matches = findSecrets(text);
    ASSERT_THAT(matches, SizeIs(1)) << made.rule << ": " << made.text;
    EXPECT_EQ(matches[0].rule, made.rule) << made.text;
    EXPECT_THAT(text.substr(matches[0].begin, matches[0].size), HasSubstr(made.secret)) << made.rule;
    EXPECT_EQ(matches[0].line, 3u);
  }
}

TEST(SecretScan, EveryRuleHasItsSecretInTheseTests) {
  std::set<llvm::StringRef> rules, made;
  std::vector<MadeSecret> secrets = madeSecrets();
  for (const SecretRule& rule : secretRules()) rules.insert(rule.name);
  for (const MadeSecret& secret : secrets) made.insert(secret.rule);
  EXPECT_EQ(rules, made);
}

TEST(SecretScan, NothingThatIsSaidOfASecretShowsIt) {
  for (const MadeSecret& made : madeSecrets())
    for (const SecretMatch& match : findSecrets(made.text)) {
      std::string said = match.shape + " " + match.note;
      for (size_t at = std::min(kKnownBeginning, made.secret.size() - 6); at + 6 <= made.secret.size(); ++at)
        EXPECT_THAT(said.find(made.secret.substr(at, 6)), std::string::npos) << made.rule << ": " << said;
    }
}

TEST(SecretScan, ATokenInAnotherWordIsNone) {
  for (const MadeSecret& made : madeSecrets()) {
    if (made.text != "value: " + made.secret + "\n") continue;
    if (made.rule == "slack-webhook") continue;  // part of a URL anyway
    EXPECT_EQ(rulesIn("x" + made.secret), "") << made.rule;
    EXPECT_EQ(rulesIn(made.secret.substr(0, 10)), "") << made.rule;
  }
}

TEST(SecretScan, ExamplesAreNone) {
  EXPECT_EQ(rulesIn("AKIAIOSFODNN7EXAMPLE"), "");
  EXPECT_EQ(rulesIn("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), "");
  EXPECT_EQ(rulesIn("gh"
                    "p_" +
                    std::string(36, 'x')),
            "");
  EXPECT_EQ(rulesIn("gh"
                    "p_" +
                    std::string(36, 'a')),
            "");
  EXPECT_EQ(rulesIn("https://user:password@db.corp.net/"), "");
  EXPECT_EQ(rulesIn("https://user:${PASSWORD}@db.corp.net/"), "");
  EXPECT_EQ(rulesIn("https://user:r8Jq2mZx@example.com/"), "");
  EXPECT_EQ(rulesIn("postgres://postgres:postgres@db/"), "");
  EXPECT_EQ(rulesIn("http://host:8080/path@version"), "");
  EXPECT_EQ(rulesIn("{\"auth\": \"bm90IGEgbG9naW4gYXQgYWxs\"}"), "");  // no colon in it
  EXPECT_EQ(rulesIn("//registry.npmjs.org/:_authToken=${NPM_TOKEN}"), "");
  // The token of every introduction to JWT.
  std::string known = base64(R"({"alg":"HS256","typ":"JWT"})") + "." + base64(R"({"sub":"1234567890","name":"J"})");
  EXPECT_EQ(rulesIn(known + "." + madeUp(kAlphanumeric, 43)), "");
}

TEST(SecretScan, TextsAboutKeysAreNone) {
  EXPECT_EQ(rulesIn("-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----"), "");
  EXPECT_EQ(rulesIn("looks for -----BEGIN PRIVATE KEY----- in files"), "");
  EXPECT_EQ(rulesIn(pem("PRIVATE KEY", madeUp(kAlphanumeric, 300))), "");  // no DER
  EXPECT_EQ(rulesIn(pem("CERTIFICATE", der())), "");
  EXPECT_EQ(rulesIn(pem("PUBLIC KEY", der())), "");
  EXPECT_EQ(rulesIn("PuTTY-User-Key-File-2: ssh-rsa"), "");
}

TEST(SecretScan, AKeyIsHiddenWithBothItsMarks) {
  std::string key = pem("PRIVATE KEY", der());
  auto matches = findSecrets("a " + key + " b");
  ASSERT_THAT(matches, SizeIs(1));
  EXPECT_EQ(matches[0].begin, 2u);
  EXPECT_EQ(matches[0].size, key.size());
  EXPECT_EQ(findSecrets(key.substr(0, 200))[0].size, 200u);  // cut off
}

TEST(SecretScan, ProtectedKeysAreWarnings) {
  for (const std::string& key : {pem("OPENSSH PRIVATE KEY", openSsh("aes256-ctr")), pem("ENCRYPTED PRIVATE KEY", der()),
                                 pem("RSA PRIVATE KEY", madeUp(kAlphanumeric, 300), "\n",
                                     "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n")}) {
    auto matches = findSecrets(key);
    ASSERT_THAT(matches, SizeIs(1)) << key.substr(0, 60);
    EXPECT_EQ(matches[0].level, FindingLevel::Warning);
    EXPECT_EQ(matches[0].note, "protected by a passphrase");
  }
}

TEST(SecretScan, AWrongChecksumMakesItANote) {
  std::string token = withCrc(
      "gh"
      "p_");
  EXPECT_EQ(findSecrets(token)[0].level, FindingLevel::Error);
  token.back() = token.back() == 'a' ? 'b' : 'a';
  ASSERT_THAT(findSecrets(token), SizeIs(1));
  EXPECT_EQ(findSecrets(token)[0].level, FindingLevel::Note);
}

// --- Files ---

TEST(FileScanner, TellsByteAndLineAcrossWindows) {
  std::string token = withCrc(
      "gh"
      "p_");
  for (size_t before : {size_t(0), size_t(100'000), size_t(147'400), size_t(147'450), size_t(500'000)}) {
    std::string text(before, 'a');
    for (size_t at = 79; at < text.size(); at += 80) text[at] = '\n';
    text += "\n" + token + "\n";
    ScannedFile file = scan(text + std::string(50'000, 'b'));
    ASSERT_THAT(file.secrets, SizeIs(1)) << before;
    EXPECT_EQ(file.secrets[0].begin, before + 1);
    EXPECT_EQ(file.secrets[0].line, before / 80 + 2);
  }
}

TEST(FileScanner, EveryPlaceInALongFileIsLookedAtOnce) {
  std::string token = withCrc(
                  "gh"
                  "p_"),
              text;
  for (int i = 0; i < 90; ++i) text += std::string(size_t(5000 + i * 37), '.') + "\n" + token + "\n";
  ScannedFile file = scan(text);
  ASSERT_THAT(file.secrets, SizeIs(90));
  for (size_t i = 0; i < 90; ++i) {
    EXPECT_EQ(text.substr(file.secrets[i].begin, file.secrets[i].size), token);
    EXPECT_EQ(file.secrets[i].line, 2 * i + 2);
  }
}

TEST(FileScanner, BinariesAreNotReadAndLongFilesNotToTheirEnd) {
  std::string token = withCrc(
      "gh"
      "p_");
  EXPECT_TRUE(scan(std::string("\x7f"
                               "ELF\0",
                               5) +
                   token)
                  .isBinary);
  EXPECT_THAT(scan(std::string(5, '\0') + token).secrets, IsEmpty());
  ScannedFile file = scan(token + "\n" + std::string(kScannedBytes, 'a') + "\n" + token);
  EXPECT_THAT(file.secrets, SizeIs(1));
  EXPECT_TRUE(file.isCut);
  EXPECT_EQ(file.bytes, kScannedBytes);
  file = scan(std::string(kScannedBytes - token.size() - 1, '.') + "\n" + token);
  EXPECT_FALSE(file.isCut);
  EXPECT_THAT(file.secrets, SizeIs(1));
}

TEST(FileScanner, OneFileHasAnEndOfFindings) {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += withCrc(
                "gh"
                "p_") +
            "\n";
  EXPECT_LE(scan(text).secrets.size(), kMostSecrets);
}

/// Anchors over anchors, each of which asks for a long look: the time stays that of reading.
TEST(FileScanner, HostileTextsCostNoMoreThanTheirLength) {
  for (llvm::StringRef piece :
       {"-----BEG"
        "IN PRIVATE KEY-----\n",
        "eyJhbGciOi", "://a:", "\"auth\":\"", "PuTTY-User-Key-File-", "LS0tLS1CRUdJTi", "sk-T3BlbkFJ",
        "AccountKey=", "aws_secret_access_key=", "8Q~", "_authToken=", "hvs.", "x://u:p"}) {
    std::string text;
    while (text.size() < 2 << 20) text += piece;
    auto begin = std::chrono::steady_clock::now();
    scan(text);
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    EXPECT_LT(seconds, 10) << piece.str();
  }
}

// --- Checks ---

TEST(SecretChecks, NamesThatCallSomethingSecret) {
  for (const char* name : {"PASSWORD", "DB_PASSWORD", "dbPassword", "api-key", "API_KEY", "clientSecret", "AUTH_TOKEN",
                           "MYSQL_PASS", "private.key", "GITHUB_TOKEN"})
    EXPECT_TRUE(isSecretName(name)) << name;
  for (const char* name : {"PATH", "GPG_KEY", "PASSWORD_FILE", "TOKEN_URL", "PUBLIC_KEY", "SECRET_NAME", "COMPASS",
                           "KEYBOARD", "TOKENIZER", "PASSWORD_MIN", "", "=", "PUBLIC_API_KEY"})
    EXPECT_FALSE(isSecretName(name)) << name;
}

TEST(SecretChecks, ValuesThatCanBeSecret) {
  for (const char* value : {"hunter2x", "s3cr3t!", "0123456"}) EXPECT_TRUE(isPlausibleValue(value)) << value;
  for (const char* value : {"", "abc", "/run/secrets/db", "$DB", "${DB}", "<token>", "changeme", "true", "xxxxxxxx",
                            "****", "your-password-here", "{{ token }}"})
    EXPECT_FALSE(isPlausibleValue(value)) << value;
}

TEST(SecretChecks, TheChecksumIsTheOneThatGitHubPublished) {
  EXPECT_TRUE(
      hasCrc32("gh"
               "p_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17",
               4));
  EXPECT_FALSE(
      hasCrc32("gh"
               "p_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18",
               4));
}

TEST(SecretChecks, Base64OfAnyMakeIsDecoded) {
  EXPECT_EQ(decodedBase64("aGVsbG8gd29ybGQ=", 100), "hello world");
  EXPECT_EQ(decodedBase64("aGVs\nbG8g\\nd29y\r\nbGQ", 100), "hello world");
  EXPECT_EQ(decodedBase64("aGVsbG8gd29ybGQ=", 5), "hello");
  EXPECT_EQ(decodedBase64("!", 5), "");
}

}  // namespace
}  // namespace strata::analyzer
