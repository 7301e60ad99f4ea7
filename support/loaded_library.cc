#include "support/loaded_library.h"

#include <dlfcn.h>

#include <utility>

namespace strata {

LoadedLibrary::LoadedLibrary(std::string file)
    : file_(std::move(file)), handle_(::dlopen(file_.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (!handle_) problem_ = ::dlerror();
}

void* LoadedLibrary::addressOf(const char* name) {
  if (!handle_) return nullptr;
  void* address = ::dlsym(handle_, name);
  if (!address) problem_ = file_ + " has no function " + name;
  return address;
}

}  // namespace strata
