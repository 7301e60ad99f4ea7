#include "builder/remote/cache_index.h"

#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/Support/Base64.h>

namespace strata::builder {

using layerfs::Descriptor;

namespace {
constexpr llvm::StringLiteral kData = "vnd.strata.cache.data", kAdded = "vnd.strata.cache.added",
                              kWindow = "vnd.strata.cache.window", kReplaced = "vnd.strata.cache.replaced";
/// Registries take manifests of 4 MiB; these are a sixteenth of that, for all of them together.
constexpr size_t kEmbedded = 64 << 10, kEmbeddedTogether = 256 << 10;
constexpr size_t kMostReplaced = 1024;
constexpr std::chrono::milliseconds kShortestWindow{200};

bool contains(llvm::ArrayRef<Descriptor> sorted, const Digest& digest) {
  auto at =
      llvm::lower_bound(sorted, digest, [](const Descriptor& one, const Digest& two) { return one.digest < two; });
  return at != sorted.end() && at->digest == digest;
}

int64_t addedOf(const Descriptor& pack) {
  auto text = pack.annotations.find(kAdded.str());
  int64_t time = 0;
  if (text == pack.annotations.end() || llvm::StringRef(text->second).getAsInteger(10, time)) return 0;
  return time;
}

std::set<Digest> replacedFrom(llvm::StringRef text) {
  std::set<Digest> replaced;
  llvm::SmallVector<llvm::StringRef> words;
  text.split(words, ',', -1, /*KeepEmpty=*/false);
  for (llvm::StringRef word : words) {
    auto digest = Digest::parseHex(word);
    if (!digest)
      llvm::consumeError(digest.takeError());
    else if (replaced.size() < kMostReplaced)
      replaced.insert(*digest);
  }
  return replaced;
}

void keepApart(CacheIndex& index) {
  llvm::erase_if(index.packs, [&](const Descriptor& pack) { return index.replaced.count(pack.digest) > 0; });
  llvm::stable_sort(index.packs, [](const Descriptor& a, const Descriptor& b) {
    return std::pair(addedOf(a), a.digest) > std::pair(addedOf(b), b.digest);
  });
  llvm::sort(index.others, [](const Descriptor& a, const Descriptor& b) { return a.digest < b.digest; });
  auto same = [](const Descriptor& a, const Descriptor& b) { return a.digest == b.digest; };
  index.others.erase(std::unique(index.others.begin(), index.others.end(), same), index.others.end());
}
}  // namespace

bool CacheIndex::hasPack(const Digest& digest) const {
  return llvm::any_of(packs, [&](const Descriptor& pack) { return pack.digest == digest; });
}

bool CacheIndex::lists(const Digest& digest) const { return contains(others, digest); }

void CacheIndex::merge(const CacheIndex& other) {
  window = std::max(window, other.window);
  replaced.insert(other.replaced.begin(), other.replaced.end());
  for (const Descriptor& pack : other.packs)
    if (!hasPack(pack.digest)) packs.push_back(pack);
  others.insert(others.end(), other.others.begin(), other.others.end());
  keepApart(*this);
}

bool CacheIndex::covers(const CacheIndex& other) const {
  return llvm::all_of(other.packs,
                      [&](const Descriptor& pack) { return hasPack(pack.digest) || replaced.count(pack.digest) > 0; });
}

std::string CacheIndex::print() const {
  layerfs::Manifest manifest;
  manifest.config = config();
  size_t room = kEmbeddedTogether;
  for (Descriptor pack : packs) {
    auto data = pack.annotations.find(kData.str());
    if (data != pack.annotations.end() && data->second.size() > room)
      pack.annotations.erase(data);
    else if (data != pack.annotations.end())
      room -= data->second.size();
    manifest.layers.push_back(std::move(pack));
  }
  manifest.layers.insert(manifest.layers.end(), others.begin(), others.end());
  manifest.annotations[kWindow.str()] = std::to_string(window.count());
  std::string gone;
  for (const Digest& digest : replaced) gone += (gone.empty() ? "" : ",") + digest.hex();
  if (!gone.empty()) manifest.annotations[kReplaced.str()] = gone;
  return layerfs::printManifest(manifest);
}

llvm::Expected<CacheIndex> CacheIndex::parse(llvm::StringRef json) {
  auto manifest = layerfs::parseManifest(json);
  if (!manifest) return manifest.takeError();
  if (manifest->config.mediaType != cachemedia::kConfig)
    return fault(FaultKind::NotFound, "no cache of strata's is there (" + printable(manifest->config.mediaType) + ")");
  CacheIndex index;
  for (Descriptor& layer : manifest->layers)
    (layer.mediaType == cachemedia::kPack ? index.packs : index.others).push_back(std::move(layer));
  auto annotation = [&](llvm::StringRef key) { return llvm::StringRef(manifest->annotations[key.str()]); };
  index.replaced = replacedFrom(annotation(kReplaced));
  int64_t window = 0;
  if (!annotation(kWindow).getAsInteger(10, window))
    index.window = std::clamp(std::chrono::milliseconds(window), kShortestWindow, kLongestWindow);
  keepApart(index);
  return index;
}

Descriptor CacheIndex::config() { return describe("{}", cachemedia::kConfig); }

Descriptor describePack(llvm::StringRef bytes) {
  Descriptor pack = describe(bytes, cachemedia::kPack);
  pack.annotations[kAdded.str()] = std::to_string(nowNanoseconds());
  if (bytes.size() <= kEmbedded) pack.annotations[kData.str()] = llvm::encodeBase64(bytes);
  return pack;
}

std::string embeddedIn(const Descriptor& pack) {
  auto data = pack.annotations.find(kData.str());
  std::vector<char> bytes;
  if (data == pack.annotations.end() || data->second.size() > kEmbeddedTogether) return "";
  if (auto error = llvm::decodeBase64(data->second, bytes)) {
    llvm::consumeError(std::move(error));
    return "";
  }
  std::string text(bytes.begin(), bytes.end());
  return text.size() == pack.size && digestOf(text) == pack.digest ? text : "";
}

}  // namespace strata::builder
