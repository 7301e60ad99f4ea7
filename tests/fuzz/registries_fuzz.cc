/// Input: a registries.conf; what it says is asked about the names that stand in it.

#include "registry/settings/registries_conf.h"
#include "registry/short_names.h"
#include "tests/fuzz/fuzz.h"

namespace strata::fuzz {

namespace {
using namespace registry;

void checkName(const RegistriesConf& conf, const std::string& name) {
  const RegistryEntry* entry = conf.find(name);
  if (!entry) return;
  FUZZ_EXPECT(entry->rewritten(name, "") == name, "without another place a name stays");
  std::string moved = entry->rewritten(name, "mirror.example");
  FUZZ_EXPECT(llvm::StringRef(moved).starts_with("mirror.example"), "a mirror's name begins with its place");
}
}  // namespace

FUZZ_TARGET(registries) {
  RegistriesConf conf;
  if (llvm::Error error = addRegistries(input, "input", conf)) {
    FUZZ_EXPECT(!messageOf(std::move(error)).empty(), "a fault says what is wrong");
    return;
  }
  for (const RegistryEntry& entry : conf.entries) {
    FUZZ_EXPECT(!entry.prefix.empty(), "an entry has a prefix");
    for (const char* below : {"", "/app", ":1/app", "x/app"}) checkName(conf, entry.prefix + below);
    for (const MirrorEntry& mirror : entry.mirrors) FUZZ_EXPECT(!mirror.location.empty(), "a mirror has a place");
  }
  for (const auto& [name, alias] : conf.aliases) {
    auto meanings = valueOf(meaningsOf(name, conf));
    FUZZ_EXPECT(!meanings || !meanings->empty(), "a name means something");
  }
}

}  // namespace strata::fuzz
