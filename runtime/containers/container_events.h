#pragma once
/// \file What happens to containers, told to whoever listens (layerfs/event_log.h), in docker's words.

#include "runtime/containers/container.h"

#include <llvm/ADT/StringRef.h>
#include <llvm/ADT/Twine.h>

#include <map>
#include <string>

namespace strata::runtime {

/// Its labels, image and name go along, and what is known of this event alone ("exitCode", "signal").
void tellContainerEvent(const std::string& storeRoot, const Container& container, const llvm::Twine& action,
                        std::map<std::string, std::string> attributes = {});

/// That its volumes and binds of the host are in use, or no longer: "mount", "unmount".
void tellMounts(const std::string& storeRoot, const Container& container, llvm::StringRef action);

}  // namespace strata::runtime
