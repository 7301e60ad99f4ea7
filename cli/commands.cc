#include "cli/commands.h"

namespace strata::cli {

namespace {

/// The same command by docker's other name for it: `image ls` is `images`.
Command renamed(Command command, const char* name, bool alias = false) {
  command.name = name;
  command.alias = alias;
  return command;
}

std::vector<Command> containerCommands() {
  return {attachCommand(),
          containerCommitCommand(),
          containerCopyCommand(),
          createCommand(),
          containerDiffCommand(),
          execCommand(),
          containerExportCommand(),
          containerInspectCommand(),
          killCommand(),
          logsCommand(),
          containerListCommand(),
          renamed(containerListCommand(), "list", true),
          renamed(containerListCommand(), "ps", true),
          pauseCommand(),
          portCommand(),
          containerPruneCommand(),
          renameCommand(),
          restartCommand(),
          containerRemoveCommand(),
          renamed(containerRemoveCommand(), "remove", true),
          runCommand(),
          startCommand(),
          statsCommand(),
          stopCommand(),
          topCommand(),
          unpauseCommand(),
          updateCommand(),
          waitCommand()};
}

}  // namespace

std::vector<Command> topCommands() {
  return {runCommand(),
          execCommand(),
          renamed(containerListCommand(), "ps"),
          buildCommand(),
          pullCommand(),
          pushCommand(),
          imagesCommand(),
          inspectLayersCommand(),
          whyCommand(),
          adviseCommand(),
          benchCommand(),
          historyCommand(),
          inspectCommand(),
          attachCommand(),
          containerCommitCommand(),
          containerCopyCommand(),
          createCommand(),
          containerDiffCommand(),
          containerExportCommand(),
          eventsCommand(),
          killCommand(),
          logsCommand(),
          pauseCommand(),
          portCommand(),
          renameCommand(),
          restartCommand(),
          containerRemoveCommand(),
          startCommand(),
          statsCommand(),
          stopCommand(),
          topCommand(),
          unpauseCommand(),
          updateCommand(),
          waitCommand(),
          tagCommand(),
          rmiCommand(),
          importCommand(),
          saveCommand(),
          loadCommand(),
          loginCommand(),
          logoutCommand(),
          copyCommand(),
          tagsCommand(),
          referrersCommand(),
          infoCommand(),
          doctorCommand(),
          completionCommand(),
          versionCommand(),
          completeCommand(),
          manPagesCommand(),
          supervisorCommand()};
}

std::vector<CommandGroup> commandGroups() {
  return {
      {"image",
       "Manage images",
       {buildCommand(), historyCommand(), importCommand(), imageInspectCommand(), loadCommand(),
        renamed(imagesCommand(), "ls"), renamed(imagesCommand(), "list", true), imagePruneCommand(), pullCommand(),
        pushCommand(), renamed(rmiCommand(), "rm"), renamed(rmiCommand(), "remove", true), saveCommand(),
        tagCommand()}},
      {"container", "Manage containers", containerCommands()},
      {"network",
       "Manage networks",
       {networkConnectCommand(), networkCreateCommand(), networkDisconnectCommand(), networkInspectCommand(),
        networkListCommand(), renamed(networkListCommand(), "list", true), networkPruneCommand(),
        networkRemoveCommand(), renamed(networkRemoveCommand(), "remove", true)}},
      {"volume",
       "Manage volumes",
       {volumeCreateCommand(), volumeInspectCommand(), volumeListCommand(), renamed(volumeListCommand(), "list", true),
        volumePruneCommand(), volumeRemoveCommand(), renamed(volumeRemoveCommand(), "remove", true)}},
      {"builds",
       "Look into past builds",
       {buildsDiffCommand(), buildsExportCommand(), buildsImportCommand(), buildsListCommand(), buildsReadsCommand(),
        buildsRemoveCommand(), buildsShowCommand(), buildsStatsCommand(), buildsTraceCommand()}},
      {"builder", "Manage builds", {buildCommand(), builderPruneCommand()}},
      {"system",
       "Manage the store",
       {systemDfCommand(), eventsCommand(), systemFsckCommand(), infoCommand(), systemPruneCommand()}},
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

const Command* findCommand(llvm::ArrayRef<Command> commands, llvm::StringRef name) {
  auto found = llvm::find_if(commands, [&](const Command& command) { return name == command.name; });
  return found == commands.end() ? nullptr : &*found;
}

}  // namespace strata::cli
