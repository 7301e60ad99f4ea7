#include "cli/commands.h"
#include "cli/manifest_lists.h"
#include "cli/options.h"
#include "support/fault.h"

namespace strata::cli {

namespace {

struct ManifestPushOptions {
  bool purge = false, insecure = false;
};

llvm::Expected<int> push(const ManifestPushOptions& options, Session& session, const Arguments& arguments) {
  auto name = registry::parseReference(arguments[0]);
  if (!name) return name.takeError();
  registry::ManifestLists lists = manifestLists(session);
  auto list = lists.load(*name);
  if (!list) return list.takeError();
  registry::Client client(session.cancel(), {.insecure = options.insecure, .retries = session.registry().retries()});
  auto tell = [&](const layerfs::Descriptor& pushed) {
    session.out() << "Pushed ref " << name->repository() << "@" << pushed.digest.str()
                  << " with digest: " << pushed.digest.str() << "\n";
  };
  auto pushed = registry::pushList(client, *list, tell);
  if (!pushed) return withContext(pushed.takeError(), "push " + name->familiar());
  session.out() << pushed->digest.str() << "\n";
  if (options.purge)
    if (auto error = lists.remove(*name)) return error;
  return 0;
}

}  // namespace

Command manifestPushCommand() {
  return {.name = "push",
          .usage = "[OPTIONS] MANIFEST_LIST",
          .description = "Push a list and its images to the list's repository",
          .minimum = 1,
          .maximum = 1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ManifestPushOptions>();
            declared.flag("--insecure", options->insecure, "Plain HTTP and any certificate will do");
            declared.flag("-p,--purge", options->purge, "Forget the list on this machine once it is pushed");
            return
                [options](Session& session, const Arguments& arguments) { return push(*options, session, arguments); };
          },
          .transfers = true};
}

}  // namespace strata::cli
