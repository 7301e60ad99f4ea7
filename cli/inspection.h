#pragma once
/// \file All that `inspect-layers` finds out about an image, and the forms that it prints this in.

#include "analyzer/findings/gates.h"
#include "analyzer/findings/image_secrets.h"
#include "analyzer/image/image_report.h"
#include "cli/advice_view.h"
#include "cli/analyzed_image.h"
#include "cli/options.h"
#include "cli/session.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>
#include <llvm/Support/JSON.h>

#include <optional>
#include <string>
#include <vector>

namespace strata::cli {

/// Exit status where a rule failed.
inline constexpr int kGateFailed = 4;

/// --ci and what belongs to it.
struct GateOptions {
  bool ci = false;
  std::optional<std::string> file;  ///< of rules
  std::vector<std::string> rules;   ///< NAME=VALUE; they win over the file
  std::string against;              ///< the image to compare with

  void declare(Options& declared);
  bool wanted() const { return ci || file || !rules.empty(); }
};

/// What is asked, in all forms.
struct Inquiry {
  ImageChoice image;
  size_t largest = 10;
  bool secrets = false;
  bool advice = false;
  GateOptions gates;
};

/// Everything in it may be shown.
struct Inspection {
  analyzer::Analysis analysis;
  analyzer::SecretReport secrets;
  std::vector<analyzer::GateResult> gates;  ///< empty: nobody asked
  analyzer::Redactor redactor;              ///< for what else is told of the image
  std::optional<AdviceGiven> advice;        ///< nothing: nobody asked
};
llvm::Expected<Inspection> inspect(const Inquiry& inquiry, Session& session, llvm::StringRef name);

std::string textOf(const Inspection& inspection, unsigned columns);
std::string markdownOf(const Inspection& inspection);
llvm::json::Value jsonOf(const Inspection& inspection);
llvm::json::Value sarifOf(const Inspection& inspection, llvm::StringRef name);

}  // namespace strata::cli
