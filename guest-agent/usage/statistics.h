// What the container uses, as its cgroup and the guest's kernel tell. Thread: any.
#pragma once

#include <string>

namespace bulkhead::agent::v1 {
class StatisticsReply;
}

namespace bulkhead::agent {

// `cgroup` is the directory of the container's cgroup. What the kernel does not tell is 0.
v1::StatisticsReply read_statistics(const std::string& cgroup);

}  // namespace bulkhead::agent
