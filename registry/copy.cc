#include "registry/copy.h"

#include "registry/at_once.h"
#include "registry/pull.h"
#include "support/fault.h"

#include <set>

namespace strata::registry {

namespace {
using layerfs::Descriptor;

/// Passes bytes on and tells how many have come.
class ToldSource : public ByteSource {
public:
  ToldSource(std::unique_ptr<ByteSource> source, uint32_t step, uint64_t total, ProgressSink& progress)
      : source_(std::move(source)), progress_(progress), told_{.step = step, .total = total} {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override {
    auto got = source_->read(buffer, size);
    if (got && *got > 0) {
      told_.done += *got;
      progress_.onProgress(told_);
    }
    return got;
  }

private:
  std::unique_ptr<ByteSource> source_;
  ProgressSink& progress_;
  StepProgress told_;
};

/// Layers that nobody may pass on have their own place to be had from.
bool staysWhereItIs(llvm::StringRef mediaType) {
  return mediaType.contains("nondistributable") || mediaType.contains(".foreign.");
}

class Copy {
public:
  Copy(Repository& from, Repository& to, ProgressSink& progress) : from_(from), to_(to), progress_(progress) {}

  llvm::Error collect(Repository::RawManifest manifest) {
    if (!seen_.insert(manifest.descriptor.digest).second) return llvm::Error::success();
    llvm::Error error = layerfs::media::isIndex(manifest.descriptor.mediaType) ? collectIndex(manifest.text)
                                                                               : collectImage(manifest.text);
    documents_.push_back(std::move(manifest));
    return withContext(std::move(error), documents_.back().descriptor.digest.str());
  }

  llvm::Error run(llvm::ArrayRef<std::string> tags) {
    if (from_.reference().repository() != to_.reference().repository())
      if (auto error = atOnce(blobs_.size(), [this](size_t i) { return copyBlob(uint32_t(i)); })) return error;
    for (const Repository::RawManifest& document : documents_) {
      const Descriptor& known = document.descriptor;
      std::vector<std::string> names{known.digest.str()};
      if (&document == &documents_.back() && !tags.empty()) names = tags.vec();
      for (const std::string& name : names)
        if (auto error = to_.pushManifest(document.text, known.mediaType, name)) return error;
    }
    return llvm::Error::success();
  }

private:
  llvm::Error collectIndex(llvm::StringRef text) {
    auto index = layerfs::parseIndex(text);
    if (!index) return index.takeError();
    for (const Descriptor& entry : index->manifests) {
      auto manifest = from_.manifest(entry.digest.str());
      if (!manifest) return manifest.takeError();
      if (auto error = collect(std::move(*manifest))) return error;
    }
    return llvm::Error::success();
  }
  llvm::Error collectImage(llvm::StringRef text) {
    auto manifest = layerfs::parseManifest(text);
    if (!manifest) return manifest.takeError();
    addBlob(manifest->config);
    for (const Descriptor& layer : manifest->layers)
      if (!staysWhereItIs(layer.mediaType)) addBlob(layer);
    return llvm::Error::success();
  }
  void addBlob(const Descriptor& blob) {
    if (seen_.insert(blob.digest).second) blobs_.push_back(blob);
  }

  llvm::Error copyBlob(uint32_t step) {
    const Descriptor& blob = blobs_[step];
    progress_.onStep({.step = step, .state = StepState::Started, .name = "copy " + blob.digest.shortHex()});
    bool sent = false;
    auto open = [&]() -> llvm::Expected<std::unique_ptr<ByteSource>> {
      sent = true;
      auto source = from_.openBlob(blob);
      if (!source) return source.takeError();
      return std::make_unique<ToldSource>(std::move(*source), step, blob.size, progress_);
    };
    bool neighbours = from_.domain() == to_.domain();
    llvm::Error error = to_.pushBlob(blob, open, neighbours ? from_.reference().path : "");
    StepNews news{.step = step, .state = sent ? StepState::Done : StepState::Cached};
    news.name = "copy " + blob.digest.shortHex();
    if (!error && !sent) news.text = "already there";
    if (error) tellFailure(news, error);
    progress_.onStep(news);
    return error;
  }

  /// The error comes back as it was.
  void tellFailure(StepNews& news, llvm::Error& error) {
    FaultKind kind = kindOf(error);
    news.text = messageOf(std::move(error));
    error = fault(kind, news.text);
    bool says = kind != FaultKind::Cancelled && causes_.isNew(kind, news.text);
    news.state = says ? StepState::Failed : StepState::Cancelled;
    if (!says) news.text.clear();
  }

  Repository &from_, &to_;
  ProgressSink& progress_;
  Causes causes_;
  std::set<Digest> seen_;
  std::vector<Descriptor> blobs_;
  std::vector<Repository::RawManifest> documents_;  ///< each behind those that it names
};

/// What is to be copied: all that the name leads to, or the platform's image of it.
llvm::Expected<Repository::RawManifest> rootOf(Repository& from, llvm::StringRef tagOrDigest,
                                               const CopyChoice& choice) {
  if (!choice.platform) return from.manifest(tagOrDigest);
  Reference named = from.reference();
  named.tag = tagOrDigest.str();
  if (tagOrDigest.contains(':')) {
    auto digest = Digest::parse(tagOrDigest);
    if (!digest) return digest.takeError();
    named.digest = *digest;
  }
  auto image = resolveRemote(from, named, *choice.platform, PlatformMatch::Required);
  if (!image) return image.takeError();
  return std::move(image->manifest);
}
}  // namespace

llvm::Expected<Descriptor> copyImage(Repository& from, llvm::StringRef tagOrDigest, Repository& to,
                                     llvm::ArrayRef<std::string> tags, const CopyChoice& choice,
                                     ProgressSink& progress) {
  auto root = rootOf(from, tagOrDigest, choice);
  if (!root) return root.takeError();
  Descriptor descriptor = root->descriptor;
  Copy copy(from, to, progress);
  if (auto error = copy.collect(std::move(*root))) return error;
  if (auto error = copy.run(tags)) return error;
  return descriptor;
}

}  // namespace strata::registry
