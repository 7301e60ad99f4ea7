#pragma once
/// \file Crash points: the moments between which a kill -9 may find the store. Every rename, removal and commit that
/// others can see passes one right before it (files.h and database.h do), so that a test can kill the program at each
/// of them in turn and look at what is left.

#include <cstdint>

namespace strata {

/// The value of STRATA_CRASH_AT: the number, from 1, of the crash point at which this process ends by SIGKILL; 0: none.
extern const uint64_t crashAt;
void countCrashPoint();

/// What is about to happen must leave a sound store behind if it is the first thing that does not.
inline void crashPoint() {
  if (crashAt != 0) [[unlikely]]
    countCrashPoint();
}

}  // namespace strata
