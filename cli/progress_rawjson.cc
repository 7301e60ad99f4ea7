// docker's `--progress=rawjson`: for programs that watch a build. An object a line with any of `vertexes`, `statuses`,
// `logs` and `warnings`; bytes in base64, times in RFC 3339. A step is named by a digest that means nothing but itself.

#include "cli/build_view.h"
#include "support/digest.h"
#include "support/text.h"

#include <llvm/Support/Base64.h>

namespace strata::cli {

namespace {
using llvm::json::Array;
using llvm::json::Object;

class RawJsonView : public BuildView {
public:
  explicit RawJsonView(llvm::raw_ostream& out) : BuildView(out) {}

private:
  static std::string now() { return rfc3339(nowNanoseconds()); }
  std::string vertexOf(const StepView& step) const { return digestOf(seed_ + std::to_string(step.number)).str(); }
  void put(llvm::StringRef kind, Object object) { out_ << printJson(Object{{kind, Array{std::move(object)}}}) + "\n"; }

  void stepChanged(const StepView& step, bool isNew) override {
    if (isNew) started_.push_back(now());
    Object vertex{{"digest", vertexOf(step)}, {"name", step.name}};
    if (step.state != StepState::Skipped) vertex["started"] = started_[step.number - 1];
    if (step.state != StepState::Started && step.state != StepState::Skipped) vertex["completed"] = now();
    if (step.state == StepState::Cached) vertex["cached"] = true;
    if (step.state == StepState::Failed) vertex["error"] = llvm::json::fixUTF8(step.text);
    if (step.state == StepState::Cancelled) vertex["error"] = "context canceled";
    put("vertexes", std::move(vertex));
  }

  void outputCame(const StepView& step, const StepOutput& output) override {
    put("logs", Object{{"vertex", vertexOf(step)},
                       {"stream", output.isError ? 2 : 1},
                       {"data", llvm::encodeBase64(output.text)},
                       {"timestamp", now()}});
  }

  void progressed(const StepView& step) override {
    const StepProgress& progress = step.progress;
    std::string id = progress.detail.empty() ? "transferring" : llvm::json::fixUTF8(progress.detail);
    Object status{{"id", id},
                  {"vertex", vertexOf(step)},
                  {"current", int64_t(progress.done)},
                  {"timestamp", now()},
                  {"started", started_[step.number - 1]}};
    if (progress.total != 0) status["total"] = int64_t(progress.total);
    if (progress.done == progress.total) status["completed"] = now();
    put("statuses", std::move(status));
  }

  void warned(const StepView& step, const StepWarning& warning) override {
    put("warnings", Object{{"vertex", vertexOf(step)},
                           {"level", 1},
                           {"short", llvm::encodeBase64(warning.text)},
                           {"detail", Array{llvm::encodeBase64(warning.detail)}},
                           {"url", warning.url}});
  }

  void noticed(const std::string& text) override {
    put("warnings", Object{{"level", 0}, {"short", llvm::encodeBase64(text)}});
  }

  void lineCame(const StepView&, const std::string&) override {}
  bool showsFailures() const override { return false; }
  bool showsWarnings() const override { return false; }

  const std::string seed_ = now() + " ";  ///< no two builds have a vertex in common
  std::vector<std::string> started_;      ///< by number - 1
};
}  // namespace

std::unique_ptr<BuildView> makeRawJsonView(llvm::raw_ostream& out) { return std::make_unique<RawJsonView>(out); }

}  // namespace strata::cli
