#pragma once
/// \file A builder of somebody else, measured on the same work. One that works itself gets a store below the
/// benchmark's directory. A daemon builds in its own: the images' names are ours and go, its build cache keeps what was
/// built.

#include "analyzer/bench/peers.h"
#include "analyzer/bench/push_place.h"
#include "analyzer/bench/strata_tool.h"
#include "analyzer/bench/tool.h"
#include "support/files.h"

#include <memory>
#include <optional>

namespace strata::analyzer {

class PeerTool : public Tool {
public:
  /// Asks whether it is there. `id` makes the names of its images ours. All is borrowed. Faults: NotFound where it is
  /// not installed; Unavailable where its daemon does not answer.
  static llvm::Expected<std::unique_ptr<PeerTool>> make(Peer peer, const BenchRequest& request,
                                                        const std::string& context, std::string id,
                                                        const CancelToken& cancel);
  ~PeerTool() override;

  void pushTo(PushPlace* place) { place_ = place; }
  /// Brings the bases that it has not got, which go again with this object: strata's, or by a digest the registry's.
  /// Faults: Invalid where it has another image by the name of one.
  [[nodiscard]] llvm::Error bringBases(StrataTool& strata);

  const BenchTool& facts() const override { return facts_; }
  bool worksItself() const override { return analyzer::worksItself(peer_); }
  std::optional<std::string> whyNot(Workload workload) const override;
  llvm::Error begin(Workload workload) override;
  llvm::Error prepare(Workload workload, unsigned round) override;
  llvm::Expected<Measurement> run(Workload workload, unsigned round) override;
  llvm::Error end(Workload workload) override;

private:
  PeerTool(Peer peer, const BenchRequest& request, const std::string& context, std::string id,
           const CancelToken& cancel);
  [[nodiscard]] llvm::Error check();
  [[nodiscard]] llvm::Error makeStore();
  [[nodiscard]] llvm::Error succeed(Words words, llvm::StringRef doing) const;
  [[nodiscard]] llvm::Error checkOnePlatform(const BenchBase& base) const;
  [[nodiscard]] llvm::Error checkSame(const BenchBase& base, llvm::StringRef layers, const StrataTool& strata) const;
  [[nodiscard]] llvm::Error loadBase(const BenchBase& base, StrataTool& strata);
  [[nodiscard]] llvm::Error pullBase(const BenchBase& base);
  [[nodiscard]] llvm::Error nameBases(bool original);
  [[nodiscard]] llvm::Error moveBases(unsigned round);
  std::string newName();
  llvm::Expected<Measurement> build(UseCache cache);
  llvm::Expected<Measurement> push(const std::string& name);

  Peer peer_;
  const BenchRequest& request_;
  const std::string& context_;
  std::string id_;
  const CancelToken& cancel_;
  std::vector<BenchBase> movable_;
  BenchTool facts_;
  PeerStore store_;
  std::optional<TempDir> run_;  ///< of `store_`
  PushPlace* place_ = nullptr;
  unsigned builds_ = 0;
  std::vector<std::string> names_;  ///< that were given to images and have to go; the last build's is `image_`
  std::string image_;
};

}  // namespace strata::analyzer
