// The content of the files by which a container finds names: /etc/hosts and /etc/resolv.conf, and
// docker's flags that fill them. Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bulkhead::runtime {

struct HostEntry {
    std::string name;
    std::string address;
};

// docker's --add-host: "name:address" or "name=address"; an IPv6 address may stand in brackets.
Result<HostEntry> parse_host_entry(std::string_view text);

// An IPv4 or IPv6 address, as --dns takes it.
Result<std::string> parse_address(std::string_view text);

// A domain of --dns-search; "." alone means none.
Result<std::string> parse_search_domain(std::string_view text);

struct ResolverOptions {
    std::vector<std::string> servers;
    std::vector<std::string> search;
    std::vector<std::string> options;
};

std::string hosts_file(std::string_view hostname, std::string_view domain = "",
                       const std::vector<HostEntry>& added = {});
std::string resolver_file(const ResolverOptions& options = {});

}  // namespace bulkhead::runtime
