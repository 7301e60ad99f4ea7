// What AddressSanitizer is to leave alone in the tests; ASAN_OPTIONS of the environment may say otherwise.

/// LLVM's arenas mark what they have not given out yet. Which of their functions the program takes from its own
/// objects, which mark, and which from LLVM's library, which does not, is the linker's choice: a string that
/// StringSaver put into an arena of ours would be reported.
extern "C" const char* __asan_default_options() { return "allow_user_poisoning=0"; }
