#include "analyzer/secrets/secret_formats.h"

#include "analyzer/secrets/secret_checks.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::analyzer {

namespace {

struct Found {
  llvm::StringRef secret, rule, title;
  FindingLevel level = FindingLevel::Error;
  std::string note = {};
};

/// Collects what is found in one text.
class Matches {
public:
  explicit Matches(llvm::StringRef text) : text_(text) {}
  void add(const Found& found, std::string shape = {}) {
    if (matches_.size() >= kMostSecrets) return;
    size_t begin = size_t(found.secret.data() - text_.data());
    line_ += uint64_t(llvm::count(text_.slice(counted_, begin), '\n'));
    counted_ = std::max(counted_, begin);
    matches_.push_back({.rule = found.rule,
                        .title = found.title,
                        .level = found.level,
                        .begin = begin,
                        .size = found.secret.size(),
                        .shape = shape.empty() ? shapeOf(found.secret) : std::move(shape),
                        .note = found.note,
                        .line = line_});
  }
  std::vector<SecretMatch> take() { return std::move(matches_); }

private:
  llvm::StringRef text_;
  std::vector<SecretMatch> matches_;
  uint64_t line_ = 1;
  size_t counted_ = 0;
};

template <typename Visitor>
void eachLine(llvm::StringRef text, Visitor visit) {
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    visit(line);
    text = rest;
  }
}

llvm::StringRef unquoted(llvm::StringRef value) {
  value = value.trim();
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
    return value.drop_front().drop_back();
  return value;
}

// --- Password hashes ---

/// crypt(3) hashes begin with "$"; "*", "!" and "x" stand for no password at all.
bool isHash(llvm::StringRef hash) {
  return (hash.starts_with("$") && hash.size() >= 20) || (hash.starts_with("{SHA}") && hash.size() >= 20) ||
         hash.starts_with("_J9..");
}

void findHashes(llvm::StringRef text, Matches& matches) {
  eachLine(text, [&](llvm::StringRef line) {
    llvm::StringRef hash = line.split(':').second.split(':').first.rtrim();
    bool isLocked = hash.consume_front("!");
    hash = hash.ltrim("!");
    if (!isHash(hash)) return;
    std::string kind = hash.take_front(hash.find('$', 1) + 1).str();
    matches.add({hash, "password-hash", "password hash of a user", isLocked ? FindingLevel::Note : FindingLevel::Error,
                 isLocked ? "the password is locked" : ""},
                shapeOf(hash, kind.size() <= 6 ? kind.size() : 0));
  });
}

// --- Passwords ---

void findNetrc(llvm::StringRef text, Matches& matches) {
  llvm::SmallVector<llvm::StringRef> words;
  llvm::SplitString(text, words, " \t\r\n");
  for (size_t at = 0; at + 1 < words.size(); ++at)
    if (words[at] == "password" && words[at + 1].size() >= 3)
      matches.add({words[at + 1], "netrc-password", "password in a netrc file"});
}

/// host:port:database:user:password
void findPgpass(llvm::StringRef text, Matches& matches) {
  eachLine(text, [&](llvm::StringRef line) {
    line = line.rtrim("\r");
    if (line.starts_with("#")) return;
    for (int field = 0; field < 4; ++field) {
      size_t colon = line.find(':');
      while (colon != llvm::StringRef::npos && colon > 0 && line[colon - 1] == '\\') colon = line.find(':', colon + 1);
      if (colon == llvm::StringRef::npos) return;
      line = line.drop_front(colon + 1);
    }
    if (line.size() >= 3) matches.add({line, "pgpass-password", "password in a pgpass file"});
  });
}

/// "password = secret" below any heading; `names` are the keys that count.
void findSettings(llvm::StringRef text, llvm::ArrayRef<llvm::StringRef> names, const Found& kind, Matches& matches) {
  eachLine(text, [&](llvm::StringRef line) {
    auto [key, value] = line.split('=');
    key = key.trim();
    value = unquoted(value);
    bool counts =
        llvm::any_of(names, [&](llvm::StringRef name) { return key == name || key.ends_with(":" + name.str()); });
    if (!counts || value.size() < 3 || value.starts_with("$")) return;
    matches.add({value, kind.rule, kind.title, kind.level, ""});
  });
}

/// The value of an assignment that begins at `rest`.
llvm::StringRef valueAt(llvm::StringRef rest) {
  if (rest.starts_with("\"") || rest.starts_with("'"))
    return rest.drop_front().take_until([&](char c) { return c == rest.front() || c == '\n'; });
  return rest.take_until([](char c) { return llvm::isSpace(c) || c == ';' || c == '&' || c == '|'; });
}

bool isNameCharacter(char c) { return llvm::isAlnum(c) || c == '_' || c == '-' || c == '.'; }

// --- Names ---

bool isNamed(llvm::StringRef path, llvm::StringRef name) {
  return path.ends_with(name) && (path.size() == name.size() || path[path.size() - name.size() - 1] == '/');
}

struct NameRow {
  llvm::StringLiteral name;  ///< last components of the path; "*.x": an ending
  llvm::StringLiteral what;
  FindingLevel level;
  bool isText;
};
constexpr NameRow kNames[] = {
    {"id_rsa", "private key of OpenSSH", FindingLevel::Warning, true},
    {"id_dsa", "private key of OpenSSH", FindingLevel::Warning, true},
    {"id_ecdsa", "private key of OpenSSH", FindingLevel::Warning, true},
    {"id_ed25519", "private key of OpenSSH", FindingLevel::Warning, true},
    {"*.ppk", "private key of PuTTY", FindingLevel::Warning, true},
    {".netrc", "passwords for hosts", FindingLevel::Warning, true},
    {"_netrc", "passwords for hosts", FindingLevel::Warning, true},
    {".pgpass", "passwords of PostgreSQL", FindingLevel::Warning, true},
    {".my.cnf", "password of MySQL", FindingLevel::Warning, true},
    {".git-credentials", "passwords of git", FindingLevel::Warning, true},
    {".pypirc", "login of PyPI", FindingLevel::Warning, true},
    {".dockercfg", "registry logins of docker", FindingLevel::Warning, true},
    {".docker/config.json", "registry logins of docker", FindingLevel::Warning, true},
    {".aws/credentials", "keys of AWS", FindingLevel::Warning, true},
    {".azure/accessTokens.json", "tokens of Azure", FindingLevel::Warning, true},
    {".config/gcloud/application_default_credentials.json", "login of Google Cloud", FindingLevel::Warning, true},
    {".config/gcloud/credentials.db", "logins of Google Cloud", FindingLevel::Warning, false},
    {".kube/config", "login of Kubernetes", FindingLevel::Warning, true},
    {".vault-token", "token of Vault", FindingLevel::Warning, false},  // short, of any shape
    {".htpasswd", "password hashes", FindingLevel::Warning, true},
    {".env", "settings that are often secret", FindingLevel::Note, true},
    {".npmrc", "settings of npm, often with a token", FindingLevel::Note, true},
    {".bash_history", "what was typed in a shell", FindingLevel::Note, true},
    {".psql_history", "what was typed in psql", FindingLevel::Note, true},
    {".mysql_history", "what was typed in mysql", FindingLevel::Note, true},
    {"*.p12", "key store (PKCS #12)", FindingLevel::Warning, false},
    {"*.pfx", "key store (PKCS #12)", FindingLevel::Warning, false},
    {"*.jks", "key store of Java", FindingLevel::Warning, false},
    {"*.kdbx", "passwords of KeePass", FindingLevel::Warning, false},
    {"*.agekey", "private key of age", FindingLevel::Warning, true},
    {"secring.gpg", "private keys of GnuPG", FindingLevel::Warning, false},
};

bool matches(const NameRow& row, llvm::StringRef path) {
  llvm::StringRef name = row.name;
  return name.consume_front("*") ? path.ends_with(name) && !isNamed(path, name) : isNamed(path, name);
}

}  // namespace

std::vector<SecretMatch> findAssignments(llvm::StringRef text) {
  Matches matches(text);
  for (size_t at = text.find('='); at != llvm::StringRef::npos; at = text.find('=', at + 1)) {
    size_t begin = at;
    while (begin > 0 && at - begin < 128 && isNameCharacter(text[begin - 1])) --begin;
    llvm::StringRef name = text.slice(begin, at), value = valueAt(text.substr(at + 1, 4096));
    if (!isSecretName(name) || !isPlausibleValue(value)) continue;
    matches.add({value, "named-secret", "value that its name calls secret", FindingLevel::Warning, ""});
    at = size_t(value.end() - text.data()) - 1;  // what stands in a value is part of it
  }
  return matches.take();
}

std::vector<SecretMatch> findInFormat(llvm::StringRef path, llvm::StringRef text) {
  Matches matches(text);
  if (path == "etc/shadow" || path == "etc/shadow-" || path == "etc/gshadow" || isNamed(path, ".htpasswd"))
    findHashes(text, matches);
  else if (isNamed(path, ".netrc") || isNamed(path, "_netrc"))
    findNetrc(text, matches);
  else if (isNamed(path, ".pgpass"))
    findPgpass(text, matches);
  else if (isNamed(path, ".my.cnf") || isNamed(path, ".mylogin.cnf"))
    findSettings(text, {"password"}, {{}, "mysql-password", "password of MySQL"}, matches);
  else if (isNamed(path, ".pypirc"))
    findSettings(text, {"password"}, {{}, "pypi-password", "password of PyPI"}, matches);
  else if (isNamed(path, ".npmrc"))
    findSettings(text, {"_auth", "_password"}, {{}, "npm-token", "npm registry login"}, matches);
  else if (isNamed(path, ".env") || path.ends_with(".env"))
    return findAssignments(text);
  return matches.take();
}

bool mayBeSuspicious(llvm::StringRef name) {
  return llvm::any_of(kNames, [&](const NameRow& row) {
    llvm::StringRef last = llvm::StringRef(row.name).rsplit('/').second;
    if (last.empty()) last = row.name;
    return last.consume_front("*") ? name.ends_with(last) : name == last;
  });
}

std::optional<SuspiciousName> suspiciousName(llvm::StringRef path) {
  for (const NameRow& row : kNames)
    if (matches(row, path)) return SuspiciousName{row.what, row.level, row.isText};
  return std::nullopt;
}

llvm::StringRef excuseFor(llvm::StringRef path) {
  std::string inside = "/" + path.str();
  auto has = [&](std::initializer_list<llvm::StringRef> parts) {
    return llvm::any_of(parts, [&](llvm::StringRef part) { return inside.find(part) != std::string::npos; });
  };
  if (has({"snakeoil"})) return "a key that is made to be nobody's";
  if (has({"/usr/share/doc/", "/usr/share/man/", "/usr/share/info/"})) return "documentation";
  bool isPackage =
      has({"/usr/lib/", "/usr/local/lib/", "/usr/share/", "/node_modules/", "/site-packages/", "/dist-packages/",
           "/gems/", "/go/pkg/mod/", "/usr/local/go/", "/.cargo/registry/", "/vendor/"});
  if (isPackage &&
      has({"/test/", "/tests/", "/testdata/", "/fixtures/", "/spec/", "/examples/", "/example/", "/docs/", "/doc/",
           "/testing/", "/__tests__/", "_test.", "/test_", ".md", ".rst", "README", "/PKG-INFO", "/METADATA"}))
    return "tests and examples of an installed package";
  return "";
}

}  // namespace strata::analyzer
