#include "cli/containers/environment.h"

#include "layerfs/image_config.h"
#include "support/fault.h"
#include "support/files.h"

#include <llvm/ADT/STLExtras.h>

#include <cstdlib>

namespace strata::cli {

namespace {
/// NAME=VALUE, or NAME alone for our own variable; one that we do not have is taken out.
void setVariable(layerfs::ImageConfig& config, llvm::StringRef text) {
  auto [name, value] = text.split('=');
  const char* ours = text.contains('=') ? nullptr : ::getenv(name.str().c_str());
  if (text.contains('='))
    config.setEnv(name, value);
  else if (ours)
    config.setEnv(name, ours);
  else
    llvm::erase_if(config.env, [&](llvm::StringRef pair) { return pair.split('=').first == name; });
}

/// docker's env file: one variable a line; empty lines and lines that begin with '#' are skipped, nothing is unquoted.
llvm::Error readEnvFile(const std::string& path, layerfs::ImageConfig& config) {
  auto text = readFile(path, 16 << 20);
  if (!text) return text.takeError();
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(*text).split(lines, '\n');
  for (llvm::StringRef line : lines) {
    line = line.rtrim('\r').ltrim(" \t");
    if (line.empty() || line.front() == '#') continue;
    llvm::StringRef name = line.split('=').first;
    if (name.empty()) return fault(FaultKind::Invalid, path + ": no variable name on line '" + line + "'");
    if (name.find_first_of(" \t") != llvm::StringRef::npos)
      return fault(FaultKind::Invalid, path + ": variable '" + name + "' contains whitespaces");
    setVariable(config, line);
  }
  return llvm::Error::success();
}

}  // namespace

llvm::Expected<std::vector<std::string>> environmentWith(std::vector<std::string> base,
                                                         llvm::ArrayRef<std::string> files,
                                                         llvm::ArrayRef<std::string> texts) {
  layerfs::ImageConfig config;  // for its way with variables
  config.env = std::move(base);
  for (const std::string& path : files)
    if (llvm::Error error = readEnvFile(path, config)) return error;
  for (const std::string& text : texts) {
    if (text.empty() || text.front() == '=') return fault(FaultKind::Invalid, "invalid environment variable: " + text);
    setVariable(config, text);
  }
  return std::move(config.env);
}

}  // namespace strata::cli
