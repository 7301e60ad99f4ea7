#pragma once
/// \file Whether this process is root of the whole host, or of a user namespace.

#include <cstdint>

namespace strata {

/// True on the host itself: numbers of users mean what they mean everywhere. Source: user_namespaces(7).
bool inInitialUserNamespace();

/// Whether files of every owner and kind can be made, as far as the namespace has them: root without its capabilities
/// cannot. (Devices are left out in a user namespace, where nobody may make any.)
bool mayMakeAnyFile();

/// Whether this group has a number on the host: only then a file may be given to it.
bool isGroupMapped(uint32_t group);
/// Whether a process may change its supplementary groups; not in a namespace that a user mapped without newgidmap.
bool maySetGroups();

}  // namespace strata
