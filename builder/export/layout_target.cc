#include "builder/export/layout_target.h"

#include "layerfs/layer_tar.h"
#include "support/files.h"
#include "support/output_file.h"

namespace strata::builder {

namespace {
using layerfs::EntryKind;

class TarLayout : public LayoutTarget {
public:
  explicit TarLayout(ByteSink& sink) : tar_(sink) {}
  llvm::Error directory(llvm::StringRef path) {
    return tar_.add({.path = path.str(), .kind = EntryKind::Directory, .mode = 0755}, nullptr);
  }
  llvm::Error file(const std::string& path, uint64_t size,
                   llvm::function_ref<llvm::Error(ByteSink&)> produce) override {
    return tar_.addStreamed({.path = path, .kind = EntryKind::File, .mode = 0644, .size = size}, produce);
  }
  llvm::Error finish() override { return tar_.finish(); }

private:
  layerfs::LayerTarWriter tar_;
};

class DirectoryLayout : public LayoutTarget {
public:
  explicit DirectoryLayout(std::string directory) : directory_(std::move(directory)) {}

  llvm::Error file(const std::string& path, uint64_t, llvm::function_ref<llvm::Error(ByteSink&)> produce) override {
    return replaceFile(joinPath(directory_, path), 0666, produce);
  }
  llvm::Error finish() override { return llvm::Error::success(); }

private:
  std::string directory_;
};
}  // namespace

llvm::Expected<std::unique_ptr<LayoutTarget>> makeTarLayout(ByteSink& sink) {
  auto layout = std::make_unique<TarLayout>(sink);
  for (llvm::StringRef path : {"blobs", "blobs/sha256"})
    if (auto error = layout->directory(path)) return error;
  return layout;
}

llvm::Expected<std::unique_ptr<LayoutTarget>> makeDirectoryLayout(const std::string& directory) {
  if (auto error = makeDirectories(joinPath(directory, "blobs/sha256"))) return error;
  return std::make_unique<DirectoryLayout>(directory);
}

}  // namespace strata::builder
