#include "cli/commands.h"

namespace strata::cli {

namespace {

/// The same command by docker's other name for it: `image ls` is `images`.
Command renamed(Command command, const char* name, bool alias = false) {
  command.name = name;
  command.alias = alias;
  return command;
}

}  // namespace

std::vector<Command> topCommands() {
  return {buildCommand(),         pullCommand(),   pushCommand(),   runCommand(),     imagesCommand(),
          inspectLayersCommand(), whyCommand(),    adviseCommand(), historyCommand(), inspectCommand(),
          tagCommand(),           rmiCommand(),    importCommand(), saveCommand(),    loadCommand(),
          loginCommand(),         logoutCommand(), copyCommand(),   tagsCommand(),    referrersCommand(),
          infoCommand(),          versionCommand()};
}

std::vector<CommandGroup> commandGroups() {
  return {
      {"image",
       "Manage images",
       {buildCommand(), historyCommand(), importCommand(), imageInspectCommand(), loadCommand(),
        renamed(imagesCommand(), "ls"), renamed(imagesCommand(), "list", true), imagePruneCommand(), pullCommand(),
        pushCommand(), renamed(rmiCommand(), "rm"), renamed(rmiCommand(), "remove", true), saveCommand(),
        tagCommand()}},
      {"container", "Manage containers", {runCommand()}},
      {"network",
       "Manage networks",
       {networkCreateCommand(), networkInspectCommand(), networkListCommand(),
        renamed(networkListCommand(), "list", true), networkPruneCommand(), networkRemoveCommand(),
        renamed(networkRemoveCommand(), "remove", true)}},
      {"builds",
       "Look into past builds",
       {buildsDiffCommand(), buildsExportCommand(), buildsImportCommand(), buildsListCommand(), buildsReadsCommand(),
        buildsRemoveCommand(), buildsShowCommand(), buildsStatsCommand(), buildsTraceCommand()}},
      {"builder", "Manage builds", {buildCommand(), builderPruneCommand()}},
      {"system", "Manage the store", {systemDfCommand(), systemFsckCommand(), infoCommand(), systemPruneCommand()}},
      {"manifest",
       "Put lists of images for several platforms together",
       {manifestAnnotateCommand(), manifestCreateCommand(), manifestInspectCommand(), manifestPushCommand(),
        manifestRmCommand()}},
      {"registry", "Look into registries", {registryConfigCommand()}},
      {"debug",
       "Look into the reading of Dockerfiles",
       {dumpDockerfileCommand(), expandWordCommand(), planDockerfileCommand()}},
  };
}

}  // namespace strata::cli
