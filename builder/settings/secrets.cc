#include "builder/settings/secrets.h"

#include "support/csv.h"
#include "support/fault.h"
#include "support/files.h"

#include <sys/stat.h>
#include <unistd.h>
#include <cstdlib>

namespace strata::builder {

namespace {
struct SecretFields {
  std::string id, type, source, env;
};

llvm::Expected<SecretFields> readFields(llvm::StringRef option) {
  auto fields = splitCsv(option);
  if (!fields) return fields.takeError();
  SecretFields secret;
  for (llvm::StringRef field : *fields) {
    CsvOption pair = parseCsvOption(field);
    if (!pair.hasValue) return fault(FaultKind::Invalid, "invalid field '" + field + "': must be a key=value pair");
    if (pair.key == "id")
      secret.id = pair.value;
    else if (pair.key == "type")
      secret.type = pair.value;
    else if (pair.key == "src" || pair.key == "source")
      secret.source = pair.value;
    else if (pair.key == "env")
      secret.env = pair.value;
    else
      return fault(FaultKind::Invalid,
                   "unexpected key '" + pair.key + "' in '" + field + "'; use id, type, src or env");
  }
  return secret;
}

llvm::Error checkFile(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return errnoFault("secret file " + path);
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode) && !S_ISCHR(status.st_mode))
    return fault(FaultKind::Invalid, "secret file " + path + " is not a file");
  if (uint64_t(status.st_size) > Secrets::kLargest)
    return fault(FaultKind::Invalid,
                 "secret file " + path + " is too large: " + llvm::Twine(status.st_size) + " bytes, at most 500 KiB");
  return llvm::Error::success();
}
}  // namespace

llvm::Expected<SecretSource> parseSecret(llvm::StringRef option) {
  auto fields = readFields(option);
  if (!fields) return withContext(fields.takeError(), "invalid secret \"" + option + "\"");
  auto wrong = [&](const llvm::Twine& what) {
    return fault(FaultKind::Invalid, "invalid secret \"" + option + "\": " + what);
  };
  if (fields->id.empty()) return wrong("it needs an id");
  SecretSource secret{.id = fields->id};
  bool named = ::getenv(fields->id.c_str()) != nullptr;
  if (fields->type == "env" || (fields->type.empty() && !fields->env.empty())) {
    secret.kind = SecretSource::Kind::Env;
    secret.name = !fields->env.empty() ? fields->env : !fields->source.empty() ? fields->source : fields->id;
  } else if (fields->type.empty() && fields->source.empty() && named) {
    secret.kind = SecretSource::Kind::Env;
    secret.name = fields->id;
  } else if (fields->type.empty() || fields->type == "file") {
    secret.name = fields->source.empty() ? fields->id : fields->source;
    if (auto error = checkFile(secret.name)) return error;
  } else {
    return wrong("unsupported secret type '" + fields->type + "'; use file or env");
  }
  return secret;
}

llvm::Expected<std::optional<std::string>> Secrets::find(llvm::StringRef id) const {
  auto found = sources_.find(std::string_view(id.data(), id.size()));
  if (found == sources_.end()) return std::nullopt;
  const SecretSource& source = found->second;
  std::string value;
  if (source.kind == SecretSource::Kind::Env) {
    const char* ours = ::getenv(source.name.c_str());
    if (!ours) return std::nullopt;
    value = ours;
  } else {
    auto content = readFile(source.name, kLargest);
    if (!content) return withContext(content.takeError(), "secret " + id);
    value = std::move(*content);
  }
  if (value.size() > kLargest) return fault(FaultKind::Invalid, "secret " + id + " is larger than 500 KiB");
  return value;
}

}  // namespace strata::builder
