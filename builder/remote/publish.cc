#include "builder/remote/publish.h"

#include "support/fault.h"

#include <llvm/ADT/STLExtras.h>

#include <poll.h>
#include <random>
#include <thread>

namespace strata::builder {

using std::chrono::milliseconds;

namespace {
/// So many writers would have to come between one after the other.
constexpr int kPublishAttempts = 12;

milliseconds upTo(milliseconds most) {
  static thread_local std::mt19937 random(std::random_device{}());
  return milliseconds(std::uniform_int_distribution<int64_t>(0, most.count())(random));
}
}  // namespace

llvm::Expected<Publisher::Seen> Publisher::look() {
  Seen seen{.index = {}, .digest = {}, .when = Clock::now()};
  auto root = storage_.root();
  if (!root) return root.takeError();
  if (!*root) return seen;
  seen.digest = (*root)->digest;
  auto index = CacheIndex::parse((*root)->text);
  if (!index) {
    auto error = index.takeError();  // somebody else's under this tag, or damaged: it is replaced
    if (kindOf(error) != FaultKind::NotFound && kindOf(error) != FaultKind::Invalid) return error;
    llvm::consumeError(std::move(error));
    return seen;
  }
  seen.index = std::move(*index);
  known_.merge(seen.index);
  return seen;
}

llvm::Expected<CacheIndex> Publisher::read() {
  auto seen = look();
  if (!seen) return seen.takeError();
  return std::move(seen->index);
}

llvm::Error Publisher::add(const CacheIndex& addition, Tidy tidy) {
  known_.merge(addition);
  return write(tidy);
}

llvm::Error Publisher::write(Tidy tidy) {
  for (int attempt = 0; attempt < kPublishAttempts; ++attempt) {
    if (auto error = cancel_.check()) return error;
    bool written = false;
    auto error = storage_.alone([&] { return writeOnce(tidy, written); });
    if (!error && written) return llvm::Error::success();
    if (error && !takeIf(error, FaultKind::Exists)) return error;
    if (auto stopped = rest(upTo(known_.window / 4))) return stopped;
  }
  return fault(FaultKind::Unavailable, "others write to this cache all the time: gave up");
}

/// `written` stays false where the reading was too long ago.
llvm::Error Publisher::writeOnce(Tidy tidy, bool& written) {
  auto seen = look();
  if (!seen) return seen.takeError();
  CacheIndex next = known_;
  if (auto error = tidy(next)) return error;
  known_.merge(next);
  bool late = Clock::now() - seen->when > next.window / 2;
  if (late && !storage_.isExclusive()) {
    known_.window = std::min(kLongestWindow, known_.window * 2);
    return llvm::Error::success();
  }
  auto error = storage_.replaceRoot(next.print(), seen->digest);
  if (error && (kindOf(error) == FaultKind::NotFound || kindOf(error) == FaultKind::Invalid)) {
    llvm::consumeError(std::move(error));
    if (auto failed = dropMissing(next)) return failed;
    error = storage_.replaceRoot(next.print(), seen->digest);
  }
  if (error) return error;
  wrote_ = written = true;
  writtenAt_ = Clock::now();
  milliseconds took = std::chrono::duration_cast<milliseconds>(writtenAt_ - seen->when);
  if (took > known_.window) known_.window = std::min(kLongestWindow, took * 2);
  return llvm::Error::success();
}

/// A registry takes no manifest whose blobs it has not got: what its garbage collection has taken is left out.
llvm::Error Publisher::dropMissing(CacheIndex& next) {
  for (auto* list : {&next.packs, &next.others}) {
    std::vector<layerfs::Descriptor> there;
    for (layerfs::Descriptor& blob : *list) {
      auto has = storage_.hasBlob(blob);
      if (!has) return has.takeError();
      if (*has) there.push_back(std::move(blob));
    }
    *list = std::move(there);
  }
  known_ = next;
  return llvm::Error::success();
}

llvm::Error Publisher::confirm() {
  if (!wrote_ || storage_.isExclusive()) return llvm::Error::success();
  for (int attempt = 0; attempt < kPublishAttempts; ++attempt) {
    auto since = std::chrono::duration_cast<milliseconds>(Clock::now() - writtenAt_);
    if (auto error = rest(std::max(milliseconds(0), known_.window - since))) return error;
    auto seen = look();
    if (!seen) return seen.takeError();
    if (seen->index.covers(known_)) return llvm::Error::success();
    if (auto error = rest(upTo(known_.window))) return error;  // not all at once again
    if (auto error = write([](CacheIndex&) { return llvm::Error::success(); })) return error;
  }
  return fault(FaultKind::Unavailable, "others write over this cache all the time: gave up");
}

llvm::Error Publisher::rest(milliseconds time) const {
  pollfd wait{cancel_.fd(), POLLIN, 0};
  ::poll(&wait, 1, int(time.count()));
  return cancel_.check();
}

}  // namespace strata::builder
