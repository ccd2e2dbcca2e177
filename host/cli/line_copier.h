// What a child writes, handed on in whole lines, so that those of several children do not mix.
#pragma once

#include <mutex>
#include <string>

namespace streamhost {

// Reads `from` to its end and writes to `to`, each line behind `prefix`, in one piece as far as
// lines go: others who hold `turn` while they write come before or after. Only a line of more than
// 1 MiB is handed on in parts. Closes `from`, also when `to` takes no more: then whoever writes
// learns it, as if it wrote there itself. Blocks; for a thread of its own.
void copy_lines(int from, int to, const std::string& prefix, std::mutex& turn);

}  // namespace streamhost
