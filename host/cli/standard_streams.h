// Standard input, output and error at the edges of the process's life.
#pragma once

namespace streamhost {

// Puts something in the place of standard streams that are closed, so that no other file can get
// their numbers and be written to by mistake, and makes writing to a closed pipe an error in place
// of a signal. First thing in main().
void settle_standard_streams();

// Writes out what is left for standard output. Gives `status`, or 1, with a message, when not all
// of the output got there. Last thing in main().
int finish_standard_output(int status);

}  // namespace streamhost
