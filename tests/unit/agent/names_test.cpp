#include <sched.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "guest-agent/spec/capability.h"
#include "guest-agent/spec/namespaces.h"
#include "guest-agent/spec/resource_limit.h"
#include "proto/oci.pb.h"

namespace bulkhead::agent {
namespace {

TEST_CASE("capabilities: names have the kernel's numbers") {
    CHECK(capability_number("CAP_CHOWN") == 0U);
    CHECK(capability_number("CAP_SYS_ADMIN") == 21U);
    CHECK(capability_number("CAP_CHECKPOINT_RESTORE") == 40U);
}

TEST_CASE("capabilities: anything else is unknown") {
    for (const char* bad : {"", "CAP_", "cap_chown", "CHOWN", "CAP_CHOWN "}) {
        CHECK_FALSE(capability_number(bad).has_value());
    }
}

TEST_CASE("capabilities: a mask has a bit for each name") {
    const std::string chown = "CAP_CHOWN";
    const std::string restore = "CAP_CHECKPOINT_RESTORE";
    const std::string bad = "CAP_NONE";
    const std::vector<const std::string*> names = {&chown, &restore};
    CHECK(capability_mask(names).value() == ((1ULL << 40U) | 1U));
    const std::vector<const std::string*> unknown = {&chown, &bad};
    CHECK(capability_mask(unknown).error().message() == "unknown capability \"CAP_NONE\"");
}

TEST_CASE("resource limits: names have the kernel's numbers") {
    CHECK(resource_limit_number("RLIMIT_NOFILE") == RLIMIT_NOFILE);
    CHECK(resource_limit_number("RLIMIT_RTTIME") == RLIMIT_RTTIME);
    CHECK_FALSE(resource_limit_number("NOFILE").has_value());
}

TEST_CASE("namespaces: the spec's list becomes clone flags") {
    oci::v1::Spec spec;
    for (const char* type : {"pid", "mount", "user"}) {
        spec.mutable_linux()->add_namespaces()->set_type(type);
    }
    CHECK(namespace_flags(spec) == (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUSER));
    CHECK(namespace_flag("time") == std::uint64_t{CLONE_NEWTIME});
    CHECK_FALSE(namespace_flag("cake").has_value());
}

}  // namespace
}  // namespace bulkhead::agent
