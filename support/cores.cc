#include "support/cores.h"

#include <sched.h>
#include <algorithm>
#include <thread>

namespace strata {

unsigned usableCores() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0)  // more processors than the set has room for
    return std::max(1u, std::thread::hardware_concurrency());
  return unsigned(std::max(1, CPU_COUNT(&allowed)));
}

}  // namespace strata
