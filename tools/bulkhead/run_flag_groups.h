// The groups that run_flags.h's flags are made of, in the order of the help text. Each appends to
// `flags` what fills `target`, which must outlive them. Thread: any.
#pragma once

#include <string_view>
#include <vector>

#include "tools/bulkhead/run_flags.h"

namespace bulkhead::cli {

void add_lifecycle_flags(RunFlags& target, std::vector<Flag>& flags);
void add_process_flags(RunFlags& target, std::vector<Flag>& flags);
void add_name_flags(RunFlags& target, std::vector<Flag>& flags);
void add_file_flags(RunFlags& target, std::vector<Flag>& flags);
void add_confinement_flags(RunFlags& target, std::vector<Flag>& flags);
void add_disk_limit_flags(runtime::DeviceLimits& limits, std::vector<Flag>& flags);
void add_limit_flags(RunFlags& target, std::vector<Flag>& flags);
void add_health_flags(RunFlags& target, std::vector<Flag>& flags);
void add_machine_flags(RunFlags& target, std::vector<Flag>& flags);

// docker's flags for what a machine of one's own does not have: each says why, and what there is
// instead. Not in the help text.
void add_refused_flags(std::vector<Flag>& flags);

// Appends `added` below the heading `group`.
void append_group(std::string_view group, std::vector<Flag> added, std::vector<Flag>& flags);

}  // namespace bulkhead::cli
