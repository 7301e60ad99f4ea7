// COPY, ADD and WORKDIR once it is known where their files go: the key, a record if there is one, else the layer.

#include "builder/solve/solver.h"
#include "support/files.h"
#include "support/text.h"
#include "support/user_namespace.h"

#include <llvm/ADT/STLExtras.h>

#include <fcntl.h>
#include <unistd.h>

namespace strata::builder {

/// A tar that is complete and no layer yet.
struct Solver::StagedTar {
  layerfs::TarDraft draft;
  CopiedTar copied;
};

std::string Solver::shownFiles(uint64_t files) { return std::to_string(files) + (files == 1 ? " file" : " files"); }

/// With the destination known the key is, and perhaps a record.
llvm::Error Solver::placeFiles(const Vertex& vertex, CopyRequest request, const ParentTree& parent, Work& work) {
  int64_t began = nowNanoseconds();
  auto facts = resolveDestination(request, parent);
  if (!facts) return facts.takeError();
  std::unique_ptr<StagedTar> staged;
  if (request.selection.deferred) {
    auto read = readWithLayer(vertex, request, *facts, work);
    if (!read) return read.takeError();
    staged = std::move(*read);
  }
  work.facts = facts->digest();
  work.key = work.step.key = keyOfFiles(vertex, request, work);
  auto taken = takeByKey(vertex, work);
  if (!taken) return taken.takeError();
  if (*taken) return llvm::Error::success();
  CopyResult written;
  auto layer = staged ? publish(*staged, written) : writeFiles(vertex, request, *facts, work, written);
  if (!layer) return layer.takeError();
  progress_.onProgress(
      {.step = vertex.id, .done = written.bytes, .total = written.bytes, .detail = shownFiles(written.files)});
  return keepResult(vertex, work, std::move(*layer), began);
}

Digest Solver::keyOfFiles(const Vertex& vertex, const CopyRequest& request, const Work& work) {
  Hasher hasher;
  hasher.field("strata-files-1").field(request.unpackArchives ? "unpack" : "copy");
  hasher.field(work.tree.raw()).field(work.facts.raw()).field(request.destination);
  hasher.number(request.destinationIsDirectory).number(uint64_t(request.createdTime));
  hasher.number(request.uid.has_value()).number(request.uid.value_or(0));
  hasher.number(request.gid.has_value()).number(request.gid.value_or(0));
  const auto* op = vertex.as<CopyOp>();
  hasher.field(op ? op->chmod : "").number(request.inlineFiles.size());
  for (const InlineFile& file : request.inlineFiles) hasher.field(file.name).field(file.content);
  return hasher.finish();
}

/// A tar where tars can be mounted, or their files cannot be given to others, and no archive is to be extracted; else a
/// directory.
llvm::Expected<std::shared_ptr<layerfs::Layer>> Solver::writeFiles(const Vertex& vertex, const CopyRequest& request,
                                                                   const DestinationFacts& facts, const Work& work,
                                                                   CopyResult& written) {
  auto form = store_.layers().tarForm();
  if (!form) return form.takeError();
  bool asTar = *form != layerfs::TarForm::Unpacked || !mayMakeAnyFile();
  if (asTar && facts.archives.empty()) {
    if (!usesCache(vertex)) {
      auto same = sameAgain(request, facts, work.key, written);
      if (!same || *same) return same;
    }
    auto staged = stageTar(request, facts, usesCache(vertex));
    if (!staged) return staged.takeError();
    return publish(**staged, written);
  }
  auto draft = store_.layers().makeDraft();
  if (!draft) return draft.takeError();
  auto result = writeCopy(request, facts, *draft, cancel_);
  if (!result) return result.takeError();
  written = *result;
  return store_.layers().publish(*draft);
}

/// For a step that is done again although it is known (--no-cache). The layer that it left before, where reading the
/// files once more shows that the same comes of them: then nothing need be written. Null: it is to be made.
llvm::Expected<std::shared_ptr<layerfs::Layer>> Solver::sameAgain(const CopyRequest& request,
                                                                  const DestinationFacts& facts, const Digest& key,
                                                                  CopyResult& written) {
  auto record = records_.find(key);
  if (!record) return record.takeError();
  if (!*record) return nullptr;
  auto before = store_.layers().load((*record)->layer);
  if (!before) return llvm::consumeError(before.takeError()), nullptr;
  if ((*before)->form() != layerfs::LayerForm::Tar) return nullptr;
  layerfs::KnownTar tar = (*before)->openTar();
  if (!tar.file) return nullptr;
  auto same = givesTar(request, facts, tar, cancel_);
  if (!same) return same.takeError();
  if (!*same) return nullptr;
  written = **same;
  return std::move(*before);
}

/// `fromEarlier`: contents that earlier layers have need not be read from their files.
llvm::Expected<std::unique_ptr<Solver::StagedTar>> Solver::stageTar(const CopyRequest& request,
                                                                    const DestinationFacts& facts, bool fromEarlier) {
  auto draft = store_.layers().makeTarDraft();
  if (!draft) return draft.takeError();
  using Contents = EarlierLayers::Contents;
  EarlierLayers earlier(store_.layers(), fromEarlier ? Contents::Taken : Contents::Read);
  auto copied = writeCopy(request, facts, draft->file(), &earlier, cancel_);
  if (!copied) return copied.takeError();
  return std::make_unique<StagedTar>(StagedTar{.draft = std::move(*draft), .copied = std::move(*copied)});
}

llvm::Expected<std::shared_ptr<layerfs::Layer>> Solver::publish(StagedTar& staged, CopyResult& written) {
  CopiedTar& copied = staged.copied;
  written = copied.result;
  auto layer = store_.layers().publish(std::move(staged.draft), copied.index, copied.identity, copied.history);
  if (!layer) return layer;
  std::map<const SourceTree*, std::vector<std::pair<const SourceNode*, uint64_t>>> places;
  for (const CopiedFile& file : copied.files) places[file.tree].emplace_back(file.node, file.offset);
  for (auto& [tree, offsets] : places) tree->keepPlaces(copied.identity.diffId.digest, std::move(offsets));
  return layer;
}

// One read for key and layer. It is worth while where nothing is known of the files, so that no record is likely, and
// where the copy could start at once, so that hashing ahead would delay it.

/// Whether this vertex alone looks at its context, for a copy that waits for nothing else.
bool Solver::mayDefer(VertexId id) const {
  const auto* op = plan_.vertices[id].as<ContextFilesOp>();
  if (!op || dependents_[id].size() != 1) return false;
  VertexId user = dependents_[id].front();
  const auto* copy = plan_.vertices[user].as<CopyOp>();
  bool plain = copy && copy->contextFiles == id && copy->parts.empty() && !copy->unpack && work_[user].missing == 1;
  return plain && llvm::count_if(plan_.vertices, [&](const Vertex& vertex) {
                    const auto* other = vertex.as<ContextFilesOp>();
                    return other && other->context == op->context;
                  }) == 1;
}

llvm::Expected<bool> Solver::canReadWithLayer(const SourceTree& tree, const Work& work) {
  if (!work.mayDefer || !tree.isNew()) return false;
  if (options_.exchange && options_.exchange->imports()) return false;  // its layer may be known elsewhere
  auto form = store_.layers().tarForm();
  if (!form) return form.takeError();
  return *form != layerfs::TarForm::Unpacked;
}

/// A copy whose files nobody has read.
bool Solver::isDeferred(const Vertex& vertex) const {
  const auto* copy = vertex.as<CopyOp>();
  return copy && copy->contextFiles && work_[*copy->contextFiles].result->selection.deferred;
}

/// Writes the layer, and from what that read comes all that its key was waiting for.
llvm::Expected<std::unique_ptr<Solver::StagedTar>> Solver::readWithLayer(const Vertex& vertex, CopyRequest& request,
                                                                         const DestinationFacts& facts, Work& work) {
  auto staged = stageTar(request, facts, usesCache(vertex));
  if (!staged) return staged;
  const auto* files = plan_.vertices[*vertex.as<CopyOp>()->contextFiles].as<ContextFilesOp>();
  auto tree = contextTree(files->context);
  if (!tree) return tree.takeError();
  if (auto error = (*tree)->finish(request.selection, trees_, cancel_)) return error;
  work.tree = request.selection.tree;
  sayFiles(work.step, work.tree);
  work.alias = besideIdle(vertex, keyFromComponents(vertex, work));
  return staged;
}

}  // namespace strata::builder
