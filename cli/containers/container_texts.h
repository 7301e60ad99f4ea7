#pragma once
/// \file What listings say of a container, in docker's words.

#include "runtime/containers/container.h"
#include "runtime/containers/container_store.h"

#include <string>

namespace strata::cli {

/// "Up 5 minutes", "Up 5 minutes (Paused)", "Exited (0) 3 hours ago", "Created". `now` in nanoseconds since 1970.
std::string statusText(const runtime::Container& container, int64_t now);
/// "starting", "healthy", "unhealthy"; empty: it has no health check.
std::string healthOf(const runtime::Container& container);
/// The command line, as a quoted string.
enum class Length { Short, Whole };
std::string commandText(const runtime::Container& container, Length length);
/// At most `most` characters, the last of which says where there are more.
std::string shortened(const std::string& text, size_t most);
/// Of the files that it has written, as far as they stay while they are counted.
uint64_t writtenBytes(const runtime::Container& container, const runtime::ContainerStore& containers);
/// "5 minutes", without "ago".
std::string durationText(int64_t nanoseconds);

}  // namespace strata::cli
