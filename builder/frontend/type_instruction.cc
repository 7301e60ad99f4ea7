#include "builder/frontend/type_instruction.h"

#include "builder/frontend/device_flag.h"
#include "builder/frontend/flag_reader.h"
#include "builder/frontend/go_duration.h"
#include "builder/frontend/mount_flag.h"
#include "support/fault.h"
#include "support/text.h"

#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringExtras.h>

namespace strata::builder {

namespace {
using FlagKind = FlagSpec::Kind;
using Form = AstNode::Form;
using Body = llvm::Expected<InstructionBody>;

class Typer {
public:
  Typer(const AstNode& node, const SourceText& source) : node_(node), source_(source) {}

  Body type() {
    llvm::StringRef name = node_.name;
    if (name == "run") return run();
    if (name == "copy" || name == "add") return copy();
    if (name == "healthcheck") return healthcheck();
    // ARG and STOPSIGNAL drop flags silently (FLAG-4); all others know none.
    if (name != "arg" && name != "stopsignal")
      if (auto flags = FlagReader::read(node_, {}, source_); !flags) return flags.takeError();
    if (name == "arg") return arg();
    if (name == "env") return pairs<EnvInstruction>();
    if (name == "label") return pairs<LabelInstruction>();
    if (name == "workdir") return one<WorkdirInstruction>();
    if (name == "user") return one<UserInstruction>();
    if (name == "stopsignal") return one<StopsignalInstruction>();
    if (name == "maintainer") return one<MaintainerInstruction>();
    if (name == "cmd") return CmdInstruction{command(0)};
    if (name == "entrypoint") return EntrypointInstruction{command(0)};
    if (name == "shell") return shell();
    if (name == "expose") return words<ExposeInstruction>();
    if (name == "volume") return words<VolumeInstruction>();
    if (name == "onbuild") return onbuild();
    return wrong("unknown instruction: " + node_.keyword + suggestion());
  }

private:
  llvm::Error wrong(const llvm::Twine& message) const { return parseFault(source_, node_.range, message); }
  std::string upper() const { return node_.name.upper(); }

  /// ERR-6: the suggestion has the case of what was written.
  std::string suggestion() const {
    std::string best = nearest(node_.keyword, instructionKeywords(), /*ignoreCase=*/true);
    if (best.empty()) return "";
    bool lower = node_.keyword == node_.keyword.lower();
    return " (did you mean " + (lower ? llvm::StringRef(best).lower() : best) + "?)";
  }

  CommandLine command(size_t from) const {
    CommandLine line;
    line.exec = node_.form == Form::Json;
    for (const AstWord& word : node_.args.drop_front(std::min(from, node_.args.size())))
      line.words.push_back(word.text.str());
    if (!line.exec && line.words.empty()) line.words.push_back("");
    return line;
  }

  template <typename T>
  Body one() {
    if (node_.args.size() != 1) return wrong(upper() + " requires exactly one argument");
    return T{node_.args[0].text};
  }

  template <typename T>
  Body words() {
    if (node_.args.empty()) return wrong(upper() + " requires at least one argument");
    if constexpr (std::is_same_v<T, VolumeInstruction>)
      for (const AstWord& word : node_.args)
        if (word.text.trim().empty()) return wrong("VOLUME specified can not be an empty string");
    return T{node_.args};
  }

  template <typename T>
  Body pairs() {
    if (node_.args.empty()) return wrong(upper() + " requires at least one argument");
    T body;
    body.legacy = node_.form == Form::LegacyNameValue;
    for (size_t i = 0; i + 2 < node_.args.size(); i += 3) {
      if (node_.args[i].text.empty()) return wrong(upper() + " names can not be blank");
      body.pairs.push_back({node_.args[i].text, node_.args[i + 1].text, node_.args[i].range});
    }
    return body;
  }

  Body arg() {
    if (node_.args.empty()) return wrong("ARG requires at least one argument");
    ArgInstruction body;
    for (const AstWord& word : node_.args) {
      auto [key, value] = word.text.split('=');
      if (key.empty()) return wrong("ARG names can not be blank");
      KeyValue pair{key, std::nullopt, word.range};
      if (word.text.contains('=')) pair.value = value;
      body.pairs.push_back(pair);
    }
    return body;
  }

  Body shell() {
    if (node_.form != Form::Json) return wrong("SHELL requires the arguments to be in JSON form");
    if (node_.args.empty()) return wrong("SHELL requires at least one argument");
    ShellInstruction body;
    for (const AstWord& word : node_.args) body.words.push_back(word.text.str());
    return body;
  }

  Body run() {
    static constexpr FlagSpec kFlags[] = {
        {"mount", FlagKind::List}, {"network"}, {"security"}, {"device", FlagKind::List}};
    auto flags = FlagReader::read(node_, kFlags, source_);
    if (!flags) return flags.takeError();
    RunInstruction body{.command = command(0), .heredocs = node_.heredocs};
    body.mounts = flags->list("mount");
    body.devices = flags->list("device");
    for (const AstWord& mount : body.mounts)
      if (auto error = checkMountFlag(mount.text)) return wrong(messageOf(std::move(error)));
    for (const AstWord& device : body.devices)
      if (auto parsed = parseDeviceFlag(device.text); !parsed) return wrong(messageOf(parsed.takeError()));
    if (llvm::StringRef network = flags->string("network"); !network.empty()) {
      if (network != "default" && network != "none" && network != "host")
        return wrong("invalid network mode \"" + network + "\"" + didYouMean(network, {"default", "none", "host"}));
      body.network = network;
    }
    if (llvm::StringRef security = flags->string("security"); !security.empty()) {
      if (security != "sandbox" && security != "insecure")
        return wrong("security \"" + security + "\" is not valid" + didYouMean(security, {"sandbox", "insecure"}));
      body.security = security;
    }
    return body;
  }

  /// A word of a here-document's: there may be blanks or quotes in it, which end a word of COPY.
  bool isHeredoc(const AstWord& word) const {
    return llvm::any_of(node_.heredocs, [&](const Heredoc& heredoc) {
      return word.text.begin() >= heredoc.word.begin() && word.text.begin() < heredoc.word.end();
    });
  }

  Body copy() {
    static constexpr FlagSpec kCopy[] = {{"from"},
                                         {"chown"},
                                         {"chmod"},
                                         {"link", FlagKind::Boolean},
                                         {"parents", FlagKind::Boolean},
                                         {"exclude", FlagKind::List}};
    static constexpr FlagSpec kAdd[] = {{"chown"},
                                        {"chmod"},
                                        {"link", FlagKind::Boolean},
                                        {"keep-git-dir", FlagKind::Boolean},
                                        {"checksum"},
                                        {"unpack", FlagKind::Boolean},
                                        {"exclude", FlagKind::List}};
    CopyInstruction body;
    body.add = node_.name == "add";
    auto flags = FlagReader::read(node_, body.add ? llvm::ArrayRef(kAdd) : llvm::ArrayRef(kCopy), source_);
    if (!flags) return flags.takeError();
    if (node_.args.size() < 2)
      return wrong(upper() + " requires at least two arguments, but only " + llvm::Twine(node_.args.size()) +
                   " provided. Destination could not be determined");
    body.destination = node_.args.back();
    if (isHeredoc(body.destination)) return wrong(upper() + " cannot accept a heredoc as a destination");
    for (const AstWord& word : node_.args.drop_back())
      if (!isHeredoc(word)) body.sources.push_back(word);
    body.heredocs = node_.heredocs;

    body.from = flags->word("from");
    if (body.from && body.from->text.contains('$'))
      return wrong(
          "variable expansion is not supported for --from, define a new stage with FROM using ARG from global "
          "scope as a workaround");
    body.chown = flags->string("chown");
    body.chmod = flags->string("chmod");
    body.checksum = flags->string("checksum");
    body.link = flags->boolean("link").value_or(false);
    body.parents = flags->boolean("parents").value_or(false);
    body.keepGitDir = flags->boolean("keep-git-dir");
    body.unpack = flags->boolean("unpack");
    body.excludes = flags->list("exclude");
    return body;
  }

  Body healthcheck() {
    HealthcheckInstruction body;
    if (node_.args.empty()) return wrong("HEALTHCHECK requires at least one argument");
    llvm::StringRef type = node_.args[0].text;
    if (type.equals_insensitive("none")) {
      if (node_.args.size() > 1) return wrong("HEALTHCHECK NONE takes no arguments");
      body.none = true;
      return body;
    }
    if (!type.equals_insensitive("cmd")) return wrong("unknown type \"" + type + "\" in HEALTHCHECK (try CMD)");
    static constexpr FlagSpec kFlags[] = {{"interval"}, {"timeout"}, {"start-period"}, {"start-interval"}, {"retries"}};
    auto flags = FlagReader::read(node_, kFlags, source_);
    if (!flags) return flags.takeError();
    body.command = command(1);
    if (node_.args.size() < 2) return wrong("missing command after HEALTHCHECK CMD");
    std::pair<llvm::StringRef, int64_t*> durations[] = {{"interval", &body.interval},
                                                        {"timeout", &body.timeout},
                                                        {"start-period", &body.startPeriod},
                                                        {"start-interval", &body.startInterval}};
    for (auto [name, field] : durations) {
      llvm::StringRef text = flags->string(name);
      if (text.empty()) continue;
      auto duration = parseGoDuration(text);
      if (!duration) return wrong("--" + name + ": " + messageOf(duration.takeError()));
      if (*duration < 0 || (*duration > 0 && *duration < 1'000'000))
        return wrong("interval \"" + name + "\" cannot be less than 1ms");
      *field = *duration;
    }
    if (llvm::StringRef retries = flags->string("retries"); !retries.empty())
      if (retries.getAsInteger(10, body.retries) || body.retries < 0)
        return wrong("--retries must be at least 0, and a whole number, not: " + retries);
    return body;
  }

  Body onbuild() {
    if (!node_.nested) return wrong("ONBUILD requires at least one argument");
    const AstNode& inner = *node_.nested;
    if (inner.name == "onbuild") return wrong("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
    if (inner.name == "from" || inner.name == "maintainer")
      return wrong(inner.name.upper() + " isn't allowed as an ONBUILD trigger");
    OnbuildInstruction body{inner.text.str()};
    for (const Heredoc& heredoc : inner.heredocs) body.trigger += "\n" + heredoc.body.str() + heredoc.name.str();
    return body;
  }

  const AstNode& node_;
  const SourceText& source_;
};
}  // namespace

llvm::Expected<Instruction> typeInstruction(const AstNode& node, const SourceText& source) {
  auto body = Typer(node, source).type();
  if (!body) return body.takeError();
  return Instruction{.name = node.name,
                     .keyword = node.keyword,
                     .text = node.text,
                     .range = node.range,
                     .comments = node.comments,
                     .body = std::move(*body)};
}

}  // namespace strata::builder
