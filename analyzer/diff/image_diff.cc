#include "analyzer/diff/image_diff.h"

#include "analyzer/causes/sequence_diff.h"
#include "analyzer/findings/config_secrets.h"
#include "analyzer/findings/redactor.h"
#include "analyzer/image/instruction_text.h"

#include <llvm/ADT/STLExtras.h>

#include <map>

namespace strata::analyzer {

namespace {

class LayerComparison {
public:
  LayerComparison(const ImageFacts& before, const ImageFacts& after) : before_(before), after_(after) {
    for (auto [position, layer] : llvm::enumerate(before.layers)) note(layer, placesBefore_, uint32_t(position));
    for (auto [position, layer] : llvm::enumerate(after.layers)) note(layer, placesAfter_, uint32_t(position));
  }

  std::vector<LayerChange> run() {
    std::vector<std::string> left = texts(before_), right = texts(after_);
    std::vector<llvm::StringRef> leftRefs(left.begin(), left.end()), rightRefs(right.begin(), right.end());
    uint32_t before = 0, after = 0;
    for (const SequenceEdit& edit : diffSequences(leftRefs, rightRefs))
      for (size_t i = edit.begin; i < edit.end; ++i) {
        bool inBefore = edit.kind != SequenceEdit::Kind::Added, inAfter = edit.kind != SequenceEdit::Kind::Removed;
        put(inBefore ? std::optional(before++) : std::nullopt, inAfter ? std::optional(after++) : std::nullopt);
      }
    return std::move(layers_);
  }

private:
  using Places = std::map<Digest, uint32_t>;

  /// What one image knows of a layer is true of the other's.
  void note(const LayerFacts& layer, Places& places, uint32_t position) {
    places.try_emplace(layer.diffId, position);
    LayerFacts& known = facts_[layer.diffId];
    if (!known.tarBytes) known.tarBytes = layer.tarBytes;
    if (!known.compressedBytes) known.compressedBytes = layer.compressedBytes;
  }
  static std::vector<std::string> texts(const ImageFacts& image) {
    std::vector<std::string> all;
    for (const LayerFacts& layer : image.layers) all.push_back(layer.diffId.hex());
    return all;
  }
  static std::optional<uint32_t> findIn(const Places& places, const Digest& diffId) {
    auto found = places.find(diffId);
    return found == places.end() ? std::nullopt : std::optional(found->second);
  }

  /// A layer that both have at places that do not match is named where the later image has it.
  void put(std::optional<uint32_t> before, std::optional<uint32_t> after) {
    const LayerFacts& layer = after ? after_.layers[*after] : before_.layers[*before];
    if (!after && placesAfter_.contains(layer.diffId)) return;
    if (!before) before = findIn(placesBefore_, layer.diffId);
    const LayerFacts& known = facts_[layer.diffId];
    layers_.push_back({before, after, layer.diffId, instructionOf(layer.createdBy), known.tarBytes, std::nullopt});
    if (known.compressedBytes != known.tarBytes) layers_.back().compressedBytes = known.compressedBytes;
  }

  const ImageFacts &before_, &after_;
  Places placesBefore_, placesAfter_;
  std::map<Digest, LayerFacts> facts_;
  std::vector<LayerChange> layers_;
};

ComparedImage comparedOf(const ImageFacts& facts, const std::vector<LayerChange>& layers) {
  ComparedImage image{.name = {}, .id = facts.id, .layers = uint32_t(facts.layers.size()), .compressedBytes = {}};
  std::map<Digest, const LayerChange*> known;
  for (const LayerChange& layer : layers) known[layer.diffId] = &layer;
  bool allKnown = !facts.layers.empty();
  uint64_t compressed = 0;
  for (const LayerFacts& layer : facts.layers) {
    const LayerChange& change = *known[layer.diffId];
    image.tarBytes += change.tarBytes.value_or(0);
    allKnown &= change.compressedBytes.has_value();
    compressed += change.compressedBytes.value_or(0);
  }
  if (allKnown) image.compressedBytes = compressed;
  return image;
}

/// Nothing secret is shown, not even that of a value that was taken out.
void hideSecrets(ImageDiff& diff, const layerfs::ImageConfig& before, const layerfs::ImageConfig& after) {
  Redactor redactor;
  for (const layerfs::ImageConfig* config : {&before, &after})
    for (const ConfigSecret& secret : findConfigSecrets(*config)) redactor.add(secret.name, secret.value);
  for (ConfigChange& change : diff.config)
    for (std::optional<std::string>* value : {&change.before, &change.after})
      if (*value) *value = redactor.applyToValue(change.name, **value);
  for (LayerChange& layer : diff.layers) layer.instruction = redactor.apply(layer.instruction);
}

}  // namespace

bool ImageDiff::isEmpty() const { return config.empty() && files.changes.empty() && packages.changes.empty(); }

llvm::Expected<ImageDiff> diffImages(ImageSource& before, ImageSource& after) {
  auto pair = readImagePair(before, after);
  if (!pair) return pair.takeError();
  auto files = diffFiles(*pair);
  if (!files) return files.takeError();
  auto packages = diffPackages(*pair, *files);
  if (!packages) return packages.takeError();
  ImageDiff diff;
  diff.layers = LayerComparison(before.facts(), after.facts()).run();
  diff.before = comparedOf(before.facts(), diff.layers);
  diff.after = comparedOf(after.facts(), diff.layers);
  diff.config = diffConfigs(before.facts().config, after.facts().config);
  hideSecrets(diff, before.facts().config, after.facts().config);
  diff.packages = std::move(*packages);
  diff.files = std::move(*files);
  diff.pair = std::move(*pair);
  return diff;
}

}  // namespace strata::analyzer
