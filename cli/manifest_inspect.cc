#include "cli/commands.h"
#include "cli/manifest_lists.h"
#include "cli/options.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/Support/Base64.h>

namespace strata::cli {

namespace {
using llvm::json::Object;
namespace media = layerfs::media;

struct ManifestInspectOptions {
  bool verbose = false, insecure = false;
};

/// The document itself, members in their order, a line each. The text has been read as JSON before.
std::string indentedJson(llvm::StringRef text) {
  std::string result;
  int depth = 0;
  bool quoted = false;
  auto breakLine = [&] { result += "\n" + std::string(size_t(depth), '\t'); };
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quoted || c == '"') {
      if (c == '"') quoted = !quoted;
      result += c;
      if (quoted && c == '\\') result += text[++i];
    } else if (c == '{' || c == '[') {
      result += c;
      llvm::StringRef rest = text.drop_front(i + 1).ltrim();
      if (rest.starts_with("}") || rest.starts_with("]")) {
        result += rest[0];
        i = size_t(rest.data() - text.data());
        continue;
      }
      ++depth;
      breakLine();
    } else if (c == '}' || c == ']') {
      --depth;
      breakLine();
      result += c;
    } else if (c == ',') {
      result += c;
      breakLine();
    } else if (c == ':') {
      result += ": ";
    } else if (!llvm::isSpace(c)) {
      result += c;
    }
  }
  return result;
}

llvm::Error printDocument(llvm::StringRef text, llvm::raw_ostream& out) {
  auto document = parseJson(text);
  if (!document) return document.takeError();
  out << indentedJson(text) << "\n";
  return llvm::Error::success();
}

/// As docker's --verbose shows one manifest.
llvm::Expected<Object> verboseOf(const registry::ManifestListEntry& entry) {
  auto manifest = parseJson(entry.manifest);
  if (!manifest) return manifest.takeError();
  Object descriptor{{"mediaType", entry.descriptor.mediaType},
                    {"digest", entry.descriptor.digest.str()},
                    {"size", int64_t(entry.descriptor.size)}};
  if (const auto& platform = entry.descriptor.platform) {
    Object shown{{"architecture", platform->architecture}, {"os", platform->os}};
    if (!platform->variant.empty()) shown["variant"] = platform->variant;
    if (!platform->osVersion.empty()) shown["os.version"] = platform->osVersion;
    descriptor["platform"] = std::move(shown);
  }
  bool oci = entry.descriptor.mediaType == media::kOciManifest;
  return Object{{"Ref", entry.reference},
                {"Descriptor", std::move(descriptor)},
                {"Raw", llvm::encodeBase64(entry.manifest)},
                {oci ? "OCIManifest" : "SchemaV2Manifest", std::move(*manifest)}};
}

llvm::Error printVerbose(llvm::ArrayRef<registry::ManifestListEntry> entries, bool isList, llvm::raw_ostream& out) {
  llvm::json::Array all;
  for (const registry::ManifestListEntry& entry : entries) {
    auto one = verboseOf(entry);
    if (!one) return one.takeError();
    all.push_back(std::move(*one));
  }
  llvm::json::Value value = isList ? llvm::json::Value(std::move(all)) : std::move(all.front());
  out << printPrettyJson(value) << "\n";
  return llvm::Error::success();
}

/// Each image of an index in the registry.
llvm::Expected<std::vector<registry::ManifestListEntry>> membersOf(registry::Client& client,
                                                                   const registry::Reference& name,
                                                                   llvm::StringRef text) {
  auto index = layerfs::parseIndex(text);
  if (!index) return index.takeError();
  std::vector<registry::ManifestListEntry> members;
  for (const layerfs::Descriptor& descriptor : index->manifests) {
    registry::Reference member = name;
    member.digest = descriptor.digest;
    auto repository = client.repository(member);
    if (!repository) return repository.takeError();
    auto manifest = (*repository)->manifest(descriptor.digest.str());
    if (!manifest) return manifest.takeError();
    members.push_back({member.canonical(), descriptor, {}, std::move(manifest->text)});
  }
  return members;
}

llvm::Error inspectRemote(const ManifestInspectOptions& options, llvm::StringRef text, Session& session) {
  registry::Client client(session.cancel(), {.insecure = options.insecure, .retries = session.registry().retries()});
  auto name = client.find(text);
  if (!name) return name.takeError();
  auto repository = client.repository(*name);
  if (!repository) return repository.takeError();
  auto manifest = (*repository)->manifest(name->tagOrDigest());
  if (!manifest) return withContext(manifest.takeError(), "no such manifest: " + name->familiar());
  if (!options.verbose) return printDocument(manifest->text, session.out());
  if (!media::isIndex(manifest->descriptor.mediaType)) {
    auto entry = registry::fetchEntry(client, *name);
    if (!entry) return entry.takeError();
    return printVerbose(*entry, false, session.out());
  }
  auto members = membersOf(client, *name, manifest->text);
  if (!members) return members.takeError();
  return printVerbose(*members, true, session.out());
}

/// A member of a list of this machine.
llvm::Error inspectMember(const ManifestInspectOptions& options, const Arguments& arguments, Session& session) {
  auto name = registry::parseReference(arguments[0]);
  if (!name) return name.takeError();
  auto member = registry::parseReference(arguments[1]);
  if (!member) return member.takeError();
  auto list = manifestLists(session).load(*name);
  if (!list) return list.takeError();
  const registry::ManifestListEntry* entry = list->find(member->canonical());
  if (!entry)
    return fault(FaultKind::NotFound, "manifest for image " + arguments[1] + " does not exist in " + arguments[0]);
  return options.verbose ? printVerbose(*entry, false, session.out()) : printDocument(entry->manifest, session.out());
}

llvm::Error inspectOne(const ManifestInspectOptions& options, const std::string& text, Session& session) {
  auto name = registry::parseReference(text);
  if (!name) return name.takeError();
  auto list = manifestLists(session).find(*name);
  if (!list) return list.takeError();
  if (!*list) return inspectRemote(options, text, session);
  return options.verbose ? printVerbose((*list)->entries, true, session.out())
                         : printDocument((*list)->text(), session.out());
}

llvm::Expected<int> inspect(const ManifestInspectOptions& options, Session& session, const Arguments& arguments) {
  auto error =
      arguments.size() == 1 ? inspectOne(options, arguments[0], session) : inspectMember(options, arguments, session);
  if (error) return error;
  return 0;
}

}  // namespace

Command manifestInspectCommand() {
  return {.name = "inspect",
          .usage = "[OPTIONS] [MANIFEST_LIST] MANIFEST",
          .description = "Show a manifest or a list, of this machine or of a registry",
          .minimum = 1,
          .maximum = 2,
          .declare = [](Options& declared) -> Action {
            auto options = std::make_shared<ManifestInspectOptions>();
            declared.flag("--insecure", options->insecure, "Plain HTTP and any certificate will do");
            declared.flag("-v,--verbose", options->verbose, "Show digests, platforms and each image of a list too");
            return [options](Session& session, const Arguments& arguments) {
              return inspect(*options, session, arguments);
            };
          },
          .transfers = true};
}

}  // namespace strata::cli
