// Who a process runs as: a docker --user text ("name", "uid", "name:group", "uid:gid") looked up in
// the container's own /etc/passwd and /etc/group, which are untrusted. The rules are docker's
// (moby/sys/user GetExecUser), except that a line with a malformed number is skipped rather than
// read as id 0. Thread: any (pure).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bulkhead::oci::v1 {
class User;
}

namespace bulkhead::agent {

struct Identity {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups;  // supplementary, without duplicates
    std::string home = "/";
};

// The two files' contents; empty for a file that is not there.
Result<Identity> look_up(const oci::v1::User& user, std::string_view passwd,
                         std::string_view group);

}  // namespace bulkhead::agent
