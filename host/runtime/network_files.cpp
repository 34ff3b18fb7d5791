#include "host/runtime/network_files.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace bulkhead::runtime {

namespace {

bool is_address(const std::string& text) {
    std::array<std::byte, sizeof(in6_addr)> unused{};
    return ::inet_pton(AF_INET, text.c_str(), unused.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), unused.data()) == 1;
}

bool is_name(std::string_view text) {
    constexpr std::size_t kLongest = 253;  // RFC 1035, as text
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_';
    });
    return plain && !text.empty() && text.size() <= kLongest && text.front() != '-';
}

void add_line(std::string& text, std::string_view keyword, const std::vector<std::string>& words) {
    if (words.empty()) return;
    text += keyword;
    for (const std::string& word : words) text += " " + word;
    text += "\n";
}

}  // namespace

Result<std::string> parse_address(std::string_view text) {
    std::string address(text);
    if (address.find('\0') != std::string::npos || !is_address(address))
        return Error(concat("invalid IP address: ", text));
    return address;
}

Result<HostEntry> parse_host_entry(std::string_view text) {
    const auto separator = text.find_first_of(":=");
    if (separator == std::string_view::npos || !is_name(text.substr(0, separator)))
        return Error(concat("bad format for add-host: \"", text, "\", want NAME:ADDRESS"));
    std::string_view address = text.substr(separator + 1);
    if (address == "host-gateway")
        return Error("\"host-gateway\" needs a network, and the container has none");
    if (address.size() > 2 && address.front() == '[' && address.back() == ']')
        address = address.substr(1, address.size() - 2);
    std::string checked = TRY_CONTEXT(parse_address(address), "add-host");
    return HostEntry{std::string(text.substr(0, separator)), std::move(checked)};
}

Result<std::string> parse_search_domain(std::string_view text) {
    std::string_view name = text;
    while (name.size() > 1 && name.ends_with('.')) name.remove_suffix(1);
    if (name != "." && !is_name(name)) return Error(concat("invalid domain: \"", text, "\""));
    return std::string(name);
}

std::string hosts_file(std::string_view hostname, std::string_view domain,
                       const std::vector<HostEntry>& added) {
    std::string text = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";
    for (const HostEntry& entry : added) text += concat(entry.address, "\t", entry.name, "\n");
    const std::string full = domain.empty() ? "" : concat(hostname, ".", domain, " ");
    return text + concat("127.0.1.1\t", full, hostname, "\n");
}

std::string resolver_file(const ResolverOptions& options) {
    std::string text;
    for (const std::string& server : options.servers) text += concat("nameserver ", server, "\n");
    if (options.search != std::vector<std::string>{"."}) add_line(text, "search", options.search);
    add_line(text, "options", options.options);
    return text.empty() ? "# This container has no network.\n" : text;
}

}  // namespace bulkhead::runtime
