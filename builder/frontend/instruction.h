#pragma once
/// \file Typed instructions: what each line of a Dockerfile says, checked in itself (flags known, argument counts,
/// values that need no expansion), not yet expanded. Text lives in the Ast that a Dockerfile owns. Source: spec, each
/// section.

#include "builder/frontend/ast.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace strata::builder {

struct KeyValue {
  llvm::StringRef key;                   ///< raw; quotes and variables still there
  std::optional<llvm::StringRef> value;  ///< nothing: ARG without a default
  SourceRange range;
};

/// Shell form: one text, run by SHELL. Exec form: a list.
struct CommandLine {
  bool exec = false;
  std::vector<std::string> words;  ///< shell form: exactly one (may be empty)
};

struct ArgInstruction {
  std::vector<KeyValue> pairs;
};
struct EnvInstruction {
  std::vector<KeyValue> pairs;
  bool legacy = false;
};
struct LabelInstruction {
  std::vector<KeyValue> pairs;
  bool legacy = false;
};

struct RunInstruction {
  CommandLine command;
  llvm::ArrayRef<Heredoc> heredocs;
  std::vector<AstWord> mounts;              ///< raw --mount values
  std::optional<llvm::StringRef> network;   ///< default, none, host: checked
  std::optional<llvm::StringRef> security;  ///< sandbox, insecure: checked
  std::vector<AstWord> devices;             ///< raw --device values
};

/// COPY and ADD.
struct CopyInstruction {
  bool add = false;
  std::vector<AstWord> sources;   ///< raw; here-documents are not among them
  std::vector<Heredoc> heredocs;  ///< inline files
  AstWord destination;            ///< raw
  std::optional<AstWord> from;    ///< COPY --from, raw
  llvm::StringRef chown;
  llvm::StringRef chmod;
  llvm::StringRef checksum;
  bool link = false;
  bool parents = false;
  std::optional<bool> keepGitDir;
  std::optional<bool> unpack;
  std::vector<AstWord> excludes;
};

struct WorkdirInstruction {
  llvm::StringRef path;
};
struct UserInstruction {
  llvm::StringRef user;
};
struct CmdInstruction {
  CommandLine command;
};
struct EntrypointInstruction {
  CommandLine command;
};
struct ShellInstruction {
  std::vector<std::string> words;
};
struct ExposeInstruction {
  llvm::ArrayRef<AstWord> ports;
};
struct VolumeInstruction {
  llvm::ArrayRef<AstWord> paths;
};
struct StopsignalInstruction {
  llvm::StringRef signal;
};
struct MaintainerInstruction {
  llvm::StringRef author;
};

struct HealthcheckInstruction {
  bool none = false;
  CommandLine command;
  int64_t interval = 0, timeout = 0, startPeriod = 0, startInterval = 0;  ///< nanoseconds; 0: unset
  int retries = 0;
};

struct OnbuildInstruction {
  std::string trigger;
};  ///< inner text with here-document bodies (HDOC-18)

/// FROM is no instruction of a stage but its head: see Stage.
using InstructionBody = std::variant<ArgInstruction, EnvInstruction, LabelInstruction, RunInstruction, CopyInstruction,
                                     WorkdirInstruction, UserInstruction, CmdInstruction, EntrypointInstruction,
                                     ShellInstruction, ExposeInstruction, VolumeInstruction, StopsignalInstruction,
                                     MaintainerInstruction, HealthcheckInstruction, OnbuildInstruction>;

struct Instruction {
  llvm::StringRef name;     ///< lower case: "run"
  llvm::StringRef keyword;  ///< as written
  llvm::StringRef text;     ///< the joined source line, trimmed; PROG-3 starts from it
  SourceRange range;
  llvm::ArrayRef<llvm::StringRef> comments;
  InstructionBody body;
};

struct Stage {
  llvm::StringRef image;  ///< FROM's raw text
  SourceRange imageRange;
  llvm::StringRef platform;  ///< raw --platform, empty: none
  std::string name;          ///< lower case, empty: unnamed
  llvm::StringRef nameAsWritten;
  llvm::StringRef keyword;    ///< FROM as written
  llvm::StringRef asKeyword;  ///< AS as written
  llvm::StringRef text;       ///< the joined source line
  SourceRange range;
  llvm::ArrayRef<llvm::StringRef> comments;
  std::vector<Instruction> instructions;
};

/// A whole file. Owns the tree that every StringRef here points into.
struct Dockerfile {
  Ast ast;
  std::vector<Ast> triggers;         ///< of readTriggers: the trees of each
  std::vector<Instruction> globals;  ///< ARGs before the first FROM
  std::vector<Stage> stages;         ///< never empty
  const SourceText& source() const { return *ast.source; }
  char escape() const { return ast.escape; }
};

/// Text -> Dockerfile: parseDockerfile, then every instruction typed and checked, unreachable stages included (LEX-17).
/// Faults: Invalid with excerpt and suggestion; several independent errors come joined (llvm::joinErrors), in file
/// order.
llvm::Expected<Dockerfile> readDockerfile(std::shared_ptr<const SourceText> source);

/// What could be read of a file, for those who have something to say of that part too (LINT-8), and what is wrong with
/// the rest: success for a file that is whole.
struct PartialDockerfile {
  Dockerfile file;
  llvm::Error error;
};
PartialDockerfile readAsFarAsPossible(std::shared_ptr<const SourceText> source);

/// Triggers of a base image (ONB-4, ONB-7): each must be exactly one instruction. The ranges are unknown; the result's
/// stages[0].instructions holds them. Faults: Invalid.
llvm::Expected<Dockerfile> readTriggers(llvm::ArrayRef<std::string> triggers);

/// The known keywords, upper case.
llvm::ArrayRef<llvm::StringRef> instructionKeywords();

}  // namespace strata::builder
