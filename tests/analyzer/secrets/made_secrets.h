#pragma once
/// \file Secrets of every kind, made up anew: they open nothing, and no tool that looks for secrets finds them in here.

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Base64.h>
#include <llvm/Support/CRC.h>

#include <cstdint>
#include <string>
#include <vector>

namespace strata::analyzer {

inline constexpr llvm::StringLiteral kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
inline constexpr llvm::StringLiteral kAlphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
inline constexpr llvm::StringLiteral kHexDigits = "0123456789abcdef";

/// The same for the same seed.
inline std::string madeUp(llvm::StringRef alphabet, size_t size, uint64_t seed = 1) {
  std::string text;
  uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
  while (text.size() < size) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    text += alphabet[size_t(state >> 33) % alphabet.size()];
  }
  return text;
}

inline std::string withCrc(std::string prefix) {
  std::string body = madeUp(kAlphanumeric, 30, 3), sum(6, '0');
  uint32_t crc = llvm::crc32(llvm::arrayRefFromStringRef(body));
  for (size_t at = 6; at-- > 0; crc /= 62) sum[at] = kAlphanumeric[crc % 62];
  return prefix + body + sum;
}

inline std::string base64(llvm::StringRef bytes) { return llvm::encodeBase64(bytes.str()); }

/// In lines of 64 between marks; "\n" may be written otherwise.
inline std::string pem(llvm::StringRef label, llvm::StringRef bytes, llvm::StringRef lineEnd = "\n",
                       llvm::StringRef headers = "") {
  std::string body = base64(bytes), text = ("-----BEG"
                                            "IN " +
                                            label + "-----" + lineEnd + headers)
                                               .str();
  for (size_t at = 0; at < body.size(); at += 64) text += body.substr(at, 64) + lineEnd.str();
  return text + ("-----END " + label + "-----").str();
}
/// A DER sequence, as all keys in PEM but OpenSSH's and PGP's are.
inline std::string der(size_t size = 600) { return "\x30\x82" + madeUp(kAlphanumeric, size, 5); }
inline std::string openSsh(llvm::StringRef cipher) {
  std::string bytes("openssh-key-v1\0\0\0\0", 18);
  return bytes + char(cipher.size()) + cipher.str() + madeUp(kAlphanumeric, 200, 6);
}

inline std::string jwt() {
  std::string url = base64(R"({"alg":"HS256","typ":"JWT"})") + "." + base64(R"({"sub":"deploy","admin":true})");
  llvm::erase_if(url, [](char c) { return c == '='; });
  return url + "." + madeUp(kAlphanumeric, 43, 8);
}

/// Behind what every secret of its kind begins with, which may be shown.
inline constexpr size_t kKnownBeginning = 30;

struct MadeSecret {
  std::string rule;
  std::string text;    ///< as it stands in a file
  std::string secret;  ///< the part of it that must not be seen
};

inline MadeSecret token(std::string rule, std::string secret) { return {rule, "value: " + secret + "\n", secret}; }

/// At least one of every rule for texts.
inline std::vector<MadeSecret> madeSecrets() {
  auto alnum = [](size_t size) { return madeUp(kAlphanumeric, size, 2); };
  auto hex = [](size_t size) { return madeUp(kHexDigits, size, 2); };
  std::string key = pem("PRIVATE KEY", der()), aws = madeUp(kAlphanumeric, 40, 11),
              login = base64("robot:" + alnum(12));
  std::string jsonKey = pem("PRIVATE KEY", der(), "\\n"), putty = "PuTTY-User-Key-File-";
  putty += "3: ssh-rsa\nEncryption: none\nComment: me\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\n" + alnum(60);
  return {
      {"private-key", key, base64(der()).substr(0, 60)},
      {"private-key", pem("RSA PRIVATE KEY", der(), "\r\n"), base64(der()).substr(0, 60)},
      {"private-key", pem("EC PRIVATE KEY", der(118)), base64(der(118)).substr(0, 60)},
      {"private-key", pem("OPENSSH PRIVATE KEY", openSsh("none")), base64(openSsh("none")).substr(66, 60)},
      {"private-key", pem("PGP PRIVATE KEY BLOCK", "\x94" + alnum(300), "\n", "Version: 1\n\n"),
       base64("\x94" + alnum(300)).substr(0, 60)},
      {"private-key", "client-key-data: " + base64(key) + "\n", base64(key)},
      {"private-key", putty + "\nPrivate-MAC: 00\n", alnum(60)},
      token("private-key", "AGE-SECRET-KEY-1" + madeUp("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
      {"gcp-service-account", "{\"type\": \"service_account\", \"private_key\": \"" + jsonKey + "\\n\"}",
       base64(der()).substr(0, 60)},
      token("aws-access-key", "AKIA" + madeUp("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
      token("aws-access-key", "ASIA" + madeUp("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)),
      {"aws-secret-key", "aws_secret_access_key = " + aws + "\n", aws},
      {"aws-secret-key", "export AWS_SECRET_ACCESS_KEY='" + aws + "'\n", aws},
      {"aws-secret-key", "{\"SecretAccessKey\": \"" + aws + "\"}", aws},
      token("gcp-api-key", "AIza" + alnum(35)),
      token("gcp-client-secret", "GOCSPX-" + alnum(28)),
      {"gcp-refresh-token", "\"refresh_token\": \"1//0" + alnum(90) + "\"", "1//0" + alnum(90)},
      {"azure-storage-key", "AccountName=a;AccountKey=" + alnum(86) + "==;", alnum(86)},
      {"azure-shared-key", "SharedAccessKey=" + alnum(43) + "=", alnum(43)},
      token("azure-client-secret", "abc8Q~" + alnum(34)),
      token("github-token", withCrc("gh"
                                    "p_")),
      token("github-token", withCrc("gh"
                                    "s_")),
      token("github-token",
            "github_"
            "pat_" +
                alnum(22) + "_" + alnum(59)),
      token("gitlab-token", "glpat-" + alnum(20)),
      token("npm-token", "npm_" + alnum(36)),
      {"npm-token", "//registry.example.org/:_authToken=" + alnum(36) + "\n", alnum(36)},
      token("pypi-token", "pypi-AgEIcHlwaS5vcmc" + alnum(120)),
      token("rubygems-token", "rubygems_" + hex(48)),
      token("docker-token", "dckr_pat_" + alnum(27)),
      {"docker-auth", "{\"auths\": {\"https://index.docker.io/v1/\": {\"auth\": \"" + login + "\"}}}", login},
      token("slack-token",
            "xoxb-"
            "730918264055-" +
                alnum(24)),
      token("slack-webhook",
            "hooks.slack."
            "com/services/T0QWKXHVZ/B0PLMRTNS/" +
                alnum(24)),
      token("sendgrid-key", "SG." + alnum(22) + "." + alnum(43)),
      token("stripe-key",
            "sk_"
            "live_" +
                alnum(24)),
      token("openai-key", "sk-proj-" + alnum(40) + "T3BlbkFJ" + alnum(40)),
      token("anthropic-key", "sk-ant-" + alnum(95)),
      token("huggingface-token", "hf_" + madeUp(kLetters, 34)),
      token("digitalocean-token", "dop_v1_" + hex(64)),
      token("vault-token", "hvs." + alnum(90)),
      token("shopify-token", "shpat_" + hex(32)),
      token("grafana-token", "glsa_" + alnum(32) + "_" + hex(8)),
      token("jwt", jwt()),
      {"url-password", "https://deploy:" + alnum(14) + "@git.corp.net/app.git\n", alnum(14)},
  };
}

}  // namespace strata::analyzer
