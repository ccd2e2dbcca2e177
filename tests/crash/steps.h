// The pieces that the manifests of the jobs are put together of.
#pragma once

#include <string>

namespace streamhost::crash {

// The beginning of every manifest.
std::string head(const std::string& name);

// A table of a manifest. `from`: one name, or as TOML a list or a table; empty: none.
std::string step(const std::string& kind_and_id, const std::string& use, const std::string& from,
                 const std::string& options = "");

// The lines of FOLDER/*.txt, so many batches in a time, as the step `paced`, or `paced_FOLDER` when
// it is not the folder `in`.
std::string paced_lines(const std::string& per_batch = "1500us", const std::string& options = "",
                        const std::string& folder = "in");

// The same of "KEY;VALUE" with key and value, as the step `keyed`.
std::string keyed_lines_steps(const std::string& options = "");

// The sink `name`, which writes name.txt.
std::string file_sink(const std::string& from, const std::string& format = "{key}\\t{value}",
                      const std::string& name = "out");
// The sink `name`, which commits to the folder of that name.
std::string two_phase_sink(const std::string& from, const std::string& name = "out");

}  // namespace streamhost::crash
