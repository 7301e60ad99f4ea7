#include "cli/commands.h"
#include "cli/containers/create_options.h"
#include "cli/options.h"
#include "runtime/spec/object_names.h"

namespace strata::cli {

Command createCommand() {
  return {.name = "create",
          .usage = "[OPTIONS] IMAGE [COMMAND] [ARG...]",
          .description = "Create a container of an image, without starting it",
          .minimum = 1,
          .maximum = -1,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<CreateOptions>();
            declareCreateOptions(declared, *options);
            return [options](Session& session, const Arguments& words) -> llvm::Expected<int> {
              auto container = createContainer(*options, runtime::makeObjectId(), /*detached=*/false, session, words);
              if (!container) return container.takeError();
              session.out() << container->id << "\n";
              return 0;
            };
          },
          .optionsFirst = true};
}

}  // namespace strata::cli
