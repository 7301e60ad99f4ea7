#include "cli/command.h"

int main(int count, char** words) { return strata::cli::runCommandLine({words + 1, words + count}); }
