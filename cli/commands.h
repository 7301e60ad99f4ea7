#pragma once
/// \file Every command of the program, one function a file. A Command is plain data, so that listing them all is cheap.

#include "cli/command.h"

#include <vector>

namespace strata::cli {

Command adviseCommand();
Command benchCommand();
Command attachCommand();
Command buildCommand();
Command builderPruneCommand();
Command buildsDiffCommand();
Command buildsExportCommand();
Command buildsImportCommand();
Command buildsListCommand();
Command buildsReadsCommand();
Command buildsRemoveCommand();
Command buildsShowCommand();
Command buildsStatsCommand();
Command buildsTraceCommand();
Command completeCommand();
Command completionCommand();
Command containerCommitCommand();
Command containerCopyCommand();
Command containerDiffCommand();
Command containerExportCommand();
Command containerInspectCommand();
Command containerListCommand();
Command containerPruneCommand();
Command containerRemoveCommand();
Command copyCommand();
Command createCommand();
Command doctorCommand();
Command dumpDockerfileCommand();
Command eventsCommand();
Command execCommand();
Command expandWordCommand();
Command historyCommand();
Command imageInspectCommand();
Command imagePruneCommand();
Command imagesCommand();
Command importCommand();
Command infoCommand();
Command inspectCommand();
Command inspectLayersCommand();
Command killCommand();
Command loadCommand();
Command loginCommand();
Command logoutCommand();
Command logsCommand();
Command manPagesCommand();
Command manifestAnnotateCommand();
Command manifestCreateCommand();
Command manifestInspectCommand();
Command manifestPushCommand();
Command manifestRmCommand();
Command networkConnectCommand();
Command networkCreateCommand();
Command networkDisconnectCommand();
Command networkInspectCommand();
Command networkListCommand();
Command networkPruneCommand();
Command networkRemoveCommand();
Command pauseCommand();
Command portCommand();
Command planDockerfileCommand();
Command pullCommand();
Command pushCommand();
Command referrersCommand();
Command registryConfigCommand();
Command renameCommand();
Command restartCommand();
Command rmiCommand();
Command runCommand();
Command saveCommand();
Command startCommand();
Command statsCommand();
Command stopCommand();
Command supervisorCommand();
Command systemDfCommand();
Command systemFsckCommand();
Command systemPruneCommand();
Command tagCommand();
Command tagsCommand();
Command topCommand();
Command unpauseCommand();
Command updateCommand();
Command versionCommand();
Command volumeCreateCommand();
Command volumeInspectCommand();
Command volumeListCommand();
Command volumePruneCommand();
Command volumeRemoveCommand();
Command waitCommand();
Command whyCommand();

/// The commands that stand by themselves, and those below a name, in the order of the help.
std::vector<Command> topCommands();
std::vector<CommandGroup> commandGroups();
/// Null: there is none of this name.
const Command* findCommand(llvm::ArrayRef<Command> commands, llvm::StringRef name);

}  // namespace strata::cli
