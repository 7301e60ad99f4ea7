/// \file The door to oneTBB's library, which is loaded at first use: a command that has no work for many cores pays
/// neither for it nor for the C++ library that it brings (docs/dependencies.md, "Loading"). oneTBB's headers call the
/// functions below. Each passes its call on to the library; one that a header needs and that is missing here is an
/// error of the linker.

#include <oneapi/tbb/cache_aligned_allocator.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include <oneapi/tbb/tbb_allocator.h>

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

namespace tbb::detail::r1 {

namespace {
/// No caller can go on without it, and an installation has it: the package depends on it.
[[noreturn]] void giveUp(const char* problem) {
  std::fprintf(stderr, "ERROR: work for many cores cannot be done: %s; install oneTBB (Debian: libtbb12)\n", problem);
  std::_Exit(EXIT_FAILURE);
}

template <typename Function>
Function* find(const char* symbol) {
  static void* const library = ::dlopen("libtbb.so.12", RTLD_NOW | RTLD_LOCAL);
  if (!library) giveUp(::dlerror());
  void* found = ::dlsym(library, symbol);
  if (!found) giveUp(::dlerror());
  return reinterpret_cast<Function*>(found);
}
}  // namespace

// STRATA_PASS_ON(RESULT, NAME, SYMBOL, (PARAMETERS), (ARGUMENTS)): SYMBOL as the Itanium C++ ABI spells the name,
// behind its namespace.
#define STRATA_PASS_ON(Result, name, symbol, parameters, arguments)                \
  Result name parameters {                                                         \
    static auto* const next = find<Result parameters>("_ZN3tbb6detail2r1" symbol); \
    return next arguments;                                                         \
  }

STRATA_PASS_ON(void, spawn, "5spawnERNS0_2d14taskERNS2_18task_group_contextE",
               (d1::task & task, d1::task_group_context& context), (task, context))
STRATA_PASS_ON(void, execute_and_wait,
               "16execute_and_waitERNS0_2d14taskERNS2_18task_group_contextERNS2_12wait_contextES6_",
               (d1::task & task, d1::task_group_context& ofTask, d1::wait_context& wait,
                d1::task_group_context& ofWait),
               (task, ofTask, wait, ofWait))
STRATA_PASS_ON(void, enqueue, "7enqueueERNS0_2d14taskEPNS2_15task_arena_baseE",
               (d1::task & task, d1::task_arena_base* arena), (task, arena))
STRATA_PASS_ON(void, notify_waiters, "14notify_waitersEm", (std::uintptr_t wait), (wait))
STRATA_PASS_ON(d1::slot_id, execution_slot, "14execution_slotEPKNS0_2d114execution_dataE",
               (const d1::execution_data* data), (data))

STRATA_PASS_ON(void, initialize, "10initializeERNS0_2d115task_arena_baseE", (d1::task_arena_base & arena), (arena))
STRATA_PASS_ON(void, terminate, "9terminateERNS0_2d115task_arena_baseE", (d1::task_arena_base & arena), (arena))
STRATA_PASS_ON(int, max_concurrency, "15max_concurrencyEPKNS0_2d115task_arena_baseE",
               (const d1::task_arena_base* arena), (arena))
STRATA_PASS_ON(void, isolate_within_arena, "20isolate_within_arenaERNS0_2d113delegate_baseEl",
               (d1::delegate_base & work, std::intptr_t isolation), (work, isolation))
STRATA_PASS_ON(int, numa_default_concurrency, "24numa_default_concurrencyEi", (int node), (node))

STRATA_PASS_ON(void, initialize, "10initializeERNS0_2d118task_group_contextE", (d1::task_group_context & context),
               (context))
STRATA_PASS_ON(void, destroy, "7destroyERNS0_2d118task_group_contextE", (d1::task_group_context & context), (context))
STRATA_PASS_ON(bool, is_group_execution_cancelled, "28is_group_execution_cancelledERNS0_2d118task_group_contextE",
               (d1::task_group_context & context), (context))

STRATA_PASS_ON(void, create, "6createERNS0_2d114global_controlE", (d1::global_control & control), (control))
STRATA_PASS_ON(void, destroy, "7destroyERNS0_2d114global_controlE", (d1::global_control & control), (control))

STRATA_PASS_ON(void, parallel_pipeline, "17parallel_pipelineERNS0_2d118task_group_contextEmRKNS2_11filter_nodeE",
               (d1::task_group_context & context, std::size_t tokens, const d1::filter_node& filters),
               (context, tokens, filters))
STRATA_PASS_ON(void, set_end_of_input, "16set_end_of_inputERNS0_2d111base_filterE", (d1::base_filter & filter),
               (filter))

STRATA_PASS_ON(void*, allocate, "8allocateERPNS0_2d117small_object_poolEm",
               (d1::small_object_pool * &pool, std::size_t size), (pool, size))
STRATA_PASS_ON(void*, allocate, "8allocateERPNS0_2d117small_object_poolEmRKNS2_14execution_dataE",
               (d1::small_object_pool * &pool, std::size_t size, const d1::execution_data& data), (pool, size, data))
STRATA_PASS_ON(void, deallocate, "10deallocateERNS0_2d117small_object_poolEPvmRKNS2_14execution_dataE",
               (d1::small_object_pool & pool, void* object, std::size_t size, const d1::execution_data& data),
               (pool, object, size, data))
STRATA_PASS_ON(void*, allocate_memory, "15allocate_memoryEm", (std::size_t size), (size))
STRATA_PASS_ON(void, deallocate_memory, "17deallocate_memoryEPv", (void* memory), (memory))
STRATA_PASS_ON(void*, cache_aligned_allocate, "22cache_aligned_allocateEm", (std::size_t size), (size))
STRATA_PASS_ON(void, cache_aligned_deallocate, "24cache_aligned_deallocateEPv", (void* memory), (memory))

STRATA_PASS_ON(void, throw_exception, "15throw_exceptionENS0_2d012exception_idE", (d0::exception_id id), (id))
STRATA_PASS_ON(void, assertion_failure, "17assertion_failureEPKciS3_S3_",
               (const char* place, int line, const char* expression, const char* comment),
               (place, line, expression, comment))

#undef STRATA_PASS_ON

}  // namespace tbb::detail::r1
