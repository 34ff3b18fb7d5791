#include "guest-agent/user/lookup.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "guest-agent/user/account_files.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

constexpr std::size_t kMaxGroups = 65536;  // NGROUPS_MAX

void add_group(Identity& identity, std::uint32_t gid) {
    auto& groups = identity.groups;
    if (groups.size() < kMaxGroups &&
        std::find(groups.begin(), groups.end(), gid) == groups.end()) {
        groups.push_back(gid);
    }
}

// A number is always an id, as in docker, even when an account has that name.
std::optional<PasswdEntry> find_user(std::string_view wanted, std::string_view passwd) {
    const auto uid = parse_id(wanted);
    std::optional<PasswdEntry> found;
    for_each_passwd(passwd, [&](const PasswdEntry& entry) {
        if (uid ? entry.uid == *uid : entry.name == wanted) found = entry;
        return !found.has_value();
    });
    return found;
}

Result<std::uint32_t> find_group(std::string_view wanted, std::string_view group) {
    if (const auto gid = parse_id(wanted)) return *gid;
    std::optional<std::uint32_t> found;
    for_each_group(group, [&](const GroupEntry& entry) {
        if (entry.name == wanted) found = entry.gid;
        return !found.has_value();
    });
    if (!found) {
        return Error(
            concat("unable to find group ", wanted, ": no matching entries in group file"));
    }
    return *found;
}

void add_memberships(Identity& identity, std::string_view user, std::string_view group) {
    for_each_group(group, [&](const GroupEntry& entry) {
        if (entry.has_member(user)) add_group(identity, entry.gid);
        return true;
    });
}

Result<Identity> look_up_text(std::string_view text, std::string_view passwd,
                              std::string_view group) {
    const auto colon = text.find(':');
    const std::string_view wanted_user = text.substr(0, colon);
    const std::string_view wanted_group =
        colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);

    Identity identity;
    const auto entry = find_user(wanted_user.empty() ? "0" : wanted_user, passwd);
    if (entry) {
        identity.uid = entry->uid;
        identity.gid = entry->gid;
        if (!entry->home.empty()) identity.home = entry->home;
    } else if (const auto uid = parse_id(wanted_user)) {
        identity.uid = *uid;
    } else if (!wanted_user.empty()) {
        return Error(
            concat("unable to find user ", wanted_user, ": no matching entries in passwd file"));
    }
    if (!wanted_group.empty()) identity.gid = TRY(find_group(wanted_group, group));
    // Otherwise a program that drops its supplementary groups would gain what a file's mode takes
    // from this one (CVE-2022-36109).
    add_group(identity, identity.gid);
    if (wanted_group.empty() && entry) add_memberships(identity, entry->name, group);
    return identity;
}

Identity look_up_ids(const oci::v1::User& user, std::string_view passwd) {
    Identity identity;
    identity.uid = user.uid();
    identity.gid = user.gid();
    for_each_passwd(passwd, [&](const PasswdEntry& entry) {
        if (entry.uid != user.uid()) return true;
        if (!entry.home.empty()) identity.home = entry.home;
        return false;
    });
    return identity;
}

}  // namespace

Result<Identity> look_up(const oci::v1::User& user, std::string_view passwd,
                         std::string_view group) {
    Identity identity = user.username().empty() ? look_up_ids(user, passwd)
                                                : TRY(look_up_text(user.username(), passwd, group));
    if (user.username().empty()) {
        for (const std::uint32_t gid : user.additional_gids()) add_group(identity, gid);
    }
    for (const std::string& wanted : user.additional_groups()) {
        add_group(identity, TRY(find_group(wanted, group)));
    }
    return identity;
}

}  // namespace bulkhead::agent
