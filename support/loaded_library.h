#pragma once
/// \file A shared library that is opened at its first use (docs/dependencies.md, "Loading"), for the one door to it. It
/// stays for the rest of the process.

#include <string>

namespace strata {

class LoadedLibrary {
public:
  explicit LoadedLibrary(std::string file);  ///< "libcurl.so.4"
  /// Null where there is none of this name, which is a problem.
  template <typename Function>
  void find(const char* name, Function*& function) {
    function = reinterpret_cast<Function*>(addressOf(name));
  }
  /// Why not all that was asked for is there; empty: it is.
  const std::string& problem() const { return problem_; }

private:
  void* addressOf(const char* name);

  std::string file_, problem_;
  void* handle_ = nullptr;
};

}  // namespace strata
