#include "cli/analyzed_image.h"

#include "analyzer/image/archive_source.h"
#include "cli/flag_fault.h"
#include "cli/image_lookup.h"
#include "cli/reading_view.h"
#include "cli/remote_image.h"
#include "support/fault.h"
#include "support/text.h"

#include <unistd.h>

namespace strata::cli {

namespace {
using Source = std::unique_ptr<analyzer::ImageSource>;

/// What no name of an image begins with.
bool isPath(llvm::StringRef text) { return text.starts_with("/") || text.starts_with("."); }

llvm::Expected<Source> openArchive(analyzer::ArchivePlace place, const ImageChoice& choice) {
  auto platform = platformFlag(choice.platform);
  if (!platform) return platform.takeError();
  if (*platform) place.choice.platform = std::move(**platform);
  return analyzer::openArchiveImage(place.path, place.choice);
}
}  // namespace

llvm::Expected<Source> openImageSource(Session& session, llvm::StringRef text, const ImageChoice& choice) {
  if (auto platform = platformFlag(choice.platform); !platform) return platform.takeError();
  auto store = session.store();
  if (!store) return store.takeError();
  bool remote = text.consume_front("docker://");
  if (remote || choice.remote) {
    auto view = std::make_shared<ReadingView>(session.err(), TransferView::terminalAt(STDERR_FILENO));
    return openRemoteImage(session.registry(), text, choice.platform, (*store)->layers(), std::move(view));
  }
  auto found = findImage((*store)->images(), text);
  if (!found) {
    auto place = analyzer::archivePlaceOf(text);
    if (!place && !isPath(text)) return found.takeError();
    llvm::consumeError(found.takeError());
    if (!place) return fault(FaultKind::NotFound, printable(text) + ": no such file or directory");
    return openArchive(std::move(*place), choice);
  }
  auto image = loadImage((*store)->images(), text, choice.platform);
  if (!image) return image.takeError();
  return analyzer::openStoredImage(*image, (*store)->layers());
}

llvm::Expected<analyzer::Surroundings> surroundingsOf(Session& session) {
  auto store = session.store();
  if (!store) return store.takeError();
  auto journal = session.journal();
  if (!journal) return journal.takeError();
  auto trees = session.trees();
  if (!trees) return trees.takeError();
  return analyzer::Surroundings{.store = *store, .journal = *journal, .trees = *trees};
}

}  // namespace strata::cli
