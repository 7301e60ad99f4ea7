#include "analyzer/secrets/secret_rules.h"

#include "analyzer/secrets/secret_checks.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::analyzer {

namespace {
constexpr FindingLevel kError = FindingLevel::Error, kWarning = FindingLevel::Warning, kNote = FindingLevel::Note;
constexpr llvm::StringLiteral kAlnum = "A-Za-z0-9", kUrlSafe = "A-Za-z0-9_-", kHex = "a-f0-9";

bool isIn(llvm::StringRef alphabet, char c) {
  for (size_t at = 0; at < alphabet.size(); ++at) {
    bool isRange = at + 2 < alphabet.size() && alphabet[at + 1] == '-';
    if (isRange ? c >= alphabet[at] && c <= alphabet[at + 2] : c == alphabet[at]) return true;
    if (isRange) at += 2;
  }
  return false;
}

bool hasGitHubChecksum(llvm::StringRef token, const SecretRule& rule) { return hasCrc32(token, rule.anchor.size()); }

bool isJwt(llvm::StringRef token, const SecretRule&) {
  llvm::SmallVector<llvm::StringRef, 4> parts;
  token.split(parts, '.');
  if (parts.size() != 3 || parts[2].size() < 20) return false;
  std::string header = decodedBase64(parts[0], 1024), payload = decodedBase64(parts[1], 4096);
  bool isToken = llvm::StringRef(header).starts_with("{") && header.find("\"alg\"") != std::string::npos;
  // The token that every introduction shows says 1234567890 of itself.
  return isToken && llvm::StringRef(payload).starts_with("{") && payload.find("\"1234567890\"") == std::string::npos;
}

bool isSendGrid(llvm::StringRef token, const SecretRule& rule) {
  return token.drop_front(rule.anchor.size()).find('.') == 22;
}

bool hasDigit(llvm::StringRef token, const SecretRule& rule) {
  return llvm::any_of(token.drop_front(rule.anchor.size()), llvm::isDigit);
}

/// The key that Azure's storage emulator has for everybody.
bool isNoEmulatorKey(llvm::StringRef token, const SecretRule& rule) {
  return token.ends_with("==") && !token.drop_front(rule.anchor.size()).starts_with("Eby8vdM02xNO");
}

constexpr SecretRule kRules[] = {
    // Private keys. A key in JSON stands before the one in any text: the first rule that fits has it.
    {"BEGIN ", "gcp-service-account", "Google Cloud service account key", kError, matchCloudKey},
    {"BEGIN ", "private-key", "private key", kError, matchPem},
    {"LS0tLS1CRUdJTi", "private-key", "private key in base64", kError, matchEncodedPem},
    {"PuTTY-User-Key-File-", "private-key", "private key of PuTTY", kError, matchPutty},
    {"AGE-SECRET-KEY-1", "private-key", "private key of age", kError, matchToken, "A-Z0-9", 58, 58, 3.5},

    // Amazon: the id alone opens nothing, but it is seldom alone
    {"AKIA", "aws-access-key", "AWS access key id", kWarning, matchToken, "A-Z2-7", 16, 16, 2.5},
    {"ASIA", "aws-access-key", "AWS temporary access key id", kNote, matchToken, "A-Z2-7", 16, 16, 2.5},
    {"aws_secret_access_key", "aws-secret-key", "AWS secret access key", kError, matchAwsSecret},
    {"AWS_SECRET_ACCESS_KEY", "aws-secret-key", "AWS secret access key", kError, matchAwsSecret},
    {"ecretAccessKey", "aws-secret-key", "AWS secret access key", kError, matchAwsSecret},
    {"aws_secret_key", "aws-secret-key", "AWS secret access key", kError, matchAwsSecret},

    // Google
    {"AIza", "gcp-api-key", "Google API key", kWarning, matchToken, kUrlSafe, 35, 35, 3.5},
    {"GOCSPX-", "gcp-client-secret", "Google OAuth client secret", kError, matchToken, kUrlSafe, 28, 28, 3},
    {"1//0", "gcp-refresh-token", "Google OAuth refresh token", kError, matchToken, kUrlSafe, 60, 110, 4},

    // Microsoft
    {"AccountKey=", "azure-storage-key", "Azure storage account key", kError, matchToken, "A-Za-z0-9+/=", 88, 88, 4,
     isNoEmulatorKey},
    {"SharedAccessKey=", "azure-shared-key", "Azure shared access key", kError, matchToken, "A-Za-z0-9+/=", 44, 44, 4},
    {"8Q~", "azure-client-secret", "Azure client secret", kError, matchAzureSecret},
    {"7Q~", "azure-client-secret", "Azure client secret", kError, matchAzureSecret},

    // Forges
    {"ghp_", "github-token", "GitHub personal access token", kError, matchToken, kAlnum, 36, 36, 3, hasGitHubChecksum,
     true},
    {"gho_", "github-token", "GitHub OAuth token", kError, matchToken, kAlnum, 36, 36, 3, hasGitHubChecksum, true},
    {"ghu_", "github-token", "GitHub user token", kError, matchToken, kAlnum, 36, 36, 3, hasGitHubChecksum, true},
    {"ghs_", "github-token", "GitHub server token", kError, matchToken, kAlnum, 36, 36, 3, hasGitHubChecksum, true},
    {"ghr_", "github-token", "GitHub refresh token", kError, matchToken, kAlnum, 36, 76, 3, hasGitHubChecksum, true},
    {"github_pat_", "github-token", "GitHub fine-grained token", kError, matchToken, "A-Za-z0-9_", 82, 82, 3.5},
    {"glpat-", "gitlab-token", "GitLab personal access token", kError, matchToken, "A-Za-z0-9_.-", 20, 300, 3},
    {"gldt-", "gitlab-token", "GitLab deploy token", kError, matchToken, "A-Za-z0-9_.-", 20, 300, 3},
    {"glrt-", "gitlab-token", "GitLab runner token", kError, matchToken, "A-Za-z0-9_.-", 20, 300, 3},
    {"glptt-", "gitlab-token", "GitLab trigger token", kError, matchToken, kHex, 40, 40, 3},
    {"glcbt-", "gitlab-token", "GitLab job token", kError, matchToken, "A-Za-z0-9_.-", 20, 300, 3},

    // Packages and images
    {"npm_", "npm-token", "npm access token", kError, matchToken, kAlnum, 36, 36, 3.5},
    {"_authToken", "npm-token", "npm registry token", kError, matchAssignedToken},
    {"pypi-AgEIcHlwaS5vcmc", "pypi-token", "PyPI token", kError, matchToken, kUrlSafe, 50, 1000, 3.5},
    {"pypi-AgENdGVzdC5weXBpLm9yZw", "pypi-token", "TestPyPI token", kWarning, matchToken, kUrlSafe, 50, 1000, 3.5},
    {"rubygems_", "rubygems-token", "RubyGems API key", kError, matchToken, kHex, 48, 48, 3},
    {"dckr_pat_", "docker-token", "Docker Hub access token", kError, matchToken, kUrlSafe, 27, 27, 3},
    {"dckr_oat_", "docker-token", "Docker Hub organisation token", kError, matchToken, kUrlSafe, 32, 32, 3},
    {"\"auth\"", "docker-auth", "registry login of docker", kError, matchDockerAuth},
    {"\"identitytoken\"", "docker-auth", "registry login of docker", kError, matchAssignedToken},

    // Chat, mail, payment, models
    {"xoxb-", "slack-token", "Slack bot token", kError, matchToken, "A-Za-z0-9-", 20, 300, 2.5, hasDigit},
    {"xoxp-", "slack-token", "Slack user token", kError, matchToken, "A-Za-z0-9-", 20, 300, 2.5, hasDigit},
    {"xoxa-", "slack-token", "Slack token", kError, matchToken, "A-Za-z0-9-", 20, 300, 2.5, hasDigit},
    {"xoxs-", "slack-token", "Slack token", kError, matchToken, "A-Za-z0-9-", 20, 300, 2.5, hasDigit},
    {"xoxr-", "slack-token", "Slack refresh token", kError, matchToken, "A-Za-z0-9-", 20, 300, 2.5, hasDigit},
    {"xapp-", "slack-token", "Slack app token", kError, matchToken, "A-Za-z0-9-", 40, 300, 2.5, hasDigit},
    {"hooks.slack.com/services/", "slack-webhook", "Slack webhook", kError, matchToken, "A-Za-z0-9/", 40, 60, 3.5,
     hasDigit},
    {"SG.", "sendgrid-key", "SendGrid API key", kError, matchToken, "A-Za-z0-9_.-", 66, 66, 4, isSendGrid},
    {"sk_live_", "stripe-key", "Stripe secret key", kError, matchToken, kAlnum, 16, 247, 3},
    {"rk_live_", "stripe-key", "Stripe restricted key", kError, matchToken, kAlnum, 16, 247, 3},
    {"sk_test_", "stripe-key", "Stripe key for tests", kNote, matchToken, kAlnum, 16, 247, 3},
    {"T3BlbkFJ", "openai-key", "OpenAI API key", kError, matchMiddle},
    {"sk-ant-", "anthropic-key", "Anthropic API key", kError, matchToken, kUrlSafe, 80, 120, 4},
    {"hf_", "huggingface-token", "Hugging Face token", kError, matchToken, "A-Za-z", 34, 34, 3.5},

    // Clouds and keepers of secrets
    {"dop_v1_", "digitalocean-token", "DigitalOcean token", kError, matchToken, kHex, 64, 64, 3},
    {"hvs.", "vault-token", "Vault token", kError, matchToken, kUrlSafe, 24, 300, 3.5},
    {"shpat_", "shopify-token", "Shopify token", kError, matchToken, "A-Fa-f0-9", 32, 32, 3},
    {"glsa_", "grafana-token", "Grafana service account token", kError, matchToken, "A-Za-z0-9_", 41, 41, 3},

    // Anywhere
    {"eyJhbGciOi", "jwt", "JSON web token", kWarning, matchToken, "A-Za-z0-9_.-", 40, 12000, 3, isJwt},
    {"eyJ0eXAiOi", "jwt", "JSON web token", kWarning, matchToken, "A-Za-z0-9_.-", 40, 12000, 3, isJwt},
    {"eyJraWQiOi", "jwt", "JSON web token", kWarning, matchToken, "A-Za-z0-9_.-", 40, 12000, 3, isJwt},
    {"eyJ4NXQiOi", "jwt", "JSON web token", kWarning, matchToken, "A-Za-z0-9_.-", 40, 12000, 3, isJwt},
    {"://", "url-password", "password in a URL", kWarning, matchUrlPassword},
};
}  // namespace

llvm::ArrayRef<SecretRule> secretRules() { return kRules; }

std::optional<SecretSpan> matchToken(llvm::StringRef text, size_t at, const SecretRule& rule) {
  if (at > 0 && (llvm::isAlnum(text[at - 1]) || text[at - 1] == '_')) return std::nullopt;
  llvm::StringRef rest = text.substr(at + rule.anchor.size(), rule.most + 1);
  size_t size = rest.find_if([&](char c) { return !isIn(rule.alphabet, c); });
  llvm::StringRef body = rest.take_front(size);
  if (body.size() < rule.least || body.size() > rule.most || entropyOf(body) < rule.entropy) return std::nullopt;
  llvm::StringRef token = text.substr(at, rule.anchor.size() + body.size());
  if (isExample(token)) return std::nullopt;
  SecretSpan span{.begin = at, .size = token.size(), .shape = shapeOf(token, rule.anchor.size())};
  if (!rule.check || rule.check(token, rule)) return span;
  if (!rule.checksum) return std::nullopt;
  span.weak = true;
  span.note = "its checksum is wrong: made up, or damaged";
  return span;
}

}  // namespace strata::analyzer
