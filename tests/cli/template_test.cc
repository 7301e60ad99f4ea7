#include "cli/template.h"

#include "support/text.h"
#include "tests/support/testing.h"

namespace strata::cli {
namespace {

using strata::testing::must;

constexpr llvm::StringLiteral kDocument = R"({"Id": "sha256:abc", "Size": 42, "Config": {
  "Env": ["A=1", "B=2"], "Labels": {"b": "y", "a": "x"}, "Cmd": null, "User": ""}})";

std::string render(llvm::StringRef text) {
  return must(must(Template::parse(text)).render(must(parseJson(kDocument))));
}
llvm::Error failure(llvm::StringRef text) {
  auto parsed = Template::parse(text);
  if (!parsed) return parsed.takeError();
  return parsed->render(must(parseJson(kDocument))).takeError();
}

TEST(TemplateTest, FieldsPrintAsGoPrintsThem) {
  EXPECT_EQ(render("{{.Id}} {{ .Size }}"), "sha256:abc 42");
  EXPECT_EQ(render("{{.Config.Env}}"), "[A=1 B=2]");
  EXPECT_EQ(render("{{.Config.Labels}}"), "map[a:x b:y]");
  EXPECT_EQ(render("{{$.Id}}"), "sha256:abc");
}

TEST(TemplateTest, JsonAndIndexReachInside) {
  EXPECT_EQ(render("{{json .Config.Env}}"), R"(["A=1","B=2"])");
  EXPECT_EQ(render("{{.Config.Cmd | json}}"), "null");
  EXPECT_EQ(render("{{index .Config.Labels \"b\"}}"), "y");
  EXPECT_EQ(render("{{index .Config.Labels \"none\"}}"), "");
  EXPECT_EQ(render("{{(index .Config.Env 1) | lower}}"), "b=2");
  EXPECT_EQ(render("{{len .Config.Env}}"), "2");
  EXPECT_EQ(render("{{join .Config.Env \",\"}}"), "A=1,B=2");
  EXPECT_EQ(render("{{index (split .Id \":\") 1}}"), "abc");
}

TEST(TemplateTest, BlocksRepeatAndChoose) {
  EXPECT_EQ(render("{{range .Config.Env}}<{{.}}>{{end}}"), "<A=1><B=2>");
  EXPECT_EQ(render("{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}"), "a=x;b=y;");
  EXPECT_EQ(render("{{range .Config.Cmd}}x{{else}}none{{end}}"), "none");
  EXPECT_EQ(render("{{if .Config.User}}user{{else if eq .Size 42}}big{{else}}small{{end}}"), "big");
  EXPECT_EQ(render("{{with .Config}}{{len .Labels}}{{end}}"), "2");
  EXPECT_EQ(render("{{.Config.Labels.a}} {{.Config.Labels.z}}"), "x <no value>");
  EXPECT_EQ(render("{{$x := .Size}}{{if and $x (not .Config.User)}}{{$x}}{{end}}"), "42");
}

TEST(TemplateTest, HyphensTrimAndEscapesCountOutsideOfActions) {
  EXPECT_EQ(render("a  {{- .Size -}}  b"), "a42b");
  EXPECT_EQ(render("a\\tb\\n{{/* nothing */}}"), "a\tb\n");
}

TEST(TemplateTest, WhatDoesNotFitIsNamed) {
  EXPECT_FAULT_SAYING(failure("{{.Idd}}"), FaultKind::Invalid, "no field 'Idd' (did you mean Id?)");
  EXPECT_FAULT_SAYING(failure("{{jsn .Id}}"), FaultKind::Invalid, "did you mean json?");
  EXPECT_FAULT_SAYING(failure("{{.Id"), FaultKind::Invalid, "unclosed action");
  EXPECT_FAULT_SAYING(failure("{{range .Config.Env}}"), FaultKind::Invalid, "missing {{end}}");
  EXPECT_FAULT(failure("{{end}}"), FaultKind::Invalid);
  EXPECT_FAULT(failure("{{}}"), FaultKind::Invalid);
  EXPECT_FAULT(failure("{{index .Config.Env 2}}"), FaultKind::Invalid);
  EXPECT_FAULT(failure("{{.Id.Deeper}}"), FaultKind::Invalid);
  EXPECT_FAULT(failure("{{\"open}}"), FaultKind::Invalid);
  EXPECT_FAULT(failure("{{$undefined}}"), FaultKind::Invalid);
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "{{if .Id}}";
  EXPECT_FAULT(failure(deep), FaultKind::Invalid);
  EXPECT_FAULT(failure("{{" + std::string(10000, '(') + "}}"), FaultKind::Invalid);
}

}  // namespace
}  // namespace strata::cli
