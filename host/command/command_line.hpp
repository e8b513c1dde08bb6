#pragma once

namespace sluice {

/// The program `sluice`: reads the command line and runs the command.
/// @returns the exit code: 0 done, 1 the run failed, 2 wrong configuration or usage.
int run_command_line(int argc, char** argv);

}  // namespace sluice
