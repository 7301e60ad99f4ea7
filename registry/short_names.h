#pragma once
/// \file What a name without a registry means. Source: containers-registries.conf(5), "short-name aliasing" and
/// unqualified-search-registries; docker's default is docker.io.

#include "registry/reference.h"
#include "registry/settings/registries_conf.h"

#include <llvm/Support/Error.h>

#include <vector>

namespace strata::registry {

/// What the name may mean, the likeliest first: what an alias says, else one for each registry that is searched, else
/// what docker reads. A name with a registry means itself. Never empty. Faults: as parseReference().
llvm::Expected<std::vector<Reference>> meaningsOf(llvm::StringRef name, const RegistriesConf& conf);

/// What the settings of this machine say beside docker's reading, for whoever looks a name up in a store: an image that
/// was pulled by a short name is there under its whole one. None for a name with a registry, nor where settings cannot
/// be read, which whoever asks a registry is told.
std::vector<Reference> furtherMeaningsOf(llvm::StringRef name);

}  // namespace strata::registry
