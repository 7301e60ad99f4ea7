#include "cli/containers/each_container.h"

#include "runtime/containers/truth.h"
#include "support/fault.h"

#include <thread>

namespace strata::cli {

namespace {

llvm::Error actOn(runtime::ContainerStore& store, const std::string& word, ContainerAction action) {
  auto container = runtime::findContainer(store, word);
  if (!container) return container.takeError();
  return action(store, *container);
}

}  // namespace

llvm::Expected<int> forEachContainer(Session& session, const Arguments& words, Pace pace, ContainerAction action) {
  auto containers = session.containers();
  if (!containers) return containers.takeError();
  runtime::ContainerStore& store = **containers;
  llvm::Error failures = llvm::Error::success();
  auto finish = [&](const std::string& word, llvm::Error error) {
    if (!error) session.out() << word << "\n";
    failures = llvm::joinErrors(std::move(failures), std::move(error));
  };
  if (pace == Pace::OneByOne || words.size() == 1) {
    for (const std::string& word : words) finish(word, actOn(store, word, action));
  } else {
    std::vector<std::optional<llvm::Error>> results(words.size());
    std::vector<std::thread> threads;  // they wait for containers, all but a few microseconds
    for (size_t i = 0; i < words.size(); ++i)
      threads.emplace_back([&, i] { results[i].emplace(actOn(store, words[i], action)); });
    for (size_t i = 0; i < words.size(); ++i) {
      threads[i].join();
      finish(words[i], std::move(*results[i]));
    }
  }
  if (failures) return failures;
  return 0;
}

}  // namespace strata::cli
