#pragma once
/// \file What the planner's tests share: a Dockerfile planned over made-up base images, and short ways to ask the plan.

#include "builder/plan/make_plan.h"
#include "tests/support/testing.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringMap.h>

#include <map>

namespace strata::builder {

/// Plans a Dockerfile over a made-up base image `base` (ENV FROM_BASE=1, WORKDIR /srv) and whatever `images` has.
struct Planned {
  Dockerfile file;
  PlanOptions options;
  layerfs::ImageConfig base;
  std::map<std::string, layerfs::ImageConfig> images;         ///< by name, or by "name linux/arm64"
  std::vector<std::pair<std::string, std::string>> resolved;  ///< name and platform of every look-up

  explicit Planned(llvm::StringRef text)
      : file(testing::must(readDockerfile(std::make_shared<SourceText>("Dockerfile", text.str())))) {
    base.platform = layerfs::hostPlatform();
    base.env = {"PATH=/bin", "FROM_BASE=1"};
    base.workingDir = "/srv";
  }
  /// The images of a name for several platforms.
  void addImage(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> platforms) {
    for (llvm::StringRef platform : platforms) {
      layerfs::ImageConfig config = base;
      config.platform = testing::must(layerfs::parsePlatform(platform));
      images[(name + " " + platform).str()] = config;
    }
  }
  void platforms(llvm::ArrayRef<llvm::StringRef> texts) {
    for (llvm::StringRef text : texts) options.platforms.push_back(testing::must(layerfs::parsePlatform(text)));
  }

  llvm::Expected<Plan> plan() {
    auto resolve = [&](llvm::StringRef written, const layerfs::Platform& platform) -> llvm::Expected<ResolvedImage> {
      resolved.emplace_back(written, platform.str());
      std::string exact = (written + " " + platform.str()).str();
      auto found = images.find(exact);
      if (found == images.end()) found = images.find(written.str());
      if (found == images.end() && written != "base") return fault(FaultKind::NotFound, "no such image");
      bool isBase = found == images.end();
      return ResolvedImage{.id = digestOf(isBase ? "base" : found->first),
                           .canonical = ("docker.io/library/" + written + ":latest").str(),
                           .config = isBase ? base : found->second};
    };
    return makePlan(file, options, resolve);
  }
  Plan mustPlan() { return testing::must(plan()); }
  layerfs::ImageConfig config() { return mustPlan().results[0].config; }
};

/// Why the Dockerfile is refused before it is planned.
inline std::string readMessage(llvm::StringRef text) {
  return testing::faultOf(readDockerfile(std::make_shared<SourceText>("Dockerfile", text.str()))).message;
}

inline std::vector<std::string> namesOf(const Plan& plan) {
  std::vector<std::string> names;
  for (const Vertex& vertex : plan.vertices)
    if (vertex.step) names.push_back(vertex.name);
  return names;
}
inline std::vector<std::string> historyOf(const Plan& plan, size_t result = 0) {
  std::vector<std::string> texts;
  for (const PlannedHistory& entry : plan.results[result].history) texts.push_back(entry.createdBy);
  return texts;
}
inline std::vector<std::string> historyOf(llvm::StringRef dockerfile) {
  return historyOf(Planned(dockerfile).mustPlan());
}
inline layerfs::ImageConfig configOf(llvm::StringRef dockerfile) { return Planned(dockerfile).config(); }

/// The vertex that leaves the result's files.
inline const Vertex& lastOf(const Plan& plan, size_t result = 0) { return plan.vertices[*plan.results[result].files]; }

/// NAME=VALUE of what a RUN sees, sorted by name.
inline std::vector<std::string> environmentOf(const Vertex& vertex) {
  std::vector<std::string> pairs;
  for (const auto& [name, variable] : variablesOf(vertex.as<RunOp>()->env.get()))
    pairs.push_back((name + "=" + variable->value).str());
  llvm::sort(pairs);
  return pairs;
}
/// What the last RUN of a Dockerfile sees of these names.
inline std::optional<std::string> valueAtRun(const Plan& plan, llvm::StringRef name, size_t result = 0) {
  for (const auto& [known, variable] : variablesOf(lastOf(plan, result).as<RunOp>()->env.get()))
    if (known == name) return variable->value;
  return std::nullopt;
}

}  // namespace strata::builder
