#include "cli/commands.h"
#include "cli/options.h"
#include "cli/session.h"
#include "cli/template.h"
#include "registry/client.h"
#include "support/text.h"

namespace strata::cli {

namespace {

struct TagsOptions {
  std::string format;
  bool insecure = false;
};

llvm::Expected<int> tags(const TagsOptions& options, Session& session, const Arguments& arguments) {
  registry::Client client(session.cancel(), {.insecure = options.insecure, .retries = session.registry().retries()});
  auto reference = client.find(arguments[0]);
  if (!reference) return reference.takeError();
  auto repository = client.repository(*reference);
  if (!repository) return repository.takeError();
  auto names = (*repository)->tags();
  if (!names) return names.takeError();
  if (options.format.empty()) {
    for (const std::string& name : *names) session.out() << printable(name) << "\n";
    return 0;
  }
  llvm::json::Array array;
  for (const std::string& name : *names) array.push_back(llvm::json::fixUTF8(name));
  llvm::json::Object document{{"Repository", reference->familiarRepository()}, {"Tags", std::move(array)}};
  if (auto error = printFormatted(options.format, std::move(document), session.out())) return error;
  return 0;
}

}  // namespace

Command tagsCommand() {
  return {.name = "tags",
          .usage = "[OPTIONS] REPOSITORY",
          .description = "List the tags of a repository in its registry",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<TagsOptions>();
            declared.text("-f,--format", options->format, "'json' or a Go template");
            declared.flag("--insecure", options->insecure, "Plain HTTP and any certificate will do");
            return
                [options](Session& session, const Arguments& arguments) { return tags(*options, session, arguments); };
          },
          .transfers = true};
}

}  // namespace strata::cli
