// What is written down about one container: state.json in its directory. Parsing checks everything:
// the file may be from another version or damaged. Thread: any.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bulkhead::state {

// docs/lifecycle.md has the picture.
enum class Status {
    Created,   // never started, or the start failed
    Starting,  // its machine boots
    Running,
    Paused,      // its machine stands still
    Restarting,  // ended; its restart policy starts it again soon
    Stopping,    // told to end
    Exited,
    Dead,  // said to be one of the five before, but its owner is gone without a word; never
           // written, only found
};

// Whether a process owns the container, unless that process crashed.
constexpr bool is_live(Status status) {
    return status != Status::Created && status != Status::Exited && status != Status::Dead;
}

// "created", "running", ...
std::string_view status_name(Status status);

struct Record {
    // Raised when a reader of an older version could not understand the file.
    static constexpr int kSchema = 3;
    // docker's, of a container that ran when the host went down.
    static constexpr int kExitOfLostHost = 255;

    std::string id;
    std::string name;
    std::string image;
    std::vector<std::string> command;
    bool auto_remove = false;
    Status status = Status::Created;
    pid_t owner_pid = 0;
    pid_t vmm_pid = 0;
    std::int64_t created_at = 0;  // seconds since 1970
    std::int64_t started_at = 0;
    std::int64_t finished_at = 0;
    int exit_code = 0;
    bool oom_killed = false;
    std::string error;              // why it did not start, or how it was lost
    std::string health;             // "starting", "healthy", "unhealthy"; empty: nobody checks
    int restart_count = 0;          // by its policy, since somebody started it
    bool manually_stopped = false;  // by `stop` or `kill`, rather than by itself
    std::string boot_id;            // of the host, when it was started last
    // Each layer of its machine's jail, with why it is missing; empty reason: it is there.
    std::map<std::string, std::string> jail;
    // "cold", or "template ID": how its machine came to be; empty: it has not run since its last
    // start.
    std::string started_from;
    // Where its cgroup is made; empty: nowhere.
    std::string cgroup;
};

std::string to_json(const Record& record);
Result<Record> parse_record(std::string_view json);

}  // namespace bulkhead::state
