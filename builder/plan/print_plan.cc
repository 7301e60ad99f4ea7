#include "builder/plan/plan.h"

#include "support/text.h"

#include <llvm/Support/raw_ostream.h>

namespace strata::builder {

namespace {
llvm::StringRef nameOfOp(const Vertex& vertex) {
  if (vertex.as<ImageOp>()) return "image";
  if (vertex.as<ContextFilesOp>()) return "context";
  if (vertex.as<RemoteOp>()) return "remote";
  if (vertex.as<RunOp>()) return "run";
  if (vertex.as<CopyOp>()) return "copy";
  return "mkdir";
}

std::string firstLine(llvm::StringRef text) { return printable(text.split('\n').first); }
}  // namespace

std::string printPlan(const Plan& plan) {
  std::vector<std::vector<std::string>> rows = {{"VERTEX", "WAITS FOR", "KIND", "STEP"}};
  for (const Vertex& vertex : plan.vertices) {
    std::string inputs;
    for (VertexId input : vertex.inputs) inputs += (inputs.empty() ? "" : ",") + std::to_string(input);
    rows.push_back(
        {std::to_string(vertex.id), inputs.empty() ? "-" : inputs, nameOfOp(vertex).str(), firstLine(vertex.name)});
  }
  return table(rows) + "target: " + plan.target + "\n";
}

llvm::json::Value toJson(const Plan& plan) {
  llvm::json::Array vertices;
  for (const Vertex& vertex : plan.vertices) {
    llvm::json::Array inputs, components;
    for (VertexId input : vertex.inputs) inputs.push_back(int64_t(input));
    for (const KeyComponent& component : componentsOf(vertex, plan.file))
      components.push_back(llvm::json::Object{{"kind", nameOf(component.kind)},
                                              {"name", llvm::json::fixUTF8(component.name)},
                                              {"value", llvm::json::fixUTF8(component.value)},
                                              {"where", component.where}});
    vertices.push_back(llvm::json::Object{{"id", int64_t(vertex.id)},
                                          {"kind", nameOfOp(vertex)},
                                          {"name", llvm::json::fixUTF8(vertex.name)},
                                          {"stage", vertex.stage},
                                          {"line", int64_t(vertex.range.firstLine())},
                                          {"inputs", std::move(inputs)},
                                          {"components", std::move(components)}});
  }
  llvm::json::Array results;
  for (const PlanResult& result : plan.results) {
    llvm::json::Object object{{"platform", result.platform.str()}};
    if (result.files) object["vertex"] = int64_t(*result.files);
    results.push_back(std::move(object));
  }
  return llvm::json::Object{
      {"schema", 2}, {"target", plan.target}, {"vertices", std::move(vertices)}, {"results", std::move(results)}};
}

std::string printPlanDot(const Plan& plan) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "digraph plan {\n  rankdir=LR;\n  node [shape=box];\n";
  for (const Vertex& vertex : plan.vertices) {
    out << "  v" << vertex.id << " [label=\"";
    out.write_escaped(firstLine(vertex.name)) << "\"];\n";
    for (VertexId input : vertex.inputs) out << "  v" << input << " -> v" << vertex.id << ";\n";
  }
  out << "}\n";
  return text;
}

}  // namespace strata::builder
