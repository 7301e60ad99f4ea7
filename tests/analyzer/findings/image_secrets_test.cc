#include "analyzer/findings/image_secrets.h"

#include "analyzer/findings/config_secrets.h"
#include "analyzer/report/findings_json.h"
#include "analyzer/report/findings_text.h"
#include "analyzer/report/image_json.h"
#include "analyzer/report/image_text.h"
#include "support/text.h"
#include "tests/analyzer/image/image_layers.h"
#include "tests/analyzer/secrets/made_secrets.h"

#include <chrono>

namespace strata::analyzer {
namespace {

using strata::testing::must;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const std::string kToken = withCrc(
    "gh"
    "p_");
const std::string kPassword = "correct-horse-77";

class ImageSecretsTest : public ImageLayersTest {
protected:
  struct Seen {
    SecretReport secrets;
    std::string everything;  ///< all that is printed of it, in every way
  };

  Seen look(const layerfs::Image& image, Contents contents = Contents::Yes) {
    auto source = must(openStoredImage(image, store_->layers()));
    Redactor redactor(source->facts().config);
    auto shown = [&](llvm::StringRef instruction) { return redactor.apply(instruction); };
    Analysis analysis = must(analyzeImage(*source, {.store = store_.get()}, {.shown = shown}));
    Seen seen{must(findImageSecrets(*source, analysis, contents, redactor)), ""};
    redactor.apply(analysis.report);
    seen.everything = printImageReport(analysis.report) + printPrettyJson(toJson(analysis.report)) +
                      printFindings(seen.secrets.findings) + printFindings(seen.secrets.findings, 80) +
                      printPrettyJson(toJson(seen.secrets));
    return seen;
  }

  using Kind = builder::KeyComponent::Kind;
  /// Of what is found in the configuration, when a step of the build that is known saw this.
  std::vector<std::string> placesIn(const layerfs::Image& image, builder::KeyComponent seen) {
    auto source = must(openStoredImage(image, store_->layers()));
    Analysis analysis = must(analyzeImage(*source, {}));
    analysis.report.build = builder::Build{};
    analysis.report.build->dockerfile = "Dockerfile";
    builder::BuildStep step;
    step.components = {std::move(seen)};
    analysis.report.build->steps = {step};
    Redactor redactor(source->facts().config);
    std::vector<std::string> places;
    for (const Finding& finding : must(findImageSecrets(*source, analysis, Contents::No, redactor)).findings)
      places.push_back(placeText(finding.where));
    return places;
  }

  layerfs::Image withConfig(std::function<void(layerfs::ImageConfig&)> change,
                            std::vector<std::pair<std::string, MadeLayer>> history = {
                                {"COPY a /a", {file("a", "x")}}}) {
    layerfs::Image image = makeImage(history);
    layerfs::ImageConfig config = image.config;
    change(config);
    return must(store_->images().create(std::move(config), image.layers));
  }
};

TEST_F(ImageSecretsTest, AFileIsNamedWithLayerLineAndByte) {
  Seen seen =
      look(makeImage({{"COPY base /", {file("a", "x")}},
                      {"COPY app /app", {directory("app"), file("app/settings", "one\ntwo " + kToken + "\n")}}}));
  ASSERT_THAT(seen.secrets.findings, SizeIs(1));
  const Finding& finding = seen.secrets.findings[0];
  EXPECT_EQ(finding.rule, "secret/github-token");
  EXPECT_EQ(finding.level, FindingLevel::Error);
  EXPECT_EQ(finding.where.layer, std::optional(1u));
  EXPECT_EQ(finding.where.instruction, "COPY app /app");
  EXPECT_EQ(finding.where.path, "app/settings");
  EXPECT_EQ(finding.where.fileLine, std::optional<uint64_t>(2));
  EXPECT_EQ(finding.where.offset, std::optional<uint64_t>(8));
  EXPECT_THAT(seen.everything, Not(HasSubstr(kToken)));
}

TEST_F(ImageSecretsTest, WhatALaterLayerTakesAwayIsStillThere) {
  Seen seen = look(makeImage({{"COPY k /", {file("k", kToken), file("l", kToken)}},
                              {"RUN rm /k", {removed("k")}},
                              {"RUN echo >l", {file("l", "harmless")}}}));
  ASSERT_THAT(seen.secrets.findings, SizeIs(2));
  EXPECT_THAT(seen.secrets.findings[0].detail, HasSubstr("removed by layer 2, and still in the image"));
  EXPECT_THAT(seen.secrets.findings[1].detail, HasSubstr("replaced by layer 3, and still in the image"));
}

TEST_F(ImageSecretsTest, TheSameContentAgainIsNoSecondSecret) {
  Seen seen = look(makeImage({{"COPY k /", {file("k", kToken)}}, {"RUN chmod", {file("k", kToken, 0, 0600)}}}));
  EXPECT_THAT(seen.secrets.findings, SizeIs(1));
}

TEST_F(ImageSecretsTest, WithoutContentsNamesAlonePoint) {
  layerfs::Image image =
      makeImage({{"COPY . /",
                  {directory("root"), directory("root/.ssh"), file("root/.ssh/id_rsa", pem("RSA PRIVATE KEY", der())),
                   file("root/settings", kToken)}}});
  Seen seen = look(image, Contents::No);
  ASSERT_THAT(seen.secrets.findings, SizeIs(1));
  EXPECT_EQ(seen.secrets.findings[0].rule, "secret/file-name");
  EXPECT_FALSE(seen.secrets.reading.wanted);
  seen = look(image);
  ASSERT_THAT(seen.secrets.findings, SizeIs(2));
  EXPECT_EQ(seen.secrets.findings[0].rule, "secret/private-key");
  EXPECT_EQ(seen.secrets.findings[1].rule, "secret/github-token");
}

TEST_F(ImageSecretsTest, AFileThatWasReadAndHasNothingIsNotNamedAndKeyStoresAre) {
  Seen seen =
      look(makeImage({{"COPY", {file(".netrc", "machine a.net login me\n"), file("store.p12", "\x30\x82 bytes")}}}));
  ASSERT_THAT(seen.secrets.findings, SizeIs(1));
  EXPECT_EQ(seen.secrets.findings[0].where.path, "store.p12");
}

TEST_F(ImageSecretsTest, TestsOfPackagesAreNotes) {
  Seen seen = look(makeImage({{"RUN", {file("usr/lib/python3/test/key.pem", pem("PRIVATE KEY", der()))}}}));
  ASSERT_THAT(seen.secrets.findings, SizeIs(1));
  EXPECT_EQ(seen.secrets.findings[0].level, FindingLevel::Note);
}

TEST_F(ImageSecretsTest, WhatWasReadIsSaid) {
  Seen seen = look(makeImage({{"COPY",
                               {file("text", "abc"), file("binary", std::string("\0\0", 2)),
                                file("large", std::string(kScannedBytes + 1, 'x')), file("empty", "")}}}));
  const SecretReading& reading = seen.secrets.reading;
  EXPECT_EQ(reading.files, 2u);
  EXPECT_EQ(reading.binaries, 1u);
  EXPECT_EQ(reading.cut, 1u);
  EXPECT_EQ(reading.bytes, kScannedBytes + 3);
  EXPECT_EQ(printReading(reading),
            "2 files (8.39MB) of all layers were looked through; 1 file that is no text was not; of 1 file only the "
            "first 8.39MB");
}

// --- The configuration ---

TEST_F(ImageSecretsTest, EnvironmentLabelsAndCommands) {
  Seen seen = look(withConfig([](layerfs::ImageConfig& config) {
    config.env = {"PATH=/bin", "DB_PASSWORD=" + kPassword, "X=" + kToken, "PASSWORD_FILE=/run/pw", "GPG_KEY=A1B2C3D4"};
    config.labels = {{"org.x.token", "abcd-1234-efgh"}, {"version", "1.2.3"}};
    config.cmd = {{"sh", "-c",
                   "curl https://me:Zq8"
                   "rT1xw@git.corp.net/"}};
  }));
  std::vector<std::string> elements;
  for (const Finding& finding : seen.secrets.findings) elements.push_back(finding.where.element);
  EXPECT_THAT(elements, ::testing::UnorderedElementsAre("ENV DB_PASSWORD", "ENV X", "label org.x.token", "CMD"));
  for (const std::string& secret : {kPassword, kToken, std::string("abcd-1234-efgh"),
                                    std::string("Zq8"
                                                "rT1xw")})
    EXPECT_THAT(seen.everything, Not(HasSubstr(secret)));
}

TEST_F(ImageSecretsTest, AVariableIsAtTheLineThatSetsIt) {
  layerfs::Image image = withConfig([](layerfs::ImageConfig& config) { config.env = {"DB_PASSWORD=" + kPassword}; });
  EXPECT_THAT(placesIn(image, {.kind = Kind::Env, .name = "DB_PASSWORD", .value = kPassword, .where = "Dockerfile:3"}),
              ElementsAre("Dockerfile:3, ENV DB_PASSWORD"));
}

TEST_F(ImageSecretsTest, AnArgumentIsAtTheLineThatDeclaresIt) {
  layerfs::Image image =
      makeImage({{"RUN |1 API_TOKEN=" + kPassword + " /bin/sh -c make # buildkit", {file("a", "1")}}});
  EXPECT_THAT(
      placesIn(image, {.kind = Kind::Arg, .name = "API_TOKEN", .value = kPassword, .where = "--build-arg", .line = 2}),
      ElementsAre("Dockerfile:2, history 1"));
}

TEST_F(ImageSecretsTest, AnArgumentIsNotWhereAVariableOfItsNameIsSet) {
  layerfs::Image image = withConfig([](layerfs::ImageConfig& config) {
    config.history.insert(config.history.begin(), {.createdBy = "ARG DB_PASSWORD=" + kPassword, .emptyLayer = true});
    config.env = {"DB_PASSWORD=another-horse-78"};
  });
  EXPECT_THAT(
      placesIn(image, {.kind = Kind::Env, .name = "DB_PASSWORD", .value = "another-horse-78", .where = "Dockerfile:4"}),
      UnorderedElementsAre("Dockerfile:4, ENV DB_PASSWORD", "history 1"));
}

TEST_F(ImageSecretsTest, HistoryWithItsArguments) {
  Seen seen = look(makeImage({{"RUN |2 API_TOKEN=two words9 V=1 /bin/sh -c make # buildkit", {file("a", "1")}},
                              {"RUN /bin/sh -c deploy --password=" + kPassword, {file("b", "2")}},
                              {"/bin/sh -c #(nop)  ENV SECRET_KEY " + kToken, {file("c", "3")}}}));
  ASSERT_THAT(seen.secrets.findings, SizeIs(3));
  EXPECT_EQ(seen.secrets.findings[0].where.layer, std::optional(2u));
  EXPECT_EQ(seen.secrets.findings[0].where.element, "history 3");
  EXPECT_EQ(seen.secrets.findings[1].where.element, "history 1");
  EXPECT_THAT(seen.secrets.findings[1].detail, HasSubstr("API_TOKEN"));
  EXPECT_EQ(seen.secrets.findings[2].where.instruction, "RUN deploy --password=***");
  for (const std::string& secret : {kPassword, kToken, std::string("two words9"), std::string("words9")})
    EXPECT_THAT(seen.everything, Not(HasSubstr(secret)));
}

TEST_F(ImageSecretsTest, HintsThatCutAnInstructionShortShowNoHalfOfASecret) {
  std::string run = "RUN /bin/sh -c curl --header 'Authorization: token " + kToken + "' https://git.corp.net/ >/large";
  Seen seen = look(makeImage({{run, {file("large", 100'000)}}, {"RUN /bin/sh -c rm /large", {removed("large")}}}));
  EXPECT_THAT(seen.everything, HasSubstr("remove it in layer 1, RUN curl"));
  EXPECT_THAT(seen.everything, Not(HasSubstr(kToken.substr(0, 8))));
}

TEST_F(ImageSecretsTest, OneSecretInSeveralPlacesIsOneFinding) {
  Seen seen = look(withConfig(
      [](layerfs::ImageConfig& config) {
        config.env = {"TOKEN=" + kPassword};
        config.history.push_back({.createdBy = "ENV TOKEN=" + kPassword, .emptyLayer = true});
      },
      {{"COPY a /a", {file("a", "x")}}}));
  ASSERT_THAT(seen.secrets.findings, SizeIs(1));
  EXPECT_THAT(seen.secrets.findings[0].detail, HasSubstr("also in history 2"));
  EXPECT_THAT(seen.everything, Not(HasSubstr(kPassword)));
}

TEST_F(ImageSecretsTest, EveryKindIsFoundInAFileAndInAVariableAndNeverShown) {
  for (const MadeSecret& made : madeSecrets()) {
    layerfs::Image image = withConfig([&](layerfs::ImageConfig& config) { config.env = {"SETTING=" + made.text}; },
                                      {{"RUN echo " + made.text, {file("opt/file", made.text)}}});
    Seen seen = look(image);
    EXPECT_GE(seen.secrets.findings.size(), 2u) << made.rule;
    for (const Finding& finding : seen.secrets.findings) EXPECT_EQ(finding.rule, "secret/" + made.rule) << made.text;
    for (size_t at = std::min(kKnownBeginning, made.secret.size() - 6); at + 6 <= made.secret.size(); at += 6)
      EXPECT_THAT(seen.everything, Not(HasSubstr(made.secret.substr(at, 6)))) << made.rule;
  }
}

TEST_F(ImageSecretsTest, AConfigurationMadeOfSecretsTakesNoLongerThanItsLength) {
  layerfs::Image image = withConfig([](layerfs::ImageConfig& config) {
    for (int i = 0; i < 20'000; ++i) config.env.push_back("PASSWORD_" + std::to_string(i) + "=same-value-9");
    for (int i = 0; i < 20'000; ++i) config.env.push_back("TOKEN_" + std::to_string(i) + "=value-" + std::to_string(i));
  });
  auto begin = std::chrono::steady_clock::now();
  Seen seen = look(image, Contents::No);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_EQ(seen.secrets.findings.size(), 20'001u);
  EXPECT_THAT(seen.everything, Not(HasSubstr("same-value-9")));
}

// --- Hiding ---

TEST(Redactor, ShortValuesGoWithTheirNameAlone) {
  Redactor redactor;
  redactor.add("PASSWORD", "root");
  EXPECT_EQ(redactor.apply("ENV PASSWORD=root USER=root"), "ENV PASSWORD=*** USER=root");
  EXPECT_EQ(redactor.apply("ENV PASSWORD \"root\""), "ENV PASSWORD \"***\"");
  EXPECT_EQ(redactor.apply("COPY x /root/x"), "COPY x /root/x");
}

TEST(Redactor, LongValuesGoEverywhere) {
  Redactor redactor;
  redactor.add("A", kPassword);
  EXPECT_EQ(redactor.apply("login " + kPassword + kPassword + " now"), "login ****** now");
}

TEST(Redactor, ReasonsAndArgumentsOfABuildGoToo) {
  ImageReport report;
  report.layers.resize(1);
  report.layers[0].reason = StepReason{};
  Cause cause;
  cause.kind = Cause::Kind::Argument;
  cause.name = "API_TOKEN";
  cause.before = "old-value-12";
  cause.after = "new-value-34";
  report.layers[0].reason->causes = {cause};
  report.build = builder::Build{};
  builder::BuildStep step;
  step.name = "[1/2] RUN login --token=" + kToken;
  step.components = {{.kind = builder::KeyComponent::Kind::Arg, .name = "API_TOKEN", .value = "new-value-34"}};
  report.build->steps = {step};
  Redactor().apply(report);
  EXPECT_EQ(report.layers[0].reason->causes[0].before, "***");
  EXPECT_EQ(report.layers[0].reason->causes[0].after, "***");
  EXPECT_EQ(report.build->steps[0].name, "[1/2] RUN login --token=***");
  EXPECT_EQ(report.build->steps[0].components[0].value, "***");
}

TEST(Redactor, SecretArgumentsOfABuildGoWhereverTheyStand) {
  ExplainedBuild explained;
  using Kind = builder::KeyComponent::Kind;
  builder::BuildStep step{.instruction = "run", .name = "[2/2] RUN login new-value-34"};
  step.components = {{.kind = Kind::Arg, .name = "API_TOKEN", .value = "new-value-34"},
                     {.kind = Kind::Arg, .name = "VERSION", .value = "1.2.3-release"},
                     {.kind = Kind::Files, .name = "secret", .value = digestOf("x").hex()},
                     {.kind = Kind::Base, .name = "secret", .value = digestOf("y").str()}};
  explained.build.context = "https://" + kToken + "@example.com/app.git";
  explained.build.error = "login new-value-34 failed";
  explained.build.steps = {step};
  Cause token{.kind = Cause::Kind::Argument, .name = "API_TOKEN", .before = "old-value-12", .after = "new-value-34"};
  Cause line{.kind = Cause::Kind::Instruction, .before = "login old-value-12", .after = "login new-value-34"};
  Cause moved{.kind = Cause::Kind::BaseMoved, .name = "secret", .before = "sha256:aaaa", .after = "sha256:bbbb"};
  explained.reasons.resize(1);
  explained.reasons[0].causes = {token, line, moved};
  Redactor redactor(explained);
  redactor.apply(explained.build);
  redactor.apply(explained.reasons[0]);
  const builder::Build& build = explained.build;
  EXPECT_EQ(build.context, "https://***@example.com/app.git");
  EXPECT_EQ(build.error, "login *** failed");
  EXPECT_EQ(build.steps[0].name, "[2/2] RUN login ***");
  EXPECT_EQ(build.steps[0].components[1].value, "1.2.3-release");
  EXPECT_EQ(build.steps[0].components[2].value, digestOf("x").hex());
  EXPECT_EQ(build.steps[0].components[3].value, digestOf("y").str());
  const std::vector<Cause>& causes = explained.reasons[0].causes;
  EXPECT_EQ(summaryOf(causes[0], build), "API_TOKEN: *** -> ***");
  EXPECT_EQ(summaryOf(causes[1], build), "instruction changed in what is not shown of it");
  EXPECT_EQ(causes[2].after, "sha256:bbbb");
}

}  // namespace
}  // namespace strata::analyzer
