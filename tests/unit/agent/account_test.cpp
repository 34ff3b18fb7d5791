#include <catch2/catch.hpp>

#include "guest-agent/user/account_files.h"
#include "guest-agent/user/lookup.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

constexpr std::string_view kPasswd =
    "root:x:0:0:root:/root:/bin/sh\n"
    "broken\n"
    "evil:x:zero:0::/:/bin/sh\n"
    "negative:x:-1:0::/:/bin/sh\n"
    "app:x:1000:1000:App:/home/app:/bin/sh\n"
    "777:x:5:6::/seven:\n"
    "nohome:x:1001:1001:::\n"
    "big:x:4000000000:4000000001::/big:";

constexpr std::string_view kGroup =
    "root:x:0:\n"
    "app:x:1000:\n"
    "audio:x:29:app,other\n"
    "video:x:44:other,app\n"
    "apple:x:45:apples\n"
    "bad:x:nine:app\n"
    "wheel:x:10";

Result<Identity> by_name(const std::string& name, std::vector<std::string> additional = {}) {
    oci::v1::User user;
    user.set_username(name);
    for (auto& each : additional) user.add_additional_groups(std::move(each));
    return look_up(user, kPasswd, kGroup);
}

using Groups = std::vector<std::uint32_t>;

TEST_CASE("user lookup: a name gives ids, home and memberships") {
    const auto found = by_name("app").value();
    CHECK(found.uid == 1000);
    CHECK(found.gid == 1000);
    CHECK(found.home == "/home/app");
    CHECK(found.groups == Groups{1000, 29, 44});
}

TEST_CASE("user lookup: a number finds its account, and a name that looks like it does not count") {
    CHECK(by_name("1000").value().groups == Groups{1000, 29, 44});
    const auto found = by_name("777").value();
    CHECK(found.uid == 777);
    CHECK(found.gid == 0);
    CHECK(found.home == "/");
}

TEST_CASE("user lookup: an explicit group replaces memberships") {
    const auto named = by_name("app:audio").value();
    CHECK(named.gid == 29);
    CHECK(named.groups == Groups{29});
    CHECK(by_name("app:12345").value().gid == 12345);
    CHECK(by_name(":44").value().uid == 0);
    CHECK(by_name(":44").value().gid == 44);
}

TEST_CASE("user lookup: ids without an account are taken as they are") {
    const auto found = by_name("4294967294:4294967294").value();
    CHECK(found.uid == 4294967294U);
    CHECK(found.gid == 4294967294U);
    CHECK(by_name("big").value().uid == 4000000000U);
}

TEST_CASE("user lookup: unknown names and impossible numbers are errors") {
    CHECK(by_name("nobody").error().message() ==
          "unable to find user nobody: no matching entries in passwd file");
    CHECK(by_name("app:nogroup").error().message() ==
          "unable to find group nogroup: no matching entries in group file");
    CHECK_FALSE(by_name("4294967295").ok());
    CHECK_FALSE(by_name("99999999999999999999").ok());
    CHECK_FALSE(by_name("-1").ok());
}

TEST_CASE("user lookup: a line with a malformed id never means root") {
    CHECK_FALSE(by_name("evil").ok());
    CHECK_FALSE(by_name("negative").ok());
    CHECK_FALSE(by_name("app:bad").ok());
}

TEST_CASE("user lookup: an account without home lives in /") {
    CHECK(by_name("nohome").value().home == "/");
}

TEST_CASE("user lookup: additional groups are added by name or id, once") {
    CHECK(by_name("app", {"wheel", "99", "29", "wheel"}).value().groups ==
          Groups{1000, 29, 44, 10, 99});
    CHECK_FALSE(by_name("app", {"nogroup"}).ok());
}

TEST_CASE("user lookup: without a name the ids of the spec hold, and the account gives the home") {
    oci::v1::User user;
    user.set_uid(1000);
    user.set_gid(7);
    user.add_additional_gids(3);
    const auto found = look_up(user, kPasswd, kGroup).value();
    CHECK(found.uid == 1000);
    CHECK(found.gid == 7);
    CHECK(found.home == "/home/app");
    CHECK(found.groups == Groups{3});
}

TEST_CASE("user lookup: empty files leave root and numbers") {
    oci::v1::User user;
    CHECK(look_up(user, "", "").value().home == "/");
    user.set_username("root");
    CHECK_FALSE(look_up(user, "", "").ok());
}

TEST_CASE("user lookup: a file of a million colons is parsed in one pass") {
    const std::string colons(1'000'000, ':');
    oci::v1::User user;
    user.set_username("app");
    CHECK_FALSE(look_up(user, colons, colons).ok());
}

TEST_CASE("user lookup: supplementary groups are bounded") {
    std::string group;
    for (int id = 0; id < 70'000; ++id) group += "g:x:" + std::to_string(id) + ":app\n";
    oci::v1::User user;
    user.set_username("app");
    CHECK(look_up(user, kPasswd, group).value().groups.size() == 65536);
}

TEST_CASE("ids: only plain decimal numbers below 2^32-1") {
    CHECK(parse_id("0") == 0U);
    CHECK(parse_id("4294967294") == 4294967294U);
    for (const char* bad : {"", " 1", "1 ", "+1", "-1", "0x1", "4294967295", "4294967296", "1a"}) {
        CHECK_FALSE(parse_id(bad).has_value());
    }
}

}  // namespace
}  // namespace bulkhead::agent
