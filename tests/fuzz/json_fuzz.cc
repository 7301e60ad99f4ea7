/// Input: one JSON text, read as every document that comes from outside.

#include "builder/frontend/json_list.h"
#include "layerfs/descriptor.h"
#include "layerfs/docker_manifest.h"
#include "layerfs/image_config.h"
#include "support/text.h"
#include "tests/fuzz/fuzz.h"

namespace strata::fuzz {

namespace {
using namespace layerfs;

void checkConfig(llvm::StringRef json) {
  auto config = valueOf(parseImageConfig(json));
  if (!config) return;
  containerConfigJson(*config);
  std::string printed = printImageConfig(*config);
  auto again = parseImageConfig(printed);
  if (!again) return broken("a configuration prints as one: " + messageOf(again.takeError()));
  FUZZ_EXPECT(*again == *config, "a configuration prints as itself");
  FUZZ_EXPECT(printImageConfig(*again) == printed, "a configuration has one spelling");
}

/// For manifests and indexes: printed, read and printed again they are the same.
template <typename Document>
void checkPrinting(const std::optional<Document>& document, llvm::Expected<Document> (*parse)(llvm::StringRef),
                   std::string (*print)(const Document&)) {
  if (!document) return;
  std::string printed = print(*document);
  auto again = parse(printed);
  if (!again) return broken("a document prints as one: " + messageOf(again.takeError()));
  FUZZ_EXPECT(print(*again) == printed, "a document has one spelling");
}

void checkDockerManifest(llvm::StringRef json) {
  auto entries = valueOf(parseDockerManifest(json));
  if (!entries) return;
  for (const DockerManifestEntry& entry : *entries)
    FUZZ_EXPECT(llvm::json::isUTF8(entry.config), "a path is of characters");
}

void checkList(llvm::StringRef text) {
  using Kind = builder::JsonList::Kind;
  llvm::BumpPtrAllocator arena;
  builder::JsonList list = builder::readJsonList(text, arena);
  FUZZ_EXPECT(list.kind == Kind::Strings || list.strings.empty(), "what is no list has no strings");
  if (list.kind != Kind::Strings) return;
  llvm::json::Array array;
  for (llvm::StringRef one : list.strings) {
    FUZZ_EXPECT(llvm::json::isUTF8(one), "a string is of characters");
    array.push_back(one);
  }
  std::string printed = printJson(std::move(array));
  builder::JsonList again = builder::readJsonList(printed, arena);
  FUZZ_EXPECT(again.kind == Kind::Strings && again.strings == list.strings, "a list prints as itself");
}
}  // namespace

FUZZ_TARGET(json) {
  checkConfig(input);
  checkPrinting(valueOf(parseManifest(input)), parseManifest, printManifest);
  checkPrinting(valueOf(parseIndex(input)), parseIndex, printIndex);
  checkDockerManifest(input);
  checkList(input);
  if (auto value = valueOf(parseJson(input))) valueOf(parseDescriptor(*value));
}

}  // namespace strata::fuzz
