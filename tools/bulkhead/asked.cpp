#include "tools/bulkhead/asked.h"

#include "base/text.h"
#include "host/runtime/capabilities.h"
#include "proto/container.pb.h"

namespace bulkhead::cli {

namespace {

using container::v1::Asked;

template <class Target>
void add_all(const Words& words, Target& target) {
    target.Add(words.begin(), words.end());
}

// The two halves of the command line, as docker keeps them.
void set_words(const runtime::ContainerOptions& options, const runtime::ImageConfig& image,
               Asked& asked) {
    const bool own = options.entrypoint.has_value();
    if (!own) add_all(image.entrypoint, *asked.mutable_entrypoint());
    if (own && !options.entrypoint->empty()) asked.add_entrypoint(*options.entrypoint);
    const bool image_command = options.arguments.empty() && !own;
    add_all(image_command ? image.command : options.arguments, *asked.mutable_command());
}

void set_names(const runtime::ContainerOptions& options, Asked& asked) {
    for (const auto& host : options.hosts) asked.add_hosts(concat(host.name, ":", host.address));
    add_all(options.resolver.servers, *asked.mutable_name_servers());
    add_all(options.resolver.search, *asked.mutable_search_domains());
    add_all(options.resolver.options, *asked.mutable_resolver_options());
}

void set_tmpfs(const runtime::ContainerOptions& options, Asked& asked) {
    for (const auto& each : options.tmpfs) {
        auto& mount = *asked.add_tmpfs();
        mount.set_destination(each.destination);
        std::string list;
        for (const std::string& option : each.options) list += (list.empty() ? "" : ",") + option;
        mount.set_options(list);
    }
}

// By their full names; they were checked when the spec was built.
template <class Target>
void add_capabilities(const Words& names, Target& target) {
    for (const std::string& name : names) {
        const auto full = runtime::capability_name(name);
        if (full) target.Add(*full == "CAP_ALL" ? "ALL" : std::string(*full));
    }
}

// As docker: output unless it is in the background, input with -i, or what -a says.
void set_attached(const RunFlags& flags, Asked& asked) {
    add_all(flags.attach, *asked.mutable_attach());
    if (flags.detach || !flags.attach.empty()) return;
    if (flags.interactive) asked.add_attach("stdin");
    asked.add_attach("stdout");
    asked.add_attach("stderr");
}

}  // namespace

void set_asked(const RunFlags& flags, const runtime::ImageConfig& image, Asked& asked) {
    const auto& options = flags.container;
    set_words(options, image, asked);
    set_names(options, asked);
    set_tmpfs(options, asked);
    add_all(flags.security_options, *asked.mutable_security_options());
    add_capabilities(options.add_capabilities, *asked.mutable_add_capabilities());
    add_capabilities(options.drop_capabilities, *asked.mutable_drop_capabilities());
    set_attached(flags, asked);
    asked.set_user(options.user.empty() ? image.user : options.user);
    asked.set_shm_bytes(options.shm_bytes);
    asked.set_privileged(options.privileged);
    asked.set_no_shm(options.no_shm);
    asked.set_quota_as_cpus(options.resources.cpus.has_value());
    asked.set_no_health_check(flags.no_health_check);
}

void set_asked(const oci::v1::Process& process, Asked& asked) {
    *asked.mutable_command() = process.args();
    const auto& user = process.user();
    if (user.uid() != 0 || user.gid() != 0) asked.set_user(concat(user.uid(), ":", user.gid()));
}

}  // namespace bulkhead::cli
