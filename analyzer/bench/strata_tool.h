#pragma once
/// \file strata itself, in stores of its own below the benchmark's directory. `template` has the base images and
/// nothing else; `warm` is where builds are repeated; `cold` is a copy of the template that one round uses.

#include "analyzer/bench/bench_request.h"
#include "analyzer/bench/push_place.h"
#include "analyzer/bench/tool.h"
#include "builder/journal/file_tree.h"
#include "layerfs/image_config.h"

#include <memory>
#include <optional>

namespace strata::analyzer {

class StrataTool : public Tool {
public:
  /// Brings the bases into its stores and builds once. `context` is the copy that is built. All is borrowed. Faults:
  /// ProgramFailed.
  static llvm::Expected<std::unique_ptr<StrataTool>> make(const BenchRequest& request, const std::string& context,
                                                          const CancelToken& cancel);
  void pushTo(PushPlace* place) { place_ = place; }

  /// Files of the context that the build takes.
  llvm::Expected<std::vector<std::string>> files() const;
  /// Those that a newer one can take the place of.
  const std::vector<BenchBase>& movable() const { return movable_; }
  /// Nothing where the base has another name here.
  llvm::Expected<std::optional<layerfs::ImageConfig>> configOf(const BenchBase& base) const;
  /// Writes this base image, which is not pinned, as an archive that others load.
  [[nodiscard]] llvm::Error saveBase(const BenchBase& base, const std::string& path);

  const BenchTool& facts() const override { return facts_; }
  bool worksItself() const override { return true; }
  std::optional<std::string> whyNot(Workload workload) const override;
  llvm::Error begin(Workload workload) override;
  llvm::Error prepare(Workload workload, unsigned round) override;
  llvm::Expected<Measurement> run(Workload workload, unsigned round) override;
  llvm::Error end(Workload workload) override;

private:
  StrataTool(const BenchRequest& request, const std::string& context, const CancelToken& cancel);
  std::string root(llvm::StringRef name) const;
  std::string cache() const;
  ProgramCall call(llvm::StringRef root, std::vector<std::string> words) const;
  ProgramCall buildCall(llvm::StringRef root, std::vector<std::string> further = {}) const;
  [[nodiscard]] llvm::Error succeed(llvm::StringRef root, std::vector<std::string> words, llvm::StringRef doing) const;

  [[nodiscard]] llvm::Error bringBases();
  [[nodiscard]] llvm::Error loadBases();
  [[nodiscard]] llvm::Error findMovable();
  [[nodiscard]] llvm::Error copyTemplate(llvm::StringRef to);
  [[nodiscard]] llvm::Error moveBases(unsigned round);
  [[nodiscard]] llvm::Error nameBases(bool original);
  llvm::Expected<Measurement> build(llvm::StringRef root, std::vector<std::string> further = {});
  llvm::Expected<Measurement> push(unsigned round);

  const BenchRequest& request_;
  const std::string& context_;
  const CancelToken& cancel_;
  std::vector<BenchBase> movable_;
  BenchTool facts_;
  PushPlace* place_ = nullptr;
};

}  // namespace strata::analyzer
