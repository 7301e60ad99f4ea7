#include "registry/push.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

namespace strata::registry {

namespace {
constexpr size_t kAtOnce = 4;  // uploads that wait for a network, not for a core

std::vector<const PushBlob*> eachOnce(const std::vector<PushBlob>& blobs) {
  std::set<Digest> seen;
  std::vector<const PushBlob*> once;
  for (const PushBlob& blob : blobs)
    if (seen.insert(blob.descriptor.digest).second) once.push_back(&blob);
  return once;
}

llvm::Error pushBlobs(Repository& repository, const std::vector<PushBlob>& all) {
  std::vector<const PushBlob*> blobs = eachOnce(all);
  std::mutex mutex;
  llvm::Error failure = llvm::Error::success();
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  auto work = [&] {
    for (size_t i; !failed && (i = next++) < blobs.size();)
      if (auto error = repository.pushBlob(blobs[i]->descriptor, blobs[i]->open)) {
        std::lock_guard lock(mutex);
        failed = true;
        failure = llvm::joinErrors(std::move(failure), std::move(error));
      }
  };
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < std::min(kAtOnce, blobs.size()); ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  return failure;
}
}  // namespace

llvm::Error push(Repository& repository, const PushContent& content, llvm::ArrayRef<std::string> tags) {
  if (auto error = pushBlobs(repository, content.blobs)) return error;
  for (const PushManifest& manifest : content.manifests) {
    bool root = &manifest == &content.manifests.back();
    if (!root || tags.empty())
      if (auto error = repository.pushManifest(manifest.text, manifest.mediaType, digestOf(manifest.text).str()))
        return error;
    if (!root) continue;
    for (const std::string& tag : tags)
      if (auto error = repository.pushManifest(manifest.text, manifest.mediaType, tag)) return error;
  }
  return llvm::Error::success();
}

}  // namespace strata::registry
