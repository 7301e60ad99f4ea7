#include "analyzer/causes/cause.h"

#include "analyzer/causes/sequence_diff.h"

namespace strata::analyzer {

namespace {

using builder::TreeChange;

llvm::StringRef nameOf(TreeChange::Kind kind) {
  switch (kind) {
    case TreeChange::Kind::Added:
      return "added";
    case TreeChange::Kind::Removed:
      return "removed";
    case TreeChange::Kind::Modified:
      return "modified";
    case TreeChange::Kind::Mode:
      return "mode";
    case TreeChange::Kind::Owner:
      return "owner";
    case TreeChange::Kind::Type:
      return "type";
    case TreeChange::Kind::Xattrs:
      return "xattrs";
  }
  return "modified";
}

llvm::json::Array wordsJson(const Cause& cause) {
  static constexpr llvm::StringRef kKinds[] = {"same", "removed", "added"};
  llvm::json::Array words;
  for (const WordEdit& edit : diffWords(cause.before, cause.after))
    words.push_back(llvm::json::Object{{"kind", kKinds[size_t(edit.kind)]}, {"text", llvm::json::fixUTF8(edit.text)}});
  return words;
}

}  // namespace

llvm::json::Value toJson(const TreeChange& change) {
  return llvm::json::Object{{"kind", nameOf(change.kind)},
                            {"path", llvm::json::fixUTF8(change.path)},
                            {"oldSize", int64_t(change.oldSize)},
                            {"newSize", int64_t(change.newSize)}};
}

llvm::json::Value toJson(const Cause& cause) {
  llvm::json::Object object{{"kind", nameOf(cause.kind)}};
  auto put = [&](llvm::StringRef key, llvm::StringRef value) {
    if (!value.empty()) object[key] = llvm::json::fixUTF8(value);
  };
  put("name", cause.name);
  put("before", cause.before);
  put("after", cause.after);
  put("where", cause.where);
  put("whereBefore", cause.whereBefore);
  if (cause.at) object["at"] = cause.at;
  if (cause.kind == Cause::Kind::Instruction) object["words"] = wordsJson(cause);
  if (cause.rootCause) object["rootCause"] = *cause.rootCause;
  if (cause.source) object["source"] = *cause.source;
  if (cause.kind != Cause::Kind::Files) return object;
  llvm::json::Array changes;
  for (const TreeChange& change : cause.changes) changes.push_back(toJson(change));
  object["changes"] = std::move(changes);
  object["changesKnown"] = cause.changesKnown;
  return object;
}

llvm::StringRef nameOf(Cause::Kind kind) {
  switch (kind) {
    case Cause::Kind::Instruction:
      return "instruction";
    case Cause::Kind::Argument:
      return "argument";
    case Cause::Kind::Environment:
      return "environment";
    case Cause::Kind::Files:
      return "files";
    case Cause::Kind::BaseMoved:
      return "base-moved";
    case Cause::Kind::ParentRebuilt:
      return "parent-rebuilt";
    case Cause::Kind::Destination:
      return "destination";
    case Cause::Kind::Mount:
      return "mount";
    case Cause::Kind::Platform:
      return "platform";
    case Cause::Kind::Option:
      return "option";
    case Cause::Kind::NoCache:
      return "no-cache";
    case Cause::Kind::LayerGone:
      return "layer-gone";
    case Cause::Kind::RecordPruned:
      return "record-pruned";
    case Cause::Kind::Damaged:
      return "damaged";
    case Cause::Kind::FirstBuild:
      return "first-build";
    case Cause::Kind::Unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace strata::analyzer
