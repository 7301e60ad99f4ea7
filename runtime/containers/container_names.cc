#include "runtime/containers/container_names.h"

#include <llvm/ADT/StringRef.h>

#include <random>

namespace strata::runtime {

namespace {
constexpr llvm::StringLiteral kAdjectives[] = {
    "able",    "agile",   "airy",   "amber",  "ample",   "apt",    "azure",  "bold",    "brave",  "bright", "brisk",
    "calm",    "candid",  "clear",  "clever", "cool",    "cosy",   "crisp",  "curious", "daring", "deft",   "eager",
    "early",   "easy",    "fair",   "fancy",  "fast",    "fine",   "firm",   "fleet",   "fond",   "frank",  "fresh",
    "gentle",  "glad",    "golden", "grand",  "green",   "happy",  "hardy",  "honest",  "humble", "jolly",  "keen",
    "kind",    "lasting", "light",  "lively", "loyal",   "lucid",  "lucky",  "mellow",  "merry",  "mighty", "mild",
    "modest",  "neat",    "nimble", "noble",  "patient", "plain",  "polite", "proud",   "quick",  "quiet",  "rapid",
    "ready",   "regal",   "robust", "rosy",   "rugged",  "serene", "sharp",  "shiny",   "silent", "silver", "simple",
    "sincere", "sleek",   "smart",  "smooth", "snug",    "solid",  "spry",   "stable",  "steady", "stout",  "sturdy",
    "sunny",   "swift",   "tender", "tidy",   "tough",   "trusty", "vivid",  "warm",    "wise",   "witty"};
constexpr llvm::StringLiteral kThings[] = {
    "agate",     "alder",   "aspen",   "badger",   "basalt",  "beech",    "birch",  "boulder", "brook",  "canyon",
    "cavern",    "cedar",   "chalk",   "clay",     "cliff",   "coal",     "cobalt", "coral",   "cove",   "crane",
    "creek",     "crystal", "cypress", "delta",    "diorite", "dolomite", "dune",   "elm",     "falcon", "feldspar",
    "fern",      "fjord",   "flint",   "fossil",   "gabbro",  "garnet",   "geyser", "glacier", "gneiss", "granite",
    "gravel",    "grotto",  "gypsum",  "harbor",   "hazel",   "heron",    "hill",   "iris",    "island", "ivy",
    "jade",      "jasper",  "juniper", "karst",    "lagoon",  "lake",     "larch",  "lava",    "lichen", "lilac",
    "limestone", "linden",  "lotus",   "magma",    "maple",   "marble",   "marl",   "meadow",  "mesa",   "mica",
    "moraine",   "moss",    "oak",     "obsidian", "onyx",    "opal",     "otter",  "pebble",  "pine",   "plateau",
    "pumice",    "quartz",  "quarry",  "ravine",   "reef",    "ridge",    "river",  "rowan",   "ruby",   "sandstone",
    "sapphire",  "schist",  "shale",   "silt",     "slate",   "spruce",   "summit", "talc",    "topaz",  "travertine",
    "tuff",      "tundra",  "valley",  "willow",   "zircon"};

template <size_t Count>
std::string oneOf(const llvm::StringLiteral (&words)[Count], std::random_device& random) {
  return words[random() % Count].str();
}
}  // namespace

std::string generatedName(int attempt) {
  std::random_device random;
  std::string name = oneOf(kAdjectives, random) + "_" + oneOf(kThings, random);
  if (attempt > 0) name += std::to_string(random() % (10u * unsigned(attempt)));
  return name;
}

}  // namespace strata::runtime
